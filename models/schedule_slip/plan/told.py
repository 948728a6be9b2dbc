"""What was told of milestones, and when: every version of their dates on record by a day, and the plan they belong to.

Nothing is read of a version recorded after that day. A baseline is on record from its approval on, and so are the
milestones that the first version of a row names in it, however late the file was saved; expected days are not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import day_number, days_of

INPUTS = {
    "dim_milestone": (
        "milestone_id", "project_id", "milestone_key", "milestone_name", "source_type", "baseline_on", "forecast_on",
        "actual_on", "recorded_at",
    ),
    "fct_register_version": (
        "register_name", "record_id", "version_number", "is_deleted", "content", "recorded_at",
    ),
    "fct_baseline": (
        "project_id", "baseline_version", "baseline_start_on", "baseline_finish_on", "approved_on", "recorded_at",
    ),
}  # fmt: skip
ALWAYS = -(2**31)  # a day before all others


@dataclass(frozen=True)
class Version:
    """A milestone as a register held it from a day on; days since 1970-01-01."""

    told: int
    baseline: int | None
    expected: int | None
    actual: int | None
    is_deleted: bool = False


@dataclass(frozen=True)
class Milestone:
    """A milestone with all that was on record of it; the newest version counts."""

    milestone_id: str
    project_id: str
    key: str | None
    name: str | None
    versions: tuple[Version, ...]  # in the order in which they were recorded

    @property
    def newest(self) -> Version:
        return self.versions[-1]

    def planned(self, day: int, in_force: int | None) -> int | None:
        """The day it was planned for, as on record at the end of `day`: its baseline, else the day expected."""
        known = [one for one in self.versions if one.told <= day]
        if known:
            return known[-1].baseline if known[-1].baseline is not None else known[-1].expected
        return self.versions[0].baseline if in_force is not None and in_force <= day else None


@dataclass(frozen=True)
class Plan:
    """A project's newest approved baseline: since when it is in force, and the day it starts from."""

    approved: int
    start: int | None
    finish: int | None


def milestones_of(tables: Tables, until: Mapping[str, int]) -> list[Milestone]:
    """Milestones of registers in the projects of `until`, as on record at the end of the project's day; by id."""
    rows = tables.get("dim_milestone")
    if rows is None or not len(rows):
        return []
    rows = rows.loc[(rows["source_type"] == "register") & rows["project_id"].isin(list(until))]
    older = _older(tables.get("fct_register_version"), set(rows["milestone_id"].astype(str)))
    found = []
    for row in rows.sort_values("milestone_id").to_dict("records"):
        name, project = str(row["milestone_id"]), str(row["project_id"])
        told = day_number(row["recorded_at"])
        baseline, expected, actual = (day_number(row[f"{day}_on"]) for day in _DAYS)
        present = Version(ALWAYS if told is None else told, baseline, expected, actual)
        known = tuple(one for one in (older.get(name) or [present]) if one.told <= until[project])
        if known and not known[-1].is_deleted:
            found.append(Milestone(name, project, _text(row["milestone_key"]), _text(row["milestone_name"]), known))
    return found


_DAYS = ("baseline", "forecast", "actual")


def _older(versions: pd.DataFrame | None, wanted: set[str]) -> dict[str, list[Version]]:
    """All versions of these milestones, in order; the last of them is the row itself."""
    found: dict[str, list[Version]] = {}
    if versions is None or not len(versions):
        return found
    own = versions.loc[(versions["register_name"] == "milestone") & versions["record_id"].isin(wanted)]
    for row in own.sort_values(["record_id", "version_number"]).to_dict("records"):
        content: Mapping[str, Any] = {} if pd.isna(row["content"]) else json.loads(str(row["content"]))
        baseline, expected, actual = (_day(content.get(f"{name}_on")) for name in _DAYS)
        told = day_number(row["recorded_at"])
        version = Version(ALWAYS if told is None else told, baseline, expected, actual, bool(row["is_deleted"]))
        found.setdefault(str(row["record_id"]), []).append(version)
    return found


def plans_of(tables: Tables, until: Mapping[str, int]) -> dict[str, Plan]:
    """By project the newest baseline recorded and approved by its day."""
    rows = tables.get("fct_baseline")
    if rows is None or "recorded_at" not in rows.columns or not len(rows):
        return {}
    rows = rows.loc[rows["project_id"].isin(list(until))]
    limit = rows["project_id"].map(dict(until)).to_numpy(dtype="int64")
    approved = days_of(rows["approved_on"])
    rows = rows.assign(approved=approved).loc[(days_of(rows["recorded_at"]) <= limit) & (approved <= limit)]
    rows = rows.sort_values(["project_id", "baseline_version"], kind="stable")
    newest = rows.drop_duplicates("project_id", keep="last")
    return {
        str(row["project_id"]): Plan(
            int(row["approved"]), day_number(row["baseline_start_on"]), day_number(row["baseline_finish_on"])
        )
        for row in newest.to_dict("records")
    }


def _day(text: object) -> int | None:
    return day_number(str(text)[:10]) if text else None


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
