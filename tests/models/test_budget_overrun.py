"""The cost of a project in the end: by earned value, moved and spread by what such estimates missed by."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.budget_overrun.model import BudgetOverrun
from models.budget_overrun.pace import DELAY, DELAY_BY_AGE, HALF_A_YEAR

AS_OF = date(2026, 6, 7)  # a Sunday, on which weeks are told
Tables = dict[str, pd.DataFrame]


def weeks(earned: Any, cost: Any, budget: float = 1000.0, project: str = "s:1") -> pd.DataFrame:
    """Weekly rows, the last on AS_OF."""
    number = len(earned)
    return pd.DataFrame(
        {
            "project_id": project,
            "status_on": [AS_OF - timedelta(weeks=number - 1 - week) for week in range(number)],
            "reporting_currency_code": "EUR",
            "budget_at_completion_amount": budget,
            "earned_value_amount": np.asarray(earned, dtype=float),
            "actual_cost_amount": np.asarray(cost, dtype=float),
            "missing": None,
        }
    )


def finish(weeks_ahead: float, project: str = "s:1") -> pd.DataFrame:
    """A finish forecast of the project, the median so many weeks after AS_OF."""
    days = {name: AS_OF + timedelta(weeks=weeks_ahead * factor)
            for name, factor in (("p10", 0.7), ("p50", 1.0), ("p80", 1.3), ("p95", 1.8))}  # fmt: skip
    said = {"subject_type": "project", "subject_id": project, "as_of_on": AS_OF, "forecast_status": "ok"}
    return pd.DataFrame([said | {f"finish_on_{name}": day for name, day in days.items()}])


def tables(*parts: pd.DataFrame, trust: str = "trusted", said: pd.DataFrame | None = None) -> Tables:
    names = sorted({str(part["project_id"].iloc[0]) for part in parts})
    return {
        "dim_project": pd.DataFrame(
            {
                "project_id": names,
                "project_key": [f"P{name[2:]}" for name in names],
                "project_name": names,
                "is_deleted": False,
                "effective_on": AS_OF,
            }
        ),
        "fct_earned_value": pd.concat(parts, ignore_index=True),
        "schedule_forecast": finish(1).iloc[:0] if said is None else said,
        "int_governance__project_trust": pd.DataFrame(
            {"project_id": names, "governance_mode": "controlling", "trust_status": trust}
        ),
    }


def steady(index: float, share: float = 0.6, project: str = "s:1") -> pd.DataFrame:
    """Thirty weeks of even progress to that share of the budget, at that cost performance index throughout."""
    earned = np.linspace(share / 30, share, 30) * 1000.0
    return weeks(earned, earned / index, project=project)


def forecast(given: Tables, as_of: date = AS_OF) -> pd.DataFrame:
    return BudgetOverrun().forecast(given, as_of, seed=1).set_index("project_id")


def test_a_project_that_always_kept_its_index_costs_the_budget_over_the_index() -> None:
    # EAC = BAC / CPI = 1000 / 0.8
    row = forecast(tables(*(steady(0.8, project=f"s:{n}") for n in range(1, 7)))).loc["s:1"]
    assert row["forecast_status"] == "ok"
    assert row["estimate_at_completion_amount_p50"] == pytest.approx(1250, rel=0.05)
    assert row["probability_over_budget"] > 0.9
    assert row["estimate_at_completion_amount_p10"] < row["estimate_at_completion_amount_p80"]


def test_what_is_spent_a_week_goes_on_until_the_finish_that_is_forecast() -> None:
    given = steady(1.0)  # 600 of 1000 in thirty weeks, 20 a week, just as planned
    row = forecast(tables(given, said=finish(12))).loc["s:1"]
    weeks_told = 29  # between the first row and the last
    expected = 600 + (600 - 20) / weeks_told * 12 * np.exp(DELAY - DELAY_BY_AGE * np.log(30 / HALF_A_YEAR))
    assert row["estimate_at_completion_amount_p50"] == pytest.approx(expected, rel=0.01)
    later = forecast(tables(given, said=finish(40))).loc["s:1"]
    assert later["probability_over_budget"] > row["probability_over_budget"]
    parts = {one["driver"]: one["amount"] for one in json.loads(row["drivers"])}
    assert sum(parts.values()) == pytest.approx(row["overrun_amount_p50"], abs=0.02)
    assert parts["spending_pace"] < 0  # the index foretells 1000
    withheld = finish(40).assign(forecast_status="not_trusted")
    alone = forecast(tables(given)).loc["s:1"]
    by_index = forecast(tables(given, said=withheld)).loc["s:1"]
    assert by_index["estimate_at_completion_amount_p50"] == alone["estimate_at_completion_amount_p50"]


def test_a_cheap_project_is_unlikely_to_exceed_its_budget() -> None:
    row = forecast(tables(*(steady(1.4, project=f"s:{n}") for n in range(1, 7)))).loc["s:1"]
    assert row["probability_over_budget"] < 0.2
    assert row["overrun_amount_p50"] < 0


def test_what_estimates_missed_by_moves_the_next_one() -> None:
    """In every project work got twice as dear after half of it: CPI alone foretells too little."""
    earned = np.linspace(0.02, 0.8, 40) * 1000.0
    dearer = np.where(earned <= 400, earned, 400 + 2.0 * (earned - 400))
    row = forecast(tables(*(weeks(earned, dearer, project=f"s:{n}") for n in range(1, 9)))).loc["s:1"]
    by_index = float(row["budget_at_completion_amount"] / row["cost_performance_index"])
    assert row["estimate_at_completion_amount_p50"] > by_index + 20


def test_a_past_in_which_work_got_cheaper_never_takes_the_median_below_what_cpi_foretells() -> None:
    earned = np.linspace(0.02, 0.8, 40) * 1000.0
    cheaper = np.where(earned <= 400, earned, 400 + 0.5 * (earned - 400))
    row = forecast(tables(*(weeks(earned, cheaper, project=f"s:{n}") for n in range(1, 9)))).loc["s:1"]
    by_index = float(row["budget_at_completion_amount"] / row["cost_performance_index"])
    assert row["estimate_at_completion_amount_p50"] >= by_index - 0.1
    assert json.loads(row["drivers"])[1]["amount"] >= 0.0


def test_drivers_add_up_to_the_expected_overrun() -> None:
    row = forecast(tables(*(steady(0.8, project=f"s:{n}") for n in range(1, 4)))).loc["s:1"]
    parts = json.loads(row["drivers"])
    assert sum(part["amount"] for part in parts) == pytest.approx(row["overrun_amount_p50"], abs=0.01)
    assert parts[0]["text"] == "work done so far cost 25 % more than planned (CPI 0.80)"


def test_what_is_told_after_as_of_changes_no_forecast() -> None:
    given = tables(steady(0.9), steady(1.1, project="s:2"))
    early = AS_OF - timedelta(weeks=8)
    before = forecast(given, early)
    later = pd.to_datetime(given["fct_earned_value"]["status_on"]).dt.date > early
    given["fct_earned_value"].loc[later, "actual_cost_amount"] *= 7.0
    pd.testing.assert_frame_equal(forecast(given, early), before)


def test_projects_that_cannot_be_forecast_say_why() -> None:
    done = weeks(np.linspace(100, 1000, 20), np.linspace(100, 900, 20), project="s:2")
    young = weeks([5.0] * 20, [50.0] * 20, project="s:3")
    dark = weeks([np.nan] * 20, [np.nan] * 20, project="s:4").assign(missing="no budget in the register")
    found = forecast(tables(steady(1.0), done, young, dark))
    assert found["forecast_status"].to_dict() == {
        "s:1": "ok", "s:2": "nothing_open", "s:3": "not_enough_history", "s:4": "not_enough_history",
    }  # fmt: skip
    assert "no budget in the register" in found.loc["s:4", "sentence"]
    held = forecast(tables(steady(1.0), trust="not_trusted"))
    assert held["forecast_status"].tolist() == ["not_trusted"]
    assert held["estimate_at_completion_amount_p50"].isna().all()
