"""The forecast stage: what is new is said once, what changed is said again, and the past can be asked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from models.forecaster import Memory, News, Tables
from models.portfolio.model import PortfolioForecast
from models.portfolio_throughput.model import PortfolioThroughput
from models.registry import FORECASTERS
from models.schedule_slip.model import ScheduleSlip
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.settings import Settings
from pipelines.stages import forecast as stage
from pipelines.stages.forecast import run_forecasts
from pipelines.stages.inputs import read_said
from tests.fixtures.forecast_bench import NOON, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_every_subject_has_its_row_in_the_ledger(bench: Bench) -> None:
    heard: list[str] = []
    report = bench.run(progress=heard.append, known_at=NOON + timedelta(hours=1))
    said = bench.said()
    assert (report.appended, len(said), report.models[0].statuses) == (2, 2, {"ok": 2})
    assert said["known_from"].eq(pd.Timestamp("2025-07-06 13:00")).all()
    assert said["as_of_on"].dt.date.eq(date(2025, 7, 6)).all()
    assert said["finish_on_p50"].between("2025-07-20", "2025-10-01").all()
    assert said["sentence"].str.contains("the promise of 1 Sep 2025").all()
    assert "2 forecasts (2 ok), 2 new" in heard[-1]


def test_saying_it_again_adds_nothing(bench: Bench) -> None:
    bench.run("r1")
    again, same = bench.run("r2"), bench.run("r1")
    assert (again.appended, same.appended, len(bench.said())) == (0, 0, 2)
    assert len(bench.ledger.files("schedule_forecast")) == 1


def test_only_the_subject_that_changed_is_said_again_and_the_latest_is_plain(bench: Bench) -> None:
    bench.run("r1")
    back = "UPDATE marts.dim_issue SET is_deleted = {} WHERE issue_id = 's:0'"
    bench.change(back.format("true"))
    assert bench.run("r2").appended == 1
    bench.change(back.format("false"))
    assert bench.run("r3").appended == 1  # back to the first inputs: the latest row said otherwise
    said = bench.said().query("subject_id == 's:A'").sort_values("known_from")
    assert said["known_from"].is_unique
    assert said["inputs_hash"].iloc[0] == said["inputs_hash"].iloc[2] != said["inputs_hash"].iloc[1]
    assert bench.run("r4").appended == 0


def test_a_run_that_is_repeated_computes_nothing_again(bench: Bench) -> None:
    asked: list[int] = []

    class Counting(ScheduleSlip):
        def forecast_anew(self, tables: Tables, as_of: date, seed: int, memory: Memory) -> News:
            news = super().forecast_anew(tables, as_of, seed, memory)
            asked.append(len(news.rows))
            return news

    first, again = (bench.run(f"r{n}", forecasters=(Counting(),)) for n in range(2))
    bench.change("UPDATE marts.dim_issue SET is_deleted = true WHERE issue_id = 's:0'")
    changed = bench.run("r3", forecasters=(Counting(),))
    assert asked == [2, 0, 1]
    assert [report.models[0].unchanged for report in (first, again, changed)] == [0, 2, 1]
    assert "none new" in again.summary()


def test_nothing_that_was_said_is_ever_replaced(bench: Bench) -> None:
    def entries() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in sorted(Path(bench.ledger.root).rglob("[0-9]*.parquet"))}

    seen: dict[str, bytes] = {}
    for number, change in enumerate(("is_deleted = true", "is_deleted = false", "summary = 'y'")):
        bench.change(f"UPDATE marts.dim_issue SET {change} WHERE issue_id = 's:0'")  # noqa: S608 (our own texts)
        for run_id in (f"r{number}", "the-same"):
            bench.run(run_id, NOON + timedelta(days=number))
            bench.score(run_id, NOON + timedelta(days=number))
            now = entries()
            assert {name: now.get(name) for name in seen} == seen
            seen = now
    assert {Path(name).parent.name for name in seen} == {"schedule_forecast", "forecast_score"}
    said = bench.said()
    assert said[["inputs_hash", "seed", "model_version", "as_of_on", "known_from"]].notna().all(axis=None)


def test_a_forecast_is_scored_once_it_has_come_true(bench: Bench) -> None:
    past = NOON - timedelta(weeks=8)
    bench.change("UPDATE marts.dim_project SET promised_on = NULL")
    bench.run("r1", past)
    assert bench.score("s1").resolved == 0
    bench.change(
        "UPDATE marts.dim_issue SET done_at = TIMESTAMP '2025-07-01' WHERE done_at IS NULL AND project_id = 's:A'"
    )
    assert bench.score("s2").resolved == 1
    assert bench.score("s3").appended == 0  # nothing new has come true
    row = bench.said("forecast_score").query("measure == 'crps' and horizon_band == 'all' and evidence == 'issued'")
    last = row.sort_values("known_from").iloc[-1]
    assert (last["forecast_count"], last["resolved_count"], last["score_status"]) == (2, 1, "too_few_resolved")


def test_a_model_that_has_left_its_band_steps_back_and_returns(bench: Bench) -> None:
    score = {
        "model_id": "schedule_slip", "model_version": ScheduleSlip.version, "subject_type": "project",
        "horizon_band": "all", "evidence": "issued", "measure": "coverage_80", "score_status": "ok",
        "as_of_on": NOON.date(), "resolved_count": 60, "cluster_count": 20, "scored_to_on": NOON.date(),
    }  # fmt: skip
    drifts = []
    for number, (low, high) in enumerate(((0.75, 0.9), (0.5, 0.7), (0.78, 0.85))):
        moment = NOON.replace(tzinfo=None) + timedelta(hours=number)
        row = score | {"value": (low + high) / 2, "value_low": low, "value_high": high, "known_from": moment}
        bench.ledger.append("forecast_score", [row], f"2025-{number}")
        drifts.append(set(bench.run(f"r{number}").models[0].drifted))
    assert drifts == [set(), {"project"}, set()]
    said = bench.said().query("subject_id == 's:A'").sort_values("known_from")
    assert said["fallback_reason"].notna().tolist() == [False, True, False]
    assert "60 % of the outcomes" in said["sentence"].iloc[1]
    assert said["finish_on_p50"].iloc[0] == said["finish_on_p50"].iloc[2]


def test_a_day_in_the_past_is_forecast_with_what_was_recorded_by_then(bench: Bench) -> None:
    past = datetime(2025, 5, 4, 12, tzinfo=UTC)
    bench.run("r1", past)
    first = bench.said().drop(columns="known_from")
    assert first["as_of_on"].dt.date.eq(date(2025, 5, 4)).all()
    assert first["open_count"].tolist() == [56, 56]  # 20 open, and what the last nine weeks did
    bench.change("UPDATE marts.dim_issue SET done_at = NULL WHERE done_at > TIMESTAMP '2025-05-05'")
    assert bench.run("r2", past).appended == 0


def test_days_are_cut_where_the_reader_lives(bench: Bench, tmp_path: Path) -> None:
    bench.change("UPDATE marts.dim_issue SET done_at = TIMESTAMP '2025-05-04 23:30:00' WHERE issue_id = 's:103'")
    bench.change("UPDATE marts.dim_project SET effective_on = NULL")
    for zone, expected in (("UTC", 55), ("Europe/Berlin", 56)):  # half past one on the fifth, in Berlin
        bench.settings = Settings(home=tmp_path, sources_dir=tmp_path, reporting_timezone=zone)
        bench.run(zone.replace("/", "-"), datetime(2025, 5, 4, 12, tzinfo=UTC))
        latest = bench.said().query("subject_id == 's:A'").sort_values("known_from").iloc[-1]
        assert latest["open_count"] == expected


def test_only_declared_columns_leave_the_warehouse(bench: Bench) -> None:
    tables = stage.read_inputs(bench.warehouse, ScheduleSlip(), "UTC")
    assert {name: tuple(frame.columns) for name, frame in tables.items()} == dict(ScheduleSlip.inputs)


def test_without_a_warehouse_it_says_how_to_get_one(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources_dir=tmp_path, lock_wait_seconds=1)
    with pytest.raises(WarehouseError, match="There is no warehouse"):
        run_forecasts(Warehouse.of(settings), Ledger(settings.ledger_dir), settings, NOON, "r1")


def test_every_registered_forecaster_runs_and_too_little_history_is_said(bench: Bench) -> None:
    report = bench.run(forecasters=FORECASTERS)
    found = {one.model_id: one.statuses for one in report.models}
    assert list(found) == [model.model_id for model in FORECASTERS]
    assert found["portfolio_throughput"] == {"not_enough_history": 12}
    assert found["portfolio"] == {"ok": 3}  # the portfolio and its two projects
    assert set(found["allocation_advice"]) == {"ok"}
    assert len(bench.said("throughput_forecast")) == 12
    assert bench.run("r2", forecasters=FORECASTERS).appended == 0


def test_a_forecaster_reads_what_another_last_said_up_to_its_day(bench: Bench) -> None:
    """Asked alone, as Dagster does it, and of a day that has been forecast before and after."""
    model = PortfolioForecast(trials=100)
    late, early = NOON, NOON - timedelta(days=14)
    bench.run("r1", late)
    bench.run("r2", early)
    bench.change("UPDATE marts.dim_issue SET is_deleted = true WHERE issue_id = 's:0'")
    bench.run("r3", early)  # said again: the latest word of that day counts
    said = bench.said().query("as_of_on == @pd.Timestamp(@early.date())").sort_values("known_from")
    read = read_said(bench.warehouse, bench.ledger, model, early.date())["schedule_forecast"]
    assert sorted(read["subject_id"]) == ["s:A", "s:B"]
    assert set(read["inputs_hash"]) == set(said.groupby("subject_id")["inputs_hash"].last())
    assert said["inputs_hash"].nunique() == 3
    bench.run("r4", early, forecasters=(model,))
    rows = bench.said("portfolio_forecast").query("subject_type == 'project'").sort_values("subject_id")
    singles = said.groupby("subject_id").last()
    off = rows["finish_on_p50"].to_numpy() - singles["finish_on_p50"].to_numpy()
    assert abs(off.astype("timedelta64[D]").astype(int)).max() <= 14  # 100 trials of what was said then, not later


def test_forecasters_run_one_after_the_other_and_too_little_history_is_said(bench: Bench) -> None:
    both = (ScheduleSlip(), PortfolioThroughput())  # the others have tables, and tests, of their own
    report = bench.run(forecasters=both)
    assert [one.model_id for one in report.models] == ["schedule_slip", "portfolio_throughput"]
    assert report.models[1].statuses == {"not_enough_history": 12}
    assert len(bench.said("throughput_forecast")) == 12
    assert bench.run("r2", forecasters=both).appended == 0
