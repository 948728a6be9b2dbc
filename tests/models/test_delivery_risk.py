"""Dated issues and running sprints: what past ones of their kind came to."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.delivery_risk.model import DeliveryRisk
from models.delivery_risk.sprints import Running
from models.delivery_risk.words import issue_drivers, sprint_drivers

AS_OF = date(2026, 6, 1)
NOON = pd.Timedelta(hours=12)
Tables = dict[str, pd.DataFrame]


def moment(days: float) -> pd.Timestamp:
    """So many days before AS_OF, at noon."""
    return pd.Timestamp(AS_OF) + NOON - pd.Timedelta(days=days)


def issue(
    name: str, created: float, due: float, done: float | None, project: str = "s:1", **more: Any
) -> dict[str, Any]:
    """Days before AS_OF; `due` below 0 is to come."""
    return {
        "issue_id": f"s:{name}", "issue_key": name, "project_id": project, "is_leaf": True, "is_cancelled": False,
        "is_deleted": False, "summary": name, "created_at": moment(created), "started_at": moment(created - 1),
        "done_at": pd.NaT if done is None else moment(done), "due": AS_OF - timedelta(days=due), **more,
    }  # fmt: skip


def past(number: int = 120) -> list[dict[str, Any]]:
    """Two projects of dated issues, due three weeks after creation: nine of ten late in s:2, one of ten in s:1."""
    found = []
    for n in range(number):
        late = n % 10 != 0 if n % 2 else n % 20 == 0
        created = 40.0 + 3 * n
        found.append(issue(f"P-{n}", created, created - 21, created - (28 if late else 14), f"s:{1 + n % 2}"))
    return found


def tables(issues: list[dict[str, Any]], sprints: Any = None, commitment: Any = None, trust: str = "trusted") -> Tables:
    frame = pd.DataFrame(issues)
    due = pd.DataFrame({"issue_id": frame["issue_id"], "due_on": frame["due"], "valid_from": frame["created_at"]})
    projects = ["s:1", "s:2"]
    flags = pd.DataFrame({"issue_id": pd.Series(dtype=object), "valid_from": pd.Series(dtype="datetime64[us]"),
                          "valid_to": pd.Series(dtype="datetime64[us]")})  # fmt: skip
    return {
        "dim_project": pd.DataFrame(
            {"project_id": projects, "project_key": ["A", "B"], "is_deleted": False, "effective_on": AS_OF}
        ),
        "dim_issue": frame.drop(columns="due"),
        "int_delivery__due_date": due,
        "int_delivery__issue_flag": flags,
        "fct_dependency": pd.DataFrame(columns=["predecessor_issue_id", "successor_issue_id", "recorded_at"]),
        "dim_sprint": SPRINTS.iloc[:0] if sprints is None else sprints,
        "fct_sprint_commitment": STAYS.iloc[:0] if commitment is None else commitment,
        "int_governance__project_trust": pd.DataFrame(
            {"project_id": projects, "governance_mode": "controlling", "trust_status": trust}
        ),
    }


def sprint_tables(running_done: int, committed: int = 10) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Eight closed fortnights that delivered 2 of 10 by their middle and 6 by their end, and one now at its middle."""
    sprints, stays = [], []
    for n in range(9):
        start = moment(7 + 14 * n)
        done = running_done if n == 0 else 6
        sprints.append({"sprint_id": f"s:{n}", "board_id": "s:b", "sprint_name": f"Sprint {9 - n}", "starts_at": start,
                        "ends_at": start + pd.Timedelta(days=14),
                        "completed_at": pd.NaT if n == 0 else start + pd.Timedelta(days=14)})  # fmt: skip
        for i in range(committed):
            day = 3 if i < 2 or n == 0 else 12
            stays.append({"sprint_id": f"s:{n}", "issue_id": f"s:{n}-{i}", "project_id": "s:1", "is_committed": True,
                          "is_added": False, "is_completed": i < done, "start_story_points": np.nan,
                          "end_story_points": np.nan, "valid_from": start, "valid_to": pd.NaT,
                          "done_at": start + pd.Timedelta(days=day) if i < done else pd.NaT})  # fmt: skip
    return pd.DataFrame(sprints), pd.DataFrame(stays)


SPRINTS, STAYS = sprint_tables(2)


def forecast(given: Tables, as_of: date = AS_OF) -> pd.DataFrame:
    return DeliveryRisk().forecast(given, as_of, seed=1).set_index("subject_id")


def test_an_issue_of_a_project_that_is_always_late_is_likelier_late() -> None:
    found = forecast(tables([*past(), issue("A-1", 7, -14, None, "s:1"), issue("B-1", 7, -14, None, "s:2")]))
    assert found["forecast_status"].tolist() == ["ok", "ok"]
    assert found.loc["s:A-1", "probability_late"] < 0.35
    assert found.loc["s:B-1", "probability_late"] > 0.65
    drivers = json.loads(found.loc["s:B-1", "drivers"])
    assert drivers[0]["driver"] == "late_rate"
    assert drivers[0]["effect"] > 0


def test_the_less_time_is_left_the_likelier_an_issue_is_late() -> None:
    """Issues due after three weeks that took anything from one day to six weeks."""
    spread = [issue(f"P-{n}", 60.0 + n, 39.0 + n, 59.0 + n - (7 * n) % 42, f"s:{1 + n % 2}") for n in range(120)]
    found = forecast(tables([*spread, issue("A-1", 20, -1, None), issue("A-2", 1, -20, None)]))
    assert found.loc["s:A-1", "probability_late"] > found.loc["s:A-2", "probability_late"]


def test_an_overdue_issue_is_late_without_any_history() -> None:
    row = forecast(tables([issue("A-1", 20, 3, None)])).loc["s:A-1"]
    assert (row["forecast_status"], row["probability_late"]) == ("ok", 0.95)
    assert row["sentence"] == "Late already: 3 days past its due date."


def test_too_few_decided_issues_give_a_row_without_a_number() -> None:
    row = forecast(tables([*past(10), issue("A-1", 20, -3, None)])).loc["s:A-1"]
    assert row["forecast_status"] == "not_enough_history"
    assert pd.isna(row["probability_late"])


def test_a_date_moved_later_does_not_excuse_what_was_promised_before() -> None:
    """All issues were done a week after their first due date, which had been moved to fit on its very day."""
    issues = [issue(f"P-{n}", 60.0 + n, 39.0 + n, 32.0 + n, f"s:{1 + n % 2}") for n in range(60)]
    fair = [issue(f"F-{n}", 60.0 + n, 39.0 + n, 45.0 + n, f"s:{1 + n % 2}") for n in range(60)]
    given = tables([*issues, *fair, issue("A-1", 7, -14, None)])
    moved = pd.DataFrame(
        {
            "issue_id": [row["issue_id"] for row in issues],
            "due_on": [row["due"] + timedelta(days=7) for row in issues],
            "valid_from": [row["created_at"] + pd.Timedelta(days=21) for row in issues],
        }
    )
    given["int_delivery__due_date"] = pd.concat([given["int_delivery__due_date"], moved], ignore_index=True)
    assert 0.3 < forecast(given).loc["s:A-1", "probability_late"] < 0.7  # half of the promises were broken


def test_what_happens_after_as_of_changes_no_forecast() -> None:
    given = tables([*past(), issue("A-1", 60, -14, None)], *sprint_tables(2))
    early = AS_OF - timedelta(days=30)
    before = forecast(given, early)
    end = pd.Timestamp(early) + pd.Timedelta(days=1)
    issues, stays = given["dim_issue"], given["fct_sprint_commitment"]
    issues.loc[issues["done_at"].isna(), "done_at"] = end + pd.Timedelta(days=5)
    issues.loc[issues["created_at"] >= end, "project_id"] = "s:2"
    stays.loc[stays["done_at"] >= end, "done_at"] += pd.Timedelta(days=3)
    assert len(before) > 1
    pd.testing.assert_frame_equal(forecast(given, early), before)


def test_a_running_sprint_is_expected_to_end_as_past_ones_did_from_the_same_point() -> None:
    # at the middle 2 of 10 were done, 4 of the other 8 by the end; now 2 of 10: 2 + 8 / 2 = 6
    row = forecast(tables(past(4), *sprint_tables(2))).loc["s:0"]
    assert (row["forecast_status"], row["unit"], row["committed_scope"]) == ("ok", "issues", 10.0)
    assert row["delivered_scope_p50"] == pytest.approx(6.0)
    assert row["probability_late"] == 0.95
    assert "2 of 10 issues done" in json.loads(row["drivers"])[0]["text"]


def test_a_sprint_with_everything_done_has_nothing_open() -> None:
    row = forecast(tables(past(4), *sprint_tables(10))).loc["s:0"]
    assert row["forecast_status"] == "nothing_open"


def test_a_sprint_falls_short_in_the_share_of_past_sprints_that_would_have() -> None:
    sprint = Running("s:1", "S", "s:1", pd.Timestamp(AS_OF), 0.5, "issues", committed=10, added=0, delivered=2,
                     remaining=8, shares=np.array([0.0, 0.5, 1.0, 1.0]), weights=np.ones(4), usual=0.2)  # fmt: skip
    assert sprint.chance_short() == pytest.approx((2 + 1) / (4 + 2))  # two of four fell short, one doubt each side


def test_work_added_to_a_sprint_is_told_as_lowering_the_risk_to_fall_short() -> None:
    sprint = Running("s:1", "S", "s:1", pd.Timestamp(AS_OF), 0.5, "issues", committed=10, added=5, delivered=2,
                     remaining=13, shares=np.array([0.5]), weights=np.ones(1), usual=0.2)  # fmt: skip
    told = sprint_drivers(sprint)[1]
    assert (told["driver"], told["effect"]) == ("added_scope", -0.5)
    assert told["text"] == "5 issues added since the start (50 % of the commitment); done, they count as delivered too"


def test_what_was_found_to_be_no_cause_is_not_told_as_one() -> None:
    state = {"days_left": 3, "age": 300, "is_started": 0, "days_started": 0, "due_moves": 2, "is_blocked": 1,
             "days_blocked": 9, "late_rate": 0.4, "waits_for": ""}  # fmt: skip
    told = [driver["driver"] for driver in issue_drivers(state, np.ones(7))]
    assert told == ["is_blocked", "late_rate", "not_started", "time_left"]


def test_findings_that_cost_trust_withhold_the_numbers() -> None:
    found = forecast(tables([*past(), issue("A-1", 7, -14, None)], *sprint_tables(2), trust="not_trusted"))
    assert set(found["forecast_status"]) == {"not_trusted"}
    assert found["probability_late"].isna().all()
