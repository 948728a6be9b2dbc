"""Small hand-made tables in the shape the forecasters read, and the real ones where they are at hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from models.forecast_score.model import ForecastScore

EMPTY = (
    "fct_release", "int_delivery__issue_membership", "fct_baseline", "dim_milestone", "fct_register_version",
    "fct_task", "fct_dependency", "dim_calendar",
)  # fmt: skip
START = date(2025, 1, 6)  # a Monday
Tables = dict[str, pd.DataFrame]
Item = tuple[int, int | None]


def items(start: int, throughput: Sequence[int], open_count: int) -> list[Item]:
    """(created, done) in days since START: all there from the first day, so many done on each week's Wednesday."""
    done = [start + 7 * week + 2 for week, number in enumerate(throughput) for _ in range(number)]
    return [(start, day) for day in done] + [(start, None)] * open_count


@pytest.fixture
def build() -> Callable[..., Tables]:
    """Tables from items by project key; a key "A/1" stands for epic 1 of project A."""

    def make(scopes: dict[str, list[Item]], effective: date, **project: Any) -> Tables:
        keys = sorted({key.split("/")[0] for key in scopes})
        projects = pd.DataFrame(
            [
                {
                    "project_id": f"s:{key}",
                    "project_key": key,
                    "project_name": f"Project {key}",
                    "baseline_on": None,
                    "promised_on": None,
                    "is_deleted": False,
                    "effective_on": effective,
                    **project,
                }
                for key in keys
            ]
        )
        rows: list[dict[str, Any]] = []
        for key, scope in scopes.items():
            name, _, epic = key.partition("/")
            common = {"project_id": f"s:{name}", "is_cancelled": False, "is_deleted": False, "due_on": pd.NaT}
            if epic:
                rows.append({"issue_id": f"s:{key}", "issue_key": key, "epic_id": None, "is_leaf": False,
                             "summary": f"Epic {key}", "created_at": _at(0), "done_at": None, **common})  # fmt: skip
            rows += [
                {"issue_id": f"s:{key}-{i}", "issue_key": f"{key}-{i}", "epic_id": f"s:{key}" if epic else None,
                 "is_leaf": True, "summary": "x", "created_at": _at(created), "done_at": _at(done), **common}
                for i, (created, done) in enumerate(scope)
            ]  # fmt: skip
        issues = pd.DataFrame(rows)
        for column in ("created_at", "done_at"):
            issues[column] = pd.to_datetime(issues[column])
        trust = pd.DataFrame(
            {"project_id": projects["project_id"], "governance_mode": "controlling", "trust_status": "trusted"}
        )
        return {
            "dim_project": projects,
            "dim_issue": issues,
            "int_governance__project_trust": trust,
            **{
                name: pd.DataFrame(columns=list(columns))
                for name, columns in ForecastScore.inputs.items()
                if name in EMPTY
            },
        }

    return make


def _at(day: int | None) -> pd.Timestamp | None:
    return None if day is None else pd.Timestamp(START + timedelta(days=int(day)), unit=None) + pd.Timedelta(hours=12)


@pytest.fixture
def portfolio(build: Callable[..., Tables]) -> Tables:
    """Twelve projects of uneven pace with two epics each, all scope there from the start, half of them done by now."""
    rng = np.random.default_rng(3)
    scopes: dict[str, list[Item]] = {}
    for number in range(12):
        weeks, pace = 20 + 4 * number, 2.0 + number % 4
        for epic in (1, 2):
            done = rng.negative_binomial(2, 2 / (2 + pace / 2), weeks).tolist()
            scopes[f"P{number:02d}/{epic}"] = items(7 * number, done, 0 if number < 4 else 12)
    return build(scopes, date(2026, 3, 2), promised_on=None)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("SLIPSTREAM_SHARED", Path(__file__).parents[3] / "shared"))
    if not (folder / "data/jira_issues/issues.csv.gz").exists():
        pytest.skip("the real data (SLIPSTREAM_SHARED) are not here")
    return folder
