"""From tables to the network: whose forecast stands, who waits for whom, who works where, and when people work."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.forecaster import Tables
from models.portfolio.dependencies import Edge, edges_of
from models.portfolio.network import Network, Project, build
from models.portfolio.staffing import main_teams, staffing_of
from models.schedule_slip.events import day_number, day_of

QUANTILES = ("p10", "p50", "p80", "p95")
INPUTS: Mapping[str, Sequence[str]] = {
    "schedule_forecast": (
        "subject_type", "subject_id", "subject_key", "subject_name", "as_of_on", "project_id", "forecast_status",
        "finish_on_p10", "finish_on_p50", "finish_on_p80", "finish_on_p95", "baseline_on", "promised_on",
        "probability_late", "open_count", "inputs_hash",
    ),
    "dim_project": ("project_id", "programme_name", "is_deleted"),
    "dim_issue": (
        "issue_id", "project_id", "epic_id", "is_leaf", "is_deleted", "created_at", "started_at", "done_at",
    ),
    "fct_dependency": (
        "dependency_id", "dependency_type", "lag_days", "predecessor_issue_id", "predecessor_task_id",
        "predecessor_key", "successor_issue_id", "successor_task_id", "successor_key", "recorded_at",
    ),
    "fct_task": ("task_id", "project_id", "early_start_on", "early_finish_on", "actual_finish_on", "recorded_at"),
    "fct_assignment": (
        "assignment_source", "person_id", "project_id", "assigned_share", "starts_on", "ends_on", "open_issue_count",
        "recorded_at",
    ),
    "bridge_team_member": ("team_id", "person_id", "valid_from", "valid_to", "recorded_at"),
    "dim_team": ("team_id", "team_key", "team_name", "calendar_id"),
    "dim_calendar": ("calendar_id", "day_on", "is_working_day", "recorded_at"),
}  # fmt: skip
DEFAULT_CALENDAR = "default"


@dataclass(frozen=True)
class Subject:
    """A project as the portfolio speaks of it, simulated or not."""

    project_id: str
    project_key: str | None
    project_name: str | None
    forecast_status: str
    due_on: date | None
    due_kind: str | None
    probability_late: float | None  # by its own forecast


@dataclass(frozen=True)
class Picture:
    """The portfolio as of a day."""

    day: int
    network: Network
    subjects: tuple[Subject, ...]  # by id, with those of which there is no finish to simulate
    edges: tuple[Edge, ...]  # by id
    teams: Mapping[str, str]  # id → label

    @property
    def as_of_on(self) -> date:
        return day_of(self.day)

    def digest(self, *told: object) -> str:
        """Of all that a simulation uses, and of what else is told: a portfolio is one forecast, with one hash."""
        network = self.network
        text = repr((told, self.day, network.projects, network.packages, network.relations,
                     sorted(network.circular.items()), sorted(network.staffing.given.items()),
                     sorted(network.staffing.size.items()), self.subjects, self.edges))  # fmt: skip
        found = hashlib.sha256(text.encode())
        for name, worked in sorted(network.working.items()):
            found.update(name.encode() + np.packbits(worked).tobytes())
        return found.hexdigest()


def picture(tables: Tables, as_of: date) -> Picture:
    """With nothing that was recorded after `as_of`; the order of rows does not matter."""
    limit = int(np.datetime64(as_of, "D").astype(np.int64))
    said = _said(tables)
    records = said.loc[said["subject_type"] == "project"].to_dict("records")
    rows: list[dict[str, Any]] = [{str(name): value for name, value in row.items()} for row in records]
    known = [row for row in rows if row["forecast_status"] == "ok"]
    day = max((day_number(row["as_of_on"]) or 0 for row in known or rows), default=limit)
    staffing = staffing_of(tables, limit)
    teams = tables["dim_team"].sort_values("team_id")
    main = main_teams(staffing, set(teams["team_id"]))
    programmes = _texts(tables["dim_project"], "project_id", "programme_name")
    calendar_of = _texts(teams, "team_id", "calendar_id")
    projects = []
    for row in known:
        name = str(row["project_id"])
        team = main.get(name)
        calendar = calendar_of.get(team or "", DEFAULT_CALENDAR)
        projects.append(_project(row, day, programmes.get(name), team, calendar))
    packages, relations, edges = edges_of(tables, limit, day, {one.project_id: one.open_count for one in projects})
    network = build(projects, packages, relations, staffing, _working(tables["dim_calendar"], day, limit))
    edges = tuple(one.judged(network.circular) for one in edges)
    return Picture(day, network, tuple(_subject(row) for row in rows), edges, _texts(teams, "team_id", "team_key"))


def _said(tables: Tables) -> pd.DataFrame:
    """What was last said of each living project."""
    projects = tables["dim_project"]
    alive = projects.loc[~projects["is_deleted"].fillna(False).astype(bool), "project_id"]
    said = tables["schedule_forecast"]
    return said.loc[said["project_id"].isin(alive)].sort_values(["subject_type", "subject_id"], ignore_index=True)


def _project(row: Mapping[str, Any], day: int, programme: str | None, team: str | None, calendar: str) -> Project:
    begins = day_number(row["as_of_on"]) or day
    low, middle, high, highest = (float((day_number(row[f"finish_on_{name}"]) or 0) - begins) for name in QUANTILES)
    due = day_number(_due(row)[0])
    return Project(
        str(row["project_id"]),
        (low, middle, high, highest),
        start=float(begins - day),
        due=None if due is None else float(due - day),
        programme=programme,
        team=team,
        calendar=calendar,
        open_count=max(1, int(row["open_count"])),
    )


def _subject(row: Mapping[str, Any]) -> Subject:
    due, kind = _due(row)
    number = day_number(due)
    late = row["probability_late"]
    return Subject(
        str(row["project_id"]),
        _text(row["subject_key"]),
        _text(row["subject_name"]),
        str(row["forecast_status"]),
        None if number is None else day_of(number),
        kind,
        None if pd.isna(late) else float(late),
    )


def _due(row: Mapping[str, Any]) -> tuple[object, str | None]:
    """The promise, or the baseline where nothing was promised."""
    if not pd.isna(row["promised_on"]):
        return row["promised_on"], "promise"
    return (None, None) if pd.isna(row["baseline_on"]) else (row["baseline_on"], "baseline")


def _working(calendar: pd.DataFrame, day: int, limit: int) -> dict[str, npt.NDArray[np.bool_]]:
    """Whether each day after the portfolio's day is worked; of days off that were told later nothing is known yet."""
    days = pd.to_datetime(calendar["day_on"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    late = calendar["recorded_at"].notna().to_numpy() & (
        pd.to_datetime(calendar["recorded_at"]).to_numpy().astype("datetime64[D]").astype(np.int64) > limit
    )
    weekday = (days + 3) % 7 < 5  # 1970-01-01 was a Thursday
    worked = np.where(late, weekday, calendar["is_working_day"].fillna(False).to_numpy(dtype=bool))
    names = calendar["calendar_id"].to_numpy()
    found = {}
    for name in sorted(set(names)):
        mine = (names == name) & (days > day)
        if worked[mine].any():
            found[str(name)] = worked[mine][np.argsort(days[mine], kind="stable")]
    return found


def _texts(frame: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    known = frame.loc[frame[value].notna()]
    return dict(zip(known[key].astype(str), known[value].astype(str), strict=True))


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
