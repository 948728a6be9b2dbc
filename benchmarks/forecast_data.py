"""The tables a forecaster reads, from recorded real issues or the simulated portfolio, without a warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.forecast_score.model import ForecastScore

UNKNOWN = (
    "fct_baseline", "fct_release", "int_delivery__issue_membership", "dim_milestone", "fct_register_version",
    "fct_task", "fct_dependency", "dim_calendar",
)  # fmt: skip
CANCELLED = ("Won't Do", "Won't Fix", "Duplicate", "Invalid", "Cannot Reproduce")


def recorded_tables(path: Path) -> dict[str, pd.DataFrame]:
    """The 29 real projects; an issue's one transition is at its resolution date."""
    raw = pd.read_csv(path, low_memory=False, parse_dates=["Creation_Date", "Resolution_Date", "Known_Until"])
    until = raw.groupby("Project")["Known_Until"].first()
    projects = pd.DataFrame(
        {"project_id": "jira:" + until.index, "project_key": until.index, "effective_on": until.dt.date}
    )
    issues = pd.DataFrame(
        {
            "issue_id": "jira:" + raw["ID"].astype(str),
            "issue_key": raw["Issue_Key"],
            "project_id": "jira:" + raw["Project"],
            "epic_id": None,
            "is_leaf": raw["Type"] != "Epic",
            "is_cancelled": raw["Resolution"].isin(CANCELLED),
            "summary": raw["Issue_Key"],
            "created_at": raw["Creation_Date"],
            "done_at": raw["Resolution_Date"],
            "due_on": pd.NaT,
        }
    )
    return _complete(projects.reset_index(drop=True), issues)


def portfolio_tables(seed: int) -> dict[str, pd.DataFrame]:
    """The simulated portfolio at its present, with its planned finishes as baselines."""
    from connectors.sandbox.portfolio.simulator import Simulator

    return simulated_tables(Simulator(seed))


def simulated_tables(simulator: Any) -> dict[str, pd.DataFrame]:
    """What a simulation has recorded so far, in the same shape."""
    world = simulator.world
    parents = {issue.parent_id for issue in world.issues.values()}
    plans = {one["project_key"]: one for one in simulator.register()["Baselines"]}
    rows = []
    for issue in world.issues.values():
        level = world.issue_types[issue.type_id].hierarchy_level
        parent = world.issues.get(issue.parent_id or 0)
        parent = world.issues.get(parent.parent_id, parent) if parent and parent.parent_id else parent
        rows.append(
            (
                issue.id,
                issue.key,
                issue.project_id,
                parent.id if parent and level < 1 else None,
                issue.id not in parents and level < 1,
                issue.resolution in CANCELLED,
                issue.created,
                _done_at(world, issue),
                issue.due_on,
            )
        )
    columns = ["issue_id", "issue_key", "project_id", "epic_id", "is_leaf", "is_cancelled", "created_at", "done_at"]
    columns.append("due_on")
    issues = pd.DataFrame(rows, columns=columns)
    for column in ("issue_id", "project_id", "epic_id"):
        known = issues[column].notna()
        issues[column] = ("sim:" + issues[column].fillna(0).astype(np.int64).astype(str)).where(known, None)
    for column in ("created_at", "done_at"):
        issues[column] = pd.to_datetime(issues[column], utc=True).dt.tz_localize(None)
    projects = pd.DataFrame(
        {
            "project_id": [f"sim:{project.id}" for project in world.projects.values()],
            "project_key": [project.key for project in world.projects.values()],
            "baseline_on": [plans.get(project.key, {}).get("finish_on") for project in world.projects.values()],
            "effective_on": world.now.date(),
        }
    )
    return _complete(projects, issues.assign(summary=issues["issue_key"]))


def _done_at(world: Any, issue: Any) -> Any:
    """When the issue last entered a done status, None while it is not in one."""
    if world.statuses[issue.status_id].category != "done":
        return None
    done = [
        history.created
        for history in issue.histories
        for change in history.changes
        if change.field == "status" and world.statuses[int(change.to_id or 0)].category == "done"
    ]
    return done[-1] if done else issue.resolved or issue.created


def weekly_series(path: Path) -> dict[str, np.ndarray]:
    """Weekly counts by series, zeros included."""
    raw = pd.read_csv(path)
    return {str(name): part.sort_values("week")["done"].to_numpy(float) for name, part in raw.groupby("series")}


def _complete(projects: pd.DataFrame, issues: pd.DataFrame) -> dict[str, pd.DataFrame]:
    for column in ("baseline_on", "promised_on"):
        if column not in projects:
            projects[column] = None
    projects = projects.assign(is_deleted=False, project_name=projects["project_key"])
    trust = pd.DataFrame(
        {"project_id": projects["project_id"], "governance_mode": "supportive", "trust_status": "trusted"}
    )
    unknown = {name: pd.DataFrame(columns=list(ForecastScore.inputs[name])) for name in UNKNOWN}
    return {
        "dim_project": projects,
        "dim_issue": issues.assign(is_deleted=False),
        "int_governance__project_trust": trust,
        **unknown,
    }
