"""`slipstream backtest`: what it writes, what it refuses, and that the page needs nobody else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from connectors.errors import ConfigurationError
from models.tracks.track import Score, TrackResult
from pipelines.cli import group
from pipelines.stages import backtest as stage


class Coin:
    """A track of coins: says one half of each, and two quantiles of how often it was thrown."""

    name = "coin"
    columns: ClassVar = {"project": "who threw", "heads": "1 for heads", "thrown_on": "the day", "times": "how often"}

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        if (data["heads"] == "edge").any():
            raise stage.TrackDataError("column heads, row 0: 'edge' is not a number.")
        half = np.full(len(data), 0.5 if train is None else 0.25)
        frame = pd.DataFrame(
            {
                "row": np.arange(len(data)),
                "cluster": data["project"],
                "horizon": np.where(np.arange(len(data)) % 2, 4, 8),
                "thrown_on": pd.to_datetime(data["thrown_on"]),
                "actual_heads": data["heads"].astype(float),
                "coin_heads": half,
                "never_heads": 0.0,
                "actual_times": data["times"].astype(float),
                **{f"coin_times_p{level}": data["times"] - 50.0 + level for level in (10, 50, 90)},
                "never_times_p50": np.nan,
            }
        )
        some = {"brier": Score(0.25, 0.2, float("nan"))}
        return TrackResult(frame, {"coin": some, "never": some}, {"horizon=4": {"coin": some}}, ["Thrown <fairly>."])


@pytest.fixture(autouse=True)
def coin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "TRACKS", (Coin(),))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "throws.csv"
    rows = [f"p{n % 5},{n % 2},2026-01-{n % 28 + 1:02d},{n}" for n in range(40)]
    path.write_text("project,heads,thrown_on,times\n" + "\n".join(rows) + "\n")
    return path


def backtest(*arguments: Any) -> None:
    group.main(["backtest", *map(str, arguments)], standalone_mode=False)


def test_the_answer_holds_scores_and_every_row(data: Path, tmp_path: Path) -> None:
    backtest("coin", "--data", data, "--out", tmp_path / "new" / "a.json", "--seed", 3)
    found = json.loads((tmp_path / "new" / "a.json").read_text())
    assert (found["track"], found["seed"], found["rows"], found["train_rows"]) == ("coin", 3, 40, None)
    assert found["scores"]["coin"]["brier"] == {"value": 0.25, "low": 0.2, "high": None}
    assert found["groups"]["horizon=4"]["coin"]["brier"]["value"] == 0.25
    assert found["notes"] == ["Thrown <fairly>."]
    assert [row["row"] for row in found["predictions"]] == list(range(40))
    assert found["predictions"][1] == {
        **{"row": 1, "cluster": "p1", "horizon": 4, "thrown_on": "2026-01-02", "actual_heads": 1.0},
        **{"coin_heads": 0.5, "never_heads": 0.0, "actual_times": 1.0, "coin_times_p10": -39.0},
        **{"coin_times_p50": 1.0, "coin_times_p90": 41.0, "never_times_p50": None},
    }


def test_the_same_rows_and_seed_give_the_same_bytes(data: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        backtest("coin", "--data", data, "--train", data, "--out", tmp_path / name, "--report", tmp_path / f"{name}.d")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert json.loads((tmp_path / "a").read_text())["predictions"][0]["coin_heads"] == 0.25
    assert (tmp_path / "a.d/coin.html").read_text() == (tmp_path / "b.d/coin.html").read_text()


def test_the_page_asks_nobody_and_draws_each_plot(data: Path, tmp_path: Path) -> None:
    backtest("coin", "--data", data, "--out", tmp_path / "a.json", "--report", tmp_path)
    page = (tmp_path / "coin.html").read_text()
    outside = set(re.findall(r"""(?:https?:)?//[^\s"'<>)]+""", page))
    assert {address for address in outside if "www.w3.org" not in address} == set()
    assert "<script" not in page
    assert page.count("<svg") == 3  # of heads reliability and skill, of times coverage
    assert "Thrown &lt;fairly&gt;." in page
    assert "Times, the 80% interval" in page


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("project,heads\np,1\n", r"columns missing: thrown_on \(the day\), times \(how often\)"),
        ("", "cannot be read as CSV: No columns"),
        ("project,heads,thrown_on,times\n", "no rows"),
        ('project,heads,thrown_on,times\n"p,1\n', "cannot be read as CSV"),
        ("project,heads,thrown_on,times\np,edge,2026-01-01,1\n", "throws.csv cannot be judged: column heads, row 0"),
    ],
)
def test_a_file_that_cannot_be_judged_is_told_and_nothing_is_written(
    data: Path, tmp_path: Path, content: str, told: str
) -> None:
    data.write_text(content)
    with pytest.raises(ConfigurationError, match=told):
        backtest("coin", "--data", data, "--out", tmp_path / "a.json")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["throws.csv"]


def test_an_unknown_track_is_told_with_those_there_are(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no track 'dice'. Tracks: coin\."):
        backtest("dice", "--data", data, "--out", tmp_path / "a.json")


def test_what_is_read_is_not_overwritten(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="would overwrite"):
        backtest("coin", "--data", data, "--out", data)
    assert data.read_text().startswith("project,")


def test_an_answer_half_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.json"
    target.write_text("old")

    def full(self: Path, content: bytes) -> int:
        self.open("wb").close()
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        stage.write_whole(target, b"new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("a.json", "old")]
