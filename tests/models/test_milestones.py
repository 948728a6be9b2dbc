"""Milestones: from what was on record that day and nothing later, calibrated, told in words, scored."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.calibration import normal_curve
from models.forecast_score.finish import finish_cases, judged
from models.forecaster import Memory
from models.schedule_slip.events import day_number
from models.schedule_slip.hybrid import pooled
from models.schedule_slip.milestone_sentence import write_sentence
from models.schedule_slip.milestones import INPUTS, Said
from models.schedule_slip.model import ScheduleSlip
from models.schedule_slip.plan.told import Milestone, Version
from tests.models.conftest import items

Tables = dict[str, pd.DataFrame]
TODAY = date(2026, 6, 1)
SHARES = (0.15, 0.4, 0.7, 1.0)


def told(project: str, number: int, **days: Any) -> dict[str, Any]:
    return {
        "milestone_id": f"pmo:{project}-M{number}", "project_id": f"s:{project}",
        "milestone_key": f"{project}-M{number}", "milestone_name": f"Part {number}", "source_type": "register",
        "recorded_at": pd.Timestamp(TODAY),
        "baseline_on": None, "forecast_on": None, "actual_on": None, **days,
    }  # fmt: skip


def portfolio(
    build: Callable[..., Tables], projects: int = 30, seed: int = 1, weekly: int = 0
) -> tuple[Tables, dict[str, date]]:
    """Plans of a year begun up to a year ago: projects take a third longer, give or take, and each part varies too."""
    rng = np.random.default_rng(seed)
    keys = [f"P{number:02d}" for number in range(projects)]
    tables = build({key: items(0, [weekly] * 70, 30) for key in keys}, TODAY)
    milestones, baselines, truth = [], [], {}
    for key in keys:
        start = TODAY - timedelta(days=int(rng.integers(60, 500)))
        rate, length = float(np.exp(rng.normal(0.3, 0.25))), int(rng.integers(200, 500))
        for number, share in enumerate(SHARES, start=1):
            planned = start + timedelta(days=round(share * length))
            true = start + timedelta(days=round(share * length * rate * float(np.exp(rng.normal(0, 0.2)))))
            truth[f"{key}-M{number}"] = true
            milestones.append(told(key, number, baseline_on=planned, actual_on=true if true <= TODAY else None))
        baselines.append(
            {"project_id": f"s:{key}", "baseline_version": 1, "baseline_start_on": start, "approved_on": start,
             "baseline_finish_on": start + timedelta(days=length), "recorded_at": pd.Timestamp(start)}
        )  # fmt: skip
    tables |= {name: pd.DataFrame(columns=list(columns)) for name, columns in INPUTS.items()}
    return {**tables, "dim_milestone": pd.DataFrame(milestones), "fct_baseline": pd.DataFrame(baselines)}, truth


def forecast(tables: Tables, as_of: date = TODAY) -> pd.DataFrame:
    found = ScheduleSlip(trials=64).forecast(tables, as_of, seed=7)
    return found.loc[found["subject_type"] == "milestone"].reset_index(drop=True)


def version(project: str, number: int, place: int, recorded: str, **days: str | None) -> dict[str, Any]:
    return {
        "register_name": "milestone", "record_id": f"pmo:{project}-M{number}", "version_number": place,
        "is_deleted": False, "content": json.dumps(days), "recorded_at": pd.Timestamp(recorded),
    }  # fmt: skip


def test_open_milestones_are_forecast_later_than_a_plan_that_others_overran(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build)
    found = forecast(tables)
    assert len(found) == 120
    assert set(found["forecast_status"]) == {"ok", "nothing_open"}
    ok = found.loc[found["forecast_status"] == "ok"]
    names = [f"finish_on_{level}" for level in ("p10", "p50", "p80", "p95")]
    days = np.array([[day_number(day) for day in row] for row in ok[names].to_numpy()])
    assert (np.diff(days, axis=1) >= 0).all()
    assert (days[:, 0] > (day_number(TODAY) or 0)).all()
    assert np.median(ok["slip_days_p50"].astype(float)) > 20
    assert ok["probability_late"].between(0.05, 0.95).all()


def test_rows_recorded_later_change_nothing(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build, 12)
    before = forecast(tables)
    later = {"recorded_at": pd.Timestamp("2026-06-02")}
    baseline = tables["fct_baseline"].iloc[:3].assign(baseline_version=2, baseline_start_on=date(2026, 6, 1), **later)
    milestone = pd.DataFrame([told("P00", 9, baseline_on=TODAY, **later)])
    task = {"task_id": "t", "project_id": "s:P00", "baseline_finish_on": date(2030, 1, 1), **later}
    tables = {
        **tables,
        "fct_baseline": pd.concat([tables["fct_baseline"], baseline]),
        "fct_task": pd.DataFrame([task], columns=list(INPUTS["fct_task"])),
        "dim_milestone": pd.concat([tables["dim_milestone"], milestone]),
    }  # fmt: skip
    pd.testing.assert_frame_equal(forecast(tables), before)


def test_of_a_row_that_changed_later_the_version_of_the_day_counts(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build, 12)
    is_open = tables["dim_milestone"]["actual_on"].isna()
    name = str(tables["dim_milestone"].loc[is_open, "milestone_key"].iloc[-1])
    project, number = name.split("-M")
    planned = tables["dim_milestone"].set_index("milestone_key").loc[name, "baseline_on"]
    before = forecast(tables)
    rows = tables["dim_milestone"].copy()
    changed = rows["milestone_key"] == name
    rows.loc[changed, ["baseline_on", "actual_on"]] = [date(2031, 1, 1), date(2026, 6, 2)]
    rows.loc[changed, "recorded_at"] = pd.Timestamp("2026-06-03")
    versions = [
        version(project, int(number), 1, str(TODAY), baseline_on=str(planned), actual_on=None),
        version(project, int(number), 2, "2026-06-03", baseline_on="2031-01-01", actual_on="2026-06-02"),
    ]
    tables |= {"dim_milestone": rows, "fct_register_version": pd.DataFrame(versions)}
    pd.testing.assert_frame_equal(forecast(tables), before)


def test_the_order_of_rows_does_not_matter_and_what_was_said_is_not_said_again(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build, 12)
    first = ScheduleSlip(trials=64).forecast_anew(tables, TODAY, 7, Memory())
    shuffled = {name: frame.sample(frac=1.0, random_state=3) for name, frame in tables.items()}
    pd.testing.assert_frame_equal(forecast(shuffled), forecast(tables))
    keys = first.rows[["subject_type", "subject_id", "as_of_on", "model_id"]].astype(str)
    hashes = dict(zip(keys.itertuples(index=False, name=None), first.rows["inputs_hash"], strict=True))
    again = ScheduleSlip(trials=64).forecast_anew(tables, TODAY, 7, Memory(hashes))
    assert len(again.rows) == 0
    assert again.unchanged == len(first.rows)


def test_tasks_still_open_hold_a_milestone_back(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build, 12)
    rows = tables["dim_milestone"]
    row = rows.loc[rows["actual_on"].isna()].iloc[-1]
    start = row["baseline_on"] - timedelta(days=90)
    task = {
        "task_id": "pmo:T1", "project_id": row["project_id"], "baseline_start_on": start,
        "baseline_finish_on": row["baseline_on"], "planned_start_on": start, "planned_finish_on": row["baseline_on"],
        "actual_start_on": None, "actual_finish_on": None, "duration_days": 64, "recorded_at": pd.Timestamp(TODAY),
    }  # fmt: skip

    def said(finish: date) -> pd.Series:
        work = {**task, "task_id": "pmo:T2", "baseline_finish_on": row["baseline_on"] - timedelta(days=1)}
        tasks = pd.DataFrame([task, {**work, "actual_start_on": None, "baseline_start_on": finish}])
        found = forecast({**tables, "fct_task": tasks}).set_index("subject_id")
        return found.loc[row["milestone_id"]]

    usual, longer = said(start), said(start - timedelta(days=400))
    assert usual["open_count"] == 2
    assert "2 open tasks before it." in usual["sentence"]
    assert longer["finish_on_p50"] > usual["finish_on_p50"] + timedelta(days=30)


def test_too_few_reached_milestones_and_unplanned_ones_are_said_to_be(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build, 12)
    few = tables["dim_milestone"].assign(actual_on=None)
    found = forecast({**tables, "dim_milestone": few})
    assert set(found["forecast_status"]) == {"not_enough_history"}
    assert found["finish_on_p50"].isna().all()
    assert found["sentence"].iloc[0] == "Not enough history to forecast: too few milestones have been reached yet."
    bare = pd.concat([tables["dim_milestone"], pd.DataFrame([told("P00", 9)])])
    last = forecast({**tables, "dim_milestone": bare}).set_index("subject_key").loc["P00-M9"]
    assert last["sentence"] == "Not enough history to forecast: no day was planned for it."


def test_a_sentence_says_the_day_the_chance_and_what_they_rest_on() -> None:
    row = {
        "forecast_status": "ok", "finish_on_p50": date(2026, 8, 14), "finish_on_p80": date(2026, 9, 1),
        "baseline_on": date(2026, 8, 2), "promised_on": date(2026, 8, 9), "slip_days_p50": 12,
        "probability_late": 0.7, "open_count": 5, "fallback_reason": None,
    }  # fmt: skip
    assert write_sentence(row, None, 3, 48) == (
        "Likely reached by 14 Aug 2026 (50 %), 80 % sure by 1 Sep 2026; 12 days after the baseline of 2 Aug 2026; "
        "70 % likely to miss it. Based on 3 milestones of this project and 45 of others reached under the plan in "
        "force, and 5 open tasks before it."
    )
    done = {**row, "forecast_status": "nothing_open"}
    assert write_sentence(done, date(2026, 5, 3), 3, 48) == "Reached on 3 May 2026."
    naive = write_sentence({**row, "fallback_reason": "too narrow"}, None, 3, 48)
    assert naive.endswith("From the planned day only, as the usual model has left its band: too narrow.")


def test_a_milestone_is_scored_by_the_day_it_was_reached_or_the_time_it_was_watched(
    build: Callable[..., Tables],
) -> None:
    tables, _ = portfolio(build, 12)
    said = forecast(tables)
    said = said.loc[said["forecast_status"] == "ok"].assign(known_from=pd.Timestamp(TODAY))
    first, second = said["subject_id"].iloc[:2]
    today = (day_number(TODAY) or 0) + 60
    rows = tables["dim_milestone"].copy()
    rows.loc[rows["milestone_id"] == first, "actual_on"] = TODAY + timedelta(days=25)
    later = {**tables, "dim_milestone": rows, "dim_project": tables["dim_project"].assign(
        effective_on=TODAY + timedelta(days=60))}  # fmt: skip
    cases = finish_cases(judged(said, today), later, today, "issued").set_index("subject_id")
    assert cases.loc[first, ["actual", "is_observed", "watched"]].tolist() == [25.0, True, 60.0]
    assert cases.loc[second, ["actual", "is_observed", "watched"]].tolist() == [60.0, False, 60.0]
    baseline = said.set_index("subject_id").loc[first, "baseline_on"]
    assert cases.loc[first, "naive"] == max((baseline - TODAY).days, 1)


def test_a_pool_of_two_engines_lies_midway_on_the_scale_of_log_days() -> None:
    milestone = Milestone("m", "p", None, None, (Version(0, 1, None, None),))
    plan = Said(milestone, 0, "ok", 0, centre=float(np.log(40.0)), scale=0.5, curve=normal_curve(1.0))
    centre = float(np.log(90.0))
    curve = pooled(centre, normal_curve(0.3), plan)
    assert np.exp(centre + curve.quantile(0.5)) == pytest.approx(60.0)
    assert curve.quantile(0.84134) - curve.quantile(0.5) == pytest.approx(0.4, abs=0.01)
    assert curve.cdf(curve.quantile(0.8)) == pytest.approx(0.8, abs=0.005)


def test_a_project_whose_plan_ends_with_a_milestone_is_forecast_by_both_engines(build: Callable[..., Tables]) -> None:
    tables, _ = portfolio(build, 12, weekly=2)
    both = ScheduleSlip(trials=64).forecast(tables, TODAY, 7).set_index("subject_key")
    alone = {**tables, "dim_milestone": tables["dim_milestone"].iloc[:0]}
    flow = ScheduleSlip(trials=64).forecast(alone, TODAY, 7).set_index("subject_key")
    seen = 0
    for name in flow.index:
        days = [table.loc[row, "finish_on_p50"] for table, row in ((both, name), (both, f"{name}-M4"), (flow, name))]
        if both.loc[f"{name}-M4", "forecast_status"] != "ok":
            assert days[0] == days[2]
            continue
        seen += days[0] not in days[1:]
        assert min(days[1:]) <= days[0] <= max(days[1:])
        assert both.loc[name, "inputs_hash"] != flow.loc[name, "inputs_hash"]
    assert seen > 5


@pytest.mark.slow
def test_intervals_hold_what_they_claim_on_plans_made_up(build: Callable[..., Tables]) -> None:
    inside, below = [], []
    for seed in range(4):
        tables, truth = portfolio(build, 60, seed)
        found = forecast(tables)
        for row in found.loc[found["forecast_status"] == "ok"].to_dict("records"):
            true = truth[row["subject_key"]]
            below.append(true <= row["finish_on_p80"])
            inside.append(row["finish_on_p10"] < true <= row["finish_on_p80"])
    assert len(inside) > 300
    assert 0.74 <= np.mean(below) <= 0.88
    assert 0.63 <= np.mean(inside) <= 0.79  # p10 to p80 claims 70 %
