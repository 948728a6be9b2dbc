"""A small portfolio as tables: eight projects, two programmes, two teams, and who waits for whom."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest

Tables = dict[str, pd.DataFrame]
TODAY = date(2026, 3, 2)  # a Monday
KEYS = "ABCDEFGH"


def _stamp(day: date) -> pd.Timestamp:
    return pd.Timestamp(day)


def _projects() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecasts of 60 to 200 days; G has no finish, H is done; all but E are promised."""
    said, projects = [], []
    for number, key in enumerate(KEYS):
        p50 = 60 + 20 * number
        status = {"G": "no_finite_finish", "H": "nothing_open"}.get(key, "ok")
        days = (round(p50 * 0.7), p50, round(p50 * 1.25), round(p50 * 1.6)) if status == "ok" else (None,) * 4
        row: dict[str, Any] = {
            f"finish_on_{name}": None if value is None else TODAY + timedelta(days=value)
            for name, value in zip(("p10", "p50", "p80", "p95"), days, strict=True)
        }
        said.append(
            row
            | {
                "subject_type": "project", "subject_id": f"s:{key}", "subject_key": key,
                "subject_name": f"Project {key}",
                "as_of_on": TODAY, "project_id": f"s:{key}", "forecast_status": status, "baseline_on": None,
                "promised_on": None if key == "E" else TODAY + timedelta(days=round(p50 * 1.1)),
                "probability_late": 0.95 if key == "G" else 0.4, "open_count": 10, "inputs_hash": key,
            }
        )  # fmt: skip
        programme = None if key == "F" else f"Programme {number % 2}"
        projects.append({"project_id": f"s:{key}", "programme_name": programme, "is_deleted": False})
    return pd.DataFrame(said), pd.DataFrame(projects)


def _dependencies() -> tuple[pd.DataFrame, pd.DataFrame]:
    """B waits for A, C for B by way of B's own work; D and E wait for each other; F for G, which has no finish."""
    links = [("A1", "B1"), ("B1", "B2"), ("B2", "C1"), ("D1", "E1"), ("E1", "D1"), ("G1", "F1"), ("A9", "C9")]
    before = _stamp(TODAY - timedelta(days=30))
    rows = [
        {"dependency_id": f"{a}>{b}", "dependency_type": "FS", "lag_days": 0, "predecessor_issue_id": a,
         "predecessor_task_id": None, "predecessor_key": a, "successor_issue_id": b, "successor_task_id": None,
         "successor_key": b, "recorded_at": before}
        for a, b in links
    ]  # fmt: skip
    issues = [
        {"issue_id": name, "project_id": f"s:{name[0]}", "epic_id": None, "is_leaf": True, "is_deleted": False,
         "created_at": before, "started_at": pd.NaT, "done_at": before if name == "A9" else pd.NaT}
        for name in sorted({end for link in links for end in link})
    ]  # fmt: skip
    found = pd.DataFrame(issues)
    for column in ("started_at", "done_at"):
        found[column] = pd.to_datetime(found[column])
    return pd.DataFrame(rows), found


def _people() -> dict[str, pd.DataFrame]:
    """Team 1 works on A, B and C, team 2 on D and E; F has a person of no team."""
    before = _stamp(TODAY - timedelta(days=100))
    members = [("t1", "p1"), ("t1", "p2"), ("t1", "p3"), ("t2", "p4"), ("t2", "p5")]
    work = {"p1": "AB", "p2": "BC", "p3": "AC", "p4": "DE", "p5": "D", "p6": "F"}
    return {
        "bridge_team_member": pd.DataFrame(
            [{"team_id": team, "person_id": person, "valid_from": before, "valid_to": pd.NaT, "recorded_at": before}
             for team, person in members]
        ),
        "fct_assignment": pd.DataFrame(
            [{"assignment_source": "register", "person_id": person, "project_id": f"s:{key}", "assigned_share": 0.5,
              "starts_on": before, "ends_on": pd.NaT, "open_issue_count": 3, "recorded_at": before}
             for person, keys in work.items() for key in keys]
        ),
        "dim_team": pd.DataFrame(
            {"team_id": ["t1", "t2"], "team_key": ["T-1", "T-2"], "team_name": ["One", "Two"],
             "calendar_id": ["default", "default"]}
        ),
    }  # fmt: skip


@pytest.fixture(scope="session")
def tables() -> Tables:
    said, projects = _projects()
    dependencies, issues = _dependencies()
    days = [TODAY + timedelta(days=number) for number in range(-30, 400)]
    calendar = pd.DataFrame(
        {"calendar_id": "default", "day_on": days, "is_working_day": [day.weekday() < 5 for day in days],
         "recorded_at": pd.NaT}
    )  # fmt: skip
    calendar["recorded_at"] = pd.to_datetime(calendar["recorded_at"])
    stamps = ("early_start_on", "early_finish_on", "actual_finish_on", "recorded_at")
    tasks = {"task_id": "str", "project_id": "str", **dict.fromkeys(stamps, "datetime64[us]")}
    return {
        "schedule_forecast": said,
        "dim_project": projects,
        "fct_dependency": dependencies,
        "dim_issue": issues,
        "fct_task": pd.DataFrame({name: np.array([], dtype="O") for name in tasks}).astype(tasks),
        "dim_calendar": calendar,
        **_people(),
    }


@pytest.fixture(scope="session")
def today() -> date:
    return TODAY
