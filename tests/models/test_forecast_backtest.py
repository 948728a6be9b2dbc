"""The backtest cuts tables to what was known, and real projects get forecasts within a sane band."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from models.backtest import backtest, known_by, origins_between, outcomes
from models.registry import FORECASTERS, forecaster
from models.schedule_slip.model import ScheduleSlip
from models.scoring import censored_levels

sys.path.insert(0, str(Path(__file__).parents[2]))

Tables = dict[str, pd.DataFrame]
AS_OF = date(2025, 2, 2)


def test_tables_are_cut_to_the_end_of_the_day(build: Callable[..., Tables]) -> None:
    scope = [(0, 27), (0, 28), (27, None), (28, None)]  # 2 and 3 February
    cut = known_by(build({"A": scope}, date(2026, 1, 1)), AS_OF)
    issues = cut["dim_issue"].set_index("issue_id")
    assert issues.index.tolist() == ["s:A-0", "s:A-1", "s:A-2"]
    assert issues["done_at"].notna().tolist() == [True, False, False]
    assert pd.Timestamp(cut["dim_project"]["effective_on"].iloc[0]).date() == AS_OF


def test_plans_are_those_on_record_that_day_however_late_they_reached_us(build: Callable[..., Tables]) -> None:
    tables = build({"A": [(0, None)], "B": [(0, None)]}, date(2026, 1, 1), baseline_on=date(2027, 1, 1))
    early, late, after = pd.Timestamp("2025-01-10"), pd.Timestamp("2026-05-01"), pd.Timestamp("2025-02-03")
    versions = [
        (1, early, late, date(2025, 6, 1)),
        (2, AS_OF, early, date(2025, 7, 1)),
        (3, after, early, date(2025, 8, 1)),
    ]
    tables["fct_baseline"] = pd.DataFrame(
        [
            {"project_id": "s:A", "baseline_version": version, "approved_on": approved, "recorded_at": early,
             "known_from": known, "baseline_finish_on": finish}
            for version, approved, known, finish in versions
        ]
    )  # fmt: skip
    stretches = [(early, after, late, date(2025, 9, 1)), (after, None, early, date(2025, 12, 1))]
    tables["dim_project_history"] = pd.DataFrame(
        [
            {"project_id": "s:B", "valid_from": start, "valid_to": end, "recorded_at": start, "known_from": known,
             "promised_on": promised}
            for start, end, known, promised in stretches
        ]
    )  # fmt: skip
    projects = known_by(tables, AS_OF)["dim_project"].set_index("project_id")
    assert projects.loc["s:A", "baseline_on"] == date(2025, 7, 1)
    assert pd.isna(projects.loc["s:B", "baseline_on"]), "it had none on record"
    assert pd.isna(projects.loc["s:A", "promised_on"])
    assert projects.loc["s:B", "promised_on"] == date(2025, 9, 1)
    stamps = pd.to_datetime(tables["fct_baseline"]["baseline_finish_on"])  # as the warehouse gives them
    tables["fct_baseline"] = tables["fct_baseline"].assign(baseline_finish_on=stamps)
    assert known_by(tables, date(2025, 1, 1))["dim_project"]["baseline_on"].isna().all(), "nothing was on record yet"


def test_an_outcome_is_when_the_last_item_open_then_was_done(build: Callable[..., Tables]) -> None:
    done = [(0, 40), (0, 47), (30, 90)]  # the last came after the origin (day 27) and does not count
    left = [(0, 40), (0, None)]
    tables = build({"A": done, "B": left}, date(2025, 6, 1))
    found = outcomes(tables, AS_OF).set_index("subject_id")
    assert found.loc["s:A", ["days", "is_observed"]].tolist() == [20, True]
    assert found.loc["s:B", ["days", "is_observed"]].tolist() == [119, False]
    tables["dim_project"]["promised_on"] = date(2025, 4, 1)  # with a plan, the end is that of all there ever was
    planned = outcomes(tables, AS_OF).set_index("subject_id")
    assert planned.loc["s:A", "days"] == 61 + 2
    count = outcomes(tables, AS_OF, "count").set_index("subject_id")
    assert count.loc["s:A", ["days", "is_observed"]].tolist() == [20, True]


def test_a_backtest_sees_no_more_than_the_day_it_stands_on(portfolio: Tables) -> None:
    days = origins_between(date(2025, 6, 1), date(2025, 12, 1), 91)
    assert len(days) == 3
    found = backtest(ScheduleSlip(), portfolio, days, seed=7)
    again = ScheduleSlip().forecast(known_by(portfolio, days[1]), days[1], seed=7)
    same = found[found["as_of_on"] == days[1]].set_index("subject_id")["finish_on_p50"]
    assert same.to_dict() == again.set_index("subject_id").loc[same.index, "finish_on_p50"].to_dict()
    ok = found[found["forecast_status"] == "ok"]
    assert ok["level"].between(0, 1).all()
    assert found.loc[found["forecast_status"] != "ok", "level"].isna().all()


def test_levels_say_where_the_outcome_fell_between_the_quantiles(portfolio: Tables) -> None:
    found = backtest(ScheduleSlip(), portfolio, [date(2025, 8, 1)], seed=7)
    ok = found[found["forecast_status"] == "ok"]
    days = {n: (pd.to_datetime(ok[f"finish_on_{n}"]) - pd.to_datetime(ok["as_of_on"])).dt.days for n in ("p10", "p80")}
    assert ((ok["days"] < days["p80"]) <= (ok["level"] < 0.8)).all()
    assert ((ok["days"] > days["p10"]) <= (ok["level"] > 0.1)).all()


def test_the_registry_knows_every_forecaster_by_its_id() -> None:
    assert [forecaster(model.model_id) for model in FORECASTERS] == list(FORECASTERS)


def test_real_projects_are_covered_within_a_sane_band(shared: Path) -> None:
    from benchmarks.forecast_data import recorded_tables

    tables = recorded_tables(shared / "data/jira_issues/issues.csv.gz")
    days = [date(year, 6, 1) for year in (2013, 2014, 2015, 2016)]
    found = backtest(ScheduleSlip("count"), tables, days, seed=7, outcome="count")
    ok = found[found["forecast_status"] == "ok"]
    levels, observed = ok["level"].to_numpy(float), ok["is_observed"].to_numpy(bool)
    shares = censored_levels(levels, observed, np.array([0.1, 0.5, 0.8, 0.9]))
    assert len(ok) > 40
    assert 0.35 <= shares[1] <= 0.65
    assert 0.65 <= shares[3] - shares[0] <= 0.95


def test_real_rows_after_as_of_change_no_forecast(shared: Path) -> None:
    from benchmarks.forecast_data import recorded_tables

    tables = recorded_tables(shared / "data/jira_issues/issues.csv.gz")
    day = date(2015, 6, 1)
    whole = ScheduleSlip().forecast(tables, day, seed=7)
    cut = ScheduleSlip().forecast(known_by(tables, day), day, seed=7)
    assert len(whole) == 29
    pd.testing.assert_frame_equal(whole, cut)
