"""Hours asked of a team: what is assigned, as past weeks turned out."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from models.capacity.model import CapacityForecast

AS_OF = date(2026, 6, 3)  # a Wednesday; its week began on the 1st
MONDAY = date(2026, 6, 1)
Tables = dict[str, pd.DataFrame]


def tables(worked: float | None, assigned: float = 40.0, available: float = 40.0) -> Tables:
    """One team of two people: twenty weeks past, twelve ahead, the same hours for both."""
    rows = [
        {
            "person_id": person,
            "week_on": MONDAY + timedelta(weeks=week),
            "available_hours": available,
            "assigned_hours": assigned,
            "worked_hours": worked if week < 0 else None,
            "bearable_hours": available,
        }
        for person in ("p:1", "p:2")
        for week in range(-20, 13)
    ]
    return {
        "dim_team": pd.DataFrame([{"team_id": "t:1", "team_key": "A", "team_name": "Ants"}]),
        "bridge_team_member": pd.DataFrame(
            [
                {"team_id": "t:1", "person_id": person, "valid_from": pd.Timestamp("2025-01-01"), "valid_to": pd.NaT}
                for person in ("p:1", "p:2")
            ]
        ),
        "fct_utilisation": pd.DataFrame(rows).astype({"worked_hours": float}),
    }


def forecast(given: Tables) -> pd.DataFrame:
    return CapacityForecast().forecast(given, AS_OF, seed=1)


def test_a_team_that_works_more_than_assigned_is_expected_to_go_on() -> None:
    found = forecast(tables(worked=50.0))
    assert found["week_on"].tolist() == [MONDAY + timedelta(weeks=week) for week in range(1, 13)]
    first = found.iloc[0]
    assert (first["forecast_status"], first["demand_basis"], first["is_overloaded"]) == ("ok", "worked", True)
    assert first["demand_hours_p50"] == pytest.approx(100.0)  # 2 people, 40 assigned, a quarter more worked
    assert first["probability_overload"] == 0.95


def test_a_team_that_hardly_logs_is_judged_by_its_plan_and_given_no_probability() -> None:
    first = forecast(tables(worked=2.0, assigned=60.0)).iloc[0]
    assert (first["demand_basis"], first["is_overloaded"]) == ("assigned", True)
    assert first["demand_hours_p80"] == 120.0
    assert pd.isna(first["probability_overload"])


def test_people_count_only_while_they_belong_to_the_team() -> None:
    given = tables(worked=40.0)
    given["bridge_team_member"].loc[1, "valid_to"] = pd.Timestamp("2026-06-15")
    hours = forecast(given).set_index("horizon_weeks")["assigned_hours"]
    assert (hours[1], hours[2]) == (80.0, 40.0)


def test_a_week_nobody_planned_has_a_row_that_says_so() -> None:
    given = tables(worked=40.0)
    given["fct_utilisation"] = given["fct_utilisation"].loc[given["fct_utilisation"]["week_on"] <= MONDAY]
    found = forecast(given)
    assert len(found) == 12
    assert set(found["forecast_status"]) == {"not_enough_history"}


def test_hours_logged_in_the_present_week_and_later_change_nothing() -> None:
    given = tables(worked=40.0)
    before = forecast(given)
    later = given["fct_utilisation"]["week_on"] >= MONDAY
    given["fct_utilisation"].loc[later, "worked_hours"] = 500.0
    pd.testing.assert_frame_equal(forecast(given), before)
