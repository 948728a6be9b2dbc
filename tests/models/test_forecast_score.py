"""Scores of what was said: worked by hand where one can, censored where still open, told apart by evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.backtest import level_of
from models.forecast_score import counts, finish
from models.forecast_score.drift import drifted
from models.forecast_score.measures import measures
from models.forecast_score.model import ForecastScore
from models.forecast_score.quantiles import GRID, crps, levels, quantiles
from models.forecast_score.rolling import as_known
from models.schedule_slip.events import day_number

Tables = dict[str, pd.DataFrame]
START = date(2025, 1, 6)
TODAY = START + timedelta(weeks=40)
SCORER = ForecastScore()


def said(subject: str, ahead: tuple[int, int, int, int], day: date = START, **more: object) -> dict[str, object]:
    dates = {f"finish_on_p{level}": day + timedelta(days=n) for level, n in zip((10, 50, 80, 95), ahead, strict=True)}
    return {
        "subject_type": "project", "subject_id": subject, "project_id": subject, "as_of_on": day, "model_id": "m",
        "model_version": "1", "forecast_status": "ok", **dates, "baseline_on": None, "promised_on": None,
        "probability_late": None, "fallback_reason": None, "inputs_hash": "h",
        "known_from": pd.Timestamp(day), **more,
    }  # fmt: skip


def ledger(rows: list[dict[str, object]]) -> Tables:
    return {
        "schedule_forecast": pd.DataFrame(rows, columns=list(finish.SAID)),
        "throughput_forecast": pd.DataFrame(columns=list(counts.SAID)),
        "forecast_score": pd.DataFrame(
            [("schedule_slip", version(), "backtest", TODAY)], columns=list(SCORER.said["forecast_score"])
        ),  # a backtest stands, so that what was issued is looked at alone
    }


def version() -> str:
    from models.schedule_slip.model import ScheduleSlip

    return ScheduleSlip.version


def score(tables: Tables, rows: list[dict[str, object]]) -> pd.DataFrame:
    found = SCORER.score(tables, ledger(rows), TODAY, seed=1)
    return found.loc[found["horizon_band"] == "all"].set_index("measure")


@pytest.fixture
def thirty(build: Callable[..., Tables]) -> Tables:
    """Thirty projects of two items: one done the day before the first forecast, the last on day 10, 20 ... 300."""
    return build({f"P{n:02d}": [(-20, -1), (-20, 10 * (n + 1))] for n in range(30)}, TODAY)


def test_levels_and_quantiles_are_those_of_the_backtest_and_of_each_other() -> None:
    stated = np.log(np.array([[10.0, 30.0, 50.0, 90.0]]))
    for days in (4.0, 10.0, 22.0, 77.0, 200.0):
        row = {**said("a", (10, 30, 50, 90)), "days": days}
        assert levels(stated, np.log([days]))[0] == pytest.approx(level_of(row), abs=1e-6)
    wanted = np.array([0.02, 0.1, 0.33, 0.8, 0.99])
    assert levels(np.repeat(stated, 5, axis=0), quantiles(stated, wanted)[0]) == pytest.approx(wanted, abs=1e-5)


def test_crps_is_the_distance_of_a_bare_date_and_half_of_that_of_a_wide_uniform() -> None:
    # uniform on 0 to 12 around 6: integral of (F - 1{y <= x})^2 = 2 x integral over 0 to 6 of (x / 12)^2 = 1
    assert crps(np.array([6.0]), 12.0 * GRID[None, :]) == pytest.approx(1.0, abs=0.01)
    assert crps(np.array([6.0]), np.full((1, 49), 10.0)) == pytest.approx(4.0)


def test_a_forecast_is_scored_once_its_scope_is_done_and_open_ones_are_counted(thirty: Tables) -> None:
    rows = [said(f"s:P{n:02d}", (5, 100, 200, 300)) for n in range(30)]
    found = score(thirty, rows)
    # TODAY is day 280: done on days 10 to 280 are 28; two are open
    assert found.loc["crps", ["forecast_count", "resolved_count", "open_count"]].tolist() == [30, 28, 2]
    assert found["evidence"].eq("issued").all()
    # of 30 finishes on days 10 to 300, those between p10 (5) and p90 (250) are 25
    assert found.loc["coverage_80", "value"] == pytest.approx(25 / 30, abs=0.04)
    assert found.loc["coverage_80", "value_low"] < 25 / 30 < found.loc["coverage_80", "value_high"]
    # the median finish is day 150 or 160; said was day 100
    assert found.loc["bias", "value"] == pytest.approx(50, abs=10)


def test_pinball_is_of_the_days_watched_for_all_alike(thirty: Tables) -> None:
    rows = [said(f"s:P{n:02d}", (5, 300, 400, 500)) for n in range(30)]
    found = score(thirty, rows)
    days = np.minimum(10.0 * np.arange(1, 31), 280.0)  # watched for 280 days: p50 of 300 counts as 280
    assert found.loc["pinball_50", "value"] == pytest.approx(np.mean(0.5 * np.abs(days - 280.0)))
    # the naive: one item open; (1 + 4 x 1 / 3) done in (3 + 4) weeks is a third a week, so 21 days, as a bare date
    assert found.loc["pinball_50", "naive_value"] == pytest.approx(np.mean(0.5 * np.abs(days - 21.0)))


def test_a_chance_of_being_late_is_judged_once_its_day_has_passed(thirty: Tables) -> None:
    due, far = START + timedelta(days=155), START + timedelta(days=290)
    rows = [
        said(f"s:P{n:02d}", (5, 100, 200, 300), promised_on=due if n % 2 else far, probability_late=0.4)
        for n in range(30)
    ]
    thirty["dim_project"]["promised_on"] = due
    found = score(thirty, rows)
    assert found.loc["brier", "score_status"] == "too_few_resolved"  # only 15 are due
    rows = [said(f"s:P{n:02d}", (5, 100, 200, 300), promised_on=due, probability_late=0.4) for n in range(30)]
    found = score(thirty, rows).loc["brier"]
    # 15 done by day 150, 15 later or not yet; a plan's end is judged four weeks after, which changes none of these
    assert found["value"] == pytest.approx((15 * 0.4**2 + 15 * 0.6**2) / 30)
    assert found["promise_value"] == pytest.approx((15 * 0.05**2 + 15 * 0.95**2) / 30)


def test_a_daily_run_counts_once_a_week_and_what_is_said_again_replaces_nothing(thirty: Tables) -> None:
    rows = []
    for n in range(30):
        rows += [said(f"s:P{n:02d}", (5, 100, 200, 300), START + timedelta(days=d)) for d in range(7)]
        rows.append(said(f"s:P{n:02d}", (1, 2, 3, 4), known_from=pd.Timestamp(TODAY)))
    found = score(thirty, rows)
    once = score(thirty, rows[::8])
    assert found.loc["crps", "forecast_count"] == 30
    pd.testing.assert_frame_equal(found, once)


def test_too_few_outcomes_have_no_score_and_it_is_said(thirty: Tables) -> None:
    found = score(thirty, [said(f"s:P{n:02d}", (5, 100, 200, 300)) for n in range(19)])
    assert found["score_status"].eq("too_few_resolved").all()
    assert found["value"].isna().all()
    assert found.loc["crps", "resolved_count"] == 19


def test_each_version_stands_beside_the_one_before(thirty: Tables) -> None:
    old = [said(f"s:P{n:02d}", (5, 100, 200, 300)) for n in range(30)]
    day = START + timedelta(weeks=1)
    new = [said(f"s:P{n:02d}", (5, 90, 190, 290), day, model_version="2") for n in range(30)]
    found = score(thirty, old + new).reset_index().set_index(["model_version", "measure"])
    assert found.loc[("2", "crps"), "previous_version"] == "1"
    assert found.loc[("2", "crps"), "previous_value"] == found.loc[("1", "crps"), "value"]
    assert pd.isna(found.loc[("1", "crps"), "previous_version"])


def test_what_the_naive_said_in_the_models_place_is_told_apart(thirty: Tables) -> None:
    rows = [said(f"s:P{n:02d}", (5, 100, 200, 300), fallback_reason="drift") for n in range(30)]
    assert set(score(thirty, rows)["evidence"]) == {"fallback"}


def test_without_a_ledger_it_says_what_would_have_been_said(portfolio: Tables) -> None:
    empty = {**ledger([]), "forecast_score": pd.DataFrame(columns=list(SCORER.said["forecast_score"]))}
    found = SCORER.score(portfolio, empty, date(2026, 3, 2), seed=1)
    whole = found.loc[found["horizon_band"] == "all"].set_index(["subject_type", "measure"])
    assert set(found["evidence"]) == {"backtest"}
    assert whole.loc[("epic", "crps"), "forecast_count"] > whole.loc[("project", "crps"), "forecast_count"] > 0
    again = SCORER.score(portfolio, empty, date(2026, 3, 2), seed=1)
    pd.testing.assert_frame_equal(found, again)


def test_a_backtest_knows_the_plan_of_its_day(portfolio: Tables) -> None:
    plans = pd.DataFrame(
        {
            "project_id": "s:P00", "baseline_version": [1, 2],
            "baseline_finish_on": [date(2025, 6, 1), date(2025, 9, 1)],
            "approved_on": [date(2025, 1, 1), date(2025, 5, 1)],
        }
    )  # fmt: skip
    portfolio["dim_project"]["promised_on"] = date(2025, 9, 9)
    for day, known in ((date(2025, 4, 1), date(2025, 6, 1)), (date(2025, 5, 1), date(2025, 9, 1))):
        projects = as_known({**portfolio, "fct_baseline": plans}, day)["dim_project"].set_index("project_id")
        assert projects.loc["s:P00", "baseline_on"] == known
        assert projects["promised_on"].isna().all()


def test_weekly_counts_are_scored_when_their_week_is_over(build: Callable[..., Tables]) -> None:
    done = [(0, 7 * week + 2) for week in range(40) for _ in range(5)]
    tables = build({"A": done}, TODAY)
    rows = [
        {
            "series_id": "portfolio", "as_of_on": START + timedelta(weeks=w), "model_id": "t", "model_version": "1",
            "week_on": START + timedelta(weeks=w + h), "horizon_weeks": h, "forecast_status": "ok",
            "completed_count_p10": 3.0, "completed_count_p50": 5.0, "completed_count_p80": 6.0,
            "completed_count_p95": 8.0, "fallback_reason": None, "inputs_hash": "h", "known_from": pd.Timestamp(START),
        }
        for w in range(20, 38)
        for h in range(1, 5)
    ]  # fmt: skip
    known = {**ledger([]), "throughput_forecast": pd.DataFrame(rows)}
    found = SCORER.score(tables, known, TODAY, seed=1)
    whole = found.loc[found["horizon_band"] == "all"].set_index("measure")
    # TODAY begins week 40: of the 72 weeks forecast, from 21 to 41, three are not over
    assert whole.loc["coverage_80", ["value", "resolved_count", "open_count"]].tolist() == [1.0, 69, 3]
    assert whole.loc["bias", "value"] == 0.0
    assert whole["subject_type"].eq("portfolio").all()


def row(low: float, high: float, evidence: str = "issued", **more: object) -> dict[str, object]:
    return {
        "model_id": "m", "model_version": "1", "subject_type": "project", "horizon_band": "all", "evidence": evidence,
        "measure": "coverage_80", "as_of_on": TODAY, "score_status": "ok", "value": (low + high) / 2, "value_low": low,
        "value_high": high, "resolved_count": 50, "cluster_count": 20, "scored_to_on": TODAY - timedelta(weeks=1),
        "known_from": pd.Timestamp(TODAY), **more,
    }  # fmt: skip


SPOKE_LAST = row(0.05, 0.20, as_of_on=START + timedelta(days=10), scored_to_on=START)


@pytest.mark.parametrize(
    ("rows", "kinds"),
    [
        ([row(0.70, 0.76)], {"project"}),
        ([row(0.84, 0.90)], {"project"}),
        ([row(0.70, 0.78)], set()),
        ([row(0.82, 0.90)], set()),
        ([row(0.70, 0.76, cluster_count=9)], set()),
        ([row(0.70, 0.76, score_status="too_few_resolved")], set()),
        ([row(0.70, 0.76, "backtest")], {"project"}),
        ([row(0.70, 0.76, "backtest"), row(0.75, 0.85)], set()),  # what was said counts first
        ([row(0.70, 0.76), row(0.75, 0.85, "backtest")], {"project"}),
        ([row(0.70, 0.76, as_of_on=START), row(0.75, 0.85)], set()),  # the newest counts
        ([row(0.70, 0.76, model_version="0")], set()),
        ([row(0.70, 0.76, "fallback")], set()),
        # the naive has spoken since: what the model said last holds for a year, or it would never speak again
        ([SPOKE_LAST, row(0.75, 0.85, "fallback", as_of_on=START + timedelta(days=363))], {"project"}),
        ([SPOKE_LAST, row(0.75, 0.85, "fallback", as_of_on=START + timedelta(days=364))], set()),
        ([SPOKE_LAST, row(0.70, 0.76, "backtest", as_of_on=START + timedelta(days=364))], {"project"}),
    ],
)
def test_a_model_has_drifted_when_its_coverage_lies_outside_the_band(
    rows: list[dict[str, object]], kinds: set[str]
) -> None:
    found = drifted(pd.DataFrame(rows), "m", "1")
    assert set(found) == kinds
    assert all("80 % intervals" in reason for reason in found.values())


def test_measures_of_a_group_name_every_measure_once(thirty: Tables) -> None:
    today = day_number(TODAY) or 0
    rows = pd.DataFrame([said(f"s:P{n:02d}", (5, 100, 200, 300)) for n in range(30)])
    cases = finish.finish_cases(finish.judged(rows, today), thirty, today, "issued")
    names = [found["measure"] for found in measures(cases, 1)]
    assert len(names) == len(set(names)) == 10
