"""A forecaster that compares: what it is given of the day before, and what it makes of an old ledger."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from models.forecast_change.model import ForecastChange
from models.forecast_change.sentence import PARTS
from models.forecaster import before
from models.portfolio.model import PortfolioForecast
from models.schedule_slip.model import ScheduleSlip
from pipelines.stages.inputs import read_said
from tests.fixtures.forecast_bench import NOON, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_forecaster_that_compares_is_given_the_newest_earlier_day_of_each_subject(bench: Bench) -> None:
    days = [NOON - timedelta(days=number) for number in (14, 7, 0)]
    for number, day in enumerate(days):
        bench.run(f"r{number}", day)
    bench.change("UPDATE marts.dim_issue SET is_deleted = true WHERE issue_id = 's:0'")
    bench.run("r3", days[1])  # the day before, said again of A
    found = read_said(bench.warehouse, bench.ledger, ForecastChange(), days[2].date(), "Europe/Berlin")
    now, then = found["schedule_forecast"], found[before("schedule_forecast")]
    assert [set(frame["as_of_on"].dt.date) for frame in (now, then)] == [{days[2].date()}, {days[1].date()}]
    said = bench.said()
    last = said.loc[said["as_of_on"].dt.date == days[1].date()].sort_values("known_from")
    assert set(then["inputs_hash"]) == set(last.groupby("subject_id")["inputs_hash"].last())
    assert then["known_from"].dt.hour.eq(14).all()  # noon in UTC, as the clock shows it in Berlin
    assert (
        len(read_said(bench.warehouse, bench.ledger, ForecastChange(), days[0].date())[before("schedule_forecast")])
        == 0
    )


def test_why_dates_moved_is_said_once_and_adds_up(bench: Bench) -> None:
    line = (ScheduleSlip(), PortfolioForecast(trials=100), ForecastChange())
    bench.run("r1", NOON - timedelta(days=7), forecasters=line)
    report = bench.run("r2", forecasters=line)
    assert report.models[-1].statuses == {"ok": 2}
    said = bench.said("forecast_change").query("forecast_status == 'ok'")
    parts = said[[f"{name}_days" for name in PARTS]].sum(axis=1)
    assert (parts - said["move_days"]).abs().lt(1e-6).all()
    assert bench.run("r3", forecasters=line).models[-1].unchanged == 2


def test_a_ledger_from_before_forecasts_kept_their_state_is_read_and_nothing_guessed(bench: Bench) -> None:
    bench.run("r1", NOON - timedelta(days=7))
    (old,) = bench.ledger.files("schedule_forecast")
    bench.change(f"COPY (SELECT * EXCLUDE (throughput_per_week, calibration_log_days) FROM '{old}') TO '{old}'")  # noqa: S608
    report = bench.run("r2", forecasters=(ScheduleSlip(), PortfolioForecast(trials=100), ForecastChange()))
    assert report.models[-1].statuses == {"state_not_kept": 2}
