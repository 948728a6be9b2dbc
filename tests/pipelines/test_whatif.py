"""What if, from the command line and as a job: the question is read, answered, and nothing is written."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner

from models.portfolio.whatif import Wish
from pipelines import cli_whatif
from pipelines.defs.whatif import what_if
from pipelines.line import Line
from pipelines.stages import whatif
from pipelines.stages.whatif import WhatIfError, wishes
from tests.pipelines.test_forecast_stage import NOON, Bench


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Two projects with a forecast, both promised for the first of September."""
    bench = Bench(tmp_path_factory.mktemp("home"))
    bench.run()
    return Line.of(bench.settings, as_of=NOON)


def files(home: Path) -> dict[str, bytes]:
    found = (path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path.relative_to(home)): path.read_bytes() for path in found}


def test_the_question_is_read_from_text() -> None:
    found = wishes({"A": "20%", "B": "0.5"}, {"T": "-1"}, ["x"], ["y"], {"A": "2026-12-01"})
    assert found == [
        Wish("cut_scope", "A", 0.2), Wish("cut_scope", "B", 0.5), Wish("add_people", "T", -1.0),
        Wish("drop_dependency", "x"), Wish("start_earlier", "y"), Wish("move_promise", "A", date(2026, 12, 1)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "Nothing was asked"),
        ({"cut_scope": {"A": "120%"}}, "'120%' is no part of A's scope"),
        ({"cut_scope": {"A": "all"}}, "'all' is no part of A's scope"),
        ({"add_people": {"T": "0"}}, "'0' is no number of people"),
        ({"move_promise": {"A": "soon"}}, "'soon' is no day for A"),
    ],
)
def test_what_cannot_be_read_is_told(asked: dict[str, dict[str, str]], says: str) -> None:
    with pytest.raises(WhatIfError, match=says):
        wishes(**asked)  # type: ignore[arg-type]


def test_the_command_answers_in_words_and_as_json_and_writes_nothing(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_whatif, "_line", lambda: line)
    before = files(line.settings.home)
    ran = CliRunner().invoke(cli_whatif.whatif, ["--cut-scope", "A=50%", "--json"], catch_exceptions=False)
    said = json.loads(ran.stdout)
    assert [row["project_key"] for row in said["projects"]] == ["A"]
    assert said["projects"][0]["finish_days_saved_p50"] > 0
    assert said["days_saved_low"] <= said["expected_days_saved"] <= said["days_saved_high"]
    assert files(line.settings.home) == before
    with pytest.raises(WhatIfError, match="There are: A, B"):
        CliRunner().invoke(cli_whatif.whatif, ["--cut-scope", "ZZ=50%"], catch_exceptions=False)
    assert CliRunner().invoke(cli_whatif.whatif, ["--cut-scope", "A"]).exit_code == 2


@pytest.mark.slow
def test_the_job_shows_the_same_answer(line: Line) -> None:
    config = {"ops": {"answer_question": {"config": {"move_promise": {"B": "2026-01-01"}}}}}
    result = what_if.execute_in_process(run_config=config, resources={"line": line})
    (event,) = [one for one in result.all_node_events if one.event_type == dg.DagsterEventType.STEP_OUTPUT]
    metadata = event.event_specific_data.metadata  # type: ignore[union-attr]
    found = whatif.ask(line, wishes(move_promise={"B": "2026-01-01"}))
    assert metadata["answer"].value == whatif.as_dict(found)
    assert "| B | 2025-09-01 → 2026-01-01 |" in str(metadata["projects"].value)
