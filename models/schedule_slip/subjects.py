"""Who is forecast: living projects, epics with leaf items, open releases; each with scope and a hash of its rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import Scope, day_number, day_of, effective_days, rewind, scope_of
from models.schedule_slip.scopes import release_items

WITHHOLDING_MODES = ("controlling", "directive")


@dataclass(frozen=True)
class Subject:
    """One row of the forecast to be; one that is past has no row, and only tells how such subjects ended."""

    subject_type: str
    subject_id: str
    subject_key: str | None
    subject_name: str | None
    project_id: str
    project_key: str | None
    baseline_on: date | None
    promised_on: date | None
    is_withheld: bool
    scope: Scope
    rows_hash: str
    is_past: bool = False
    drivers: str = "[]"  # JSON, as told beside the forecast (models.schedule_slip.facts)

    @property
    def due_day(self) -> int | None:
        """The planned finish of a project: what makes it a finite undertaking that grows until it ends."""
        due = None if self.subject_type != "project" else self.baseline_on or self.promised_on
        return day_number(due)


@dataclass(frozen=True)
class _Label:
    """What a subject is called and when it is due."""

    subject_id: object
    key: object
    name: object
    baseline_on: object = None
    promised_on: object = None
    is_past: bool = False


def subjects_of(tables: Tables, as_of: date) -> list[Subject]:
    """Projects first, then epics, then releases, each by id: the order of the input rows does not matter."""
    projects = tables["dim_project"]
    projects = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)].sort_values("project_id")
    effective = dict(zip(projects["project_id"].astype(str), effective_days(projects, as_of).tolist(), strict=True))
    issues = rewind(tables["dim_issue"], effective)
    by_project = {str(row.project_id): row for row in projects.itertuples(index=False)}
    frame = _Home(by_project, effective, withheld(tables["int_governance__project_trust"]))
    labels = [
        (name, _Label(row.project_id, row.project_key, row.project_name, row.baseline_on, row.promised_on))
        for name, row in by_project.items()
    ]
    epics = list(_epics(tables["dim_issue"], by_project, issues))
    items = release_items(tables, issues, effective)
    releases = list(_releases(tables, effective, items))
    return [
        *frame.subjects("project", labels, issues, "project_id"),
        *frame.subjects("epic", epics, issues, "epic_id"),
        *frame.subjects("release", releases, items, "member_id"),
    ]


@dataclass(frozen=True)
class _Home:
    """The projects that subjects belong to."""

    projects: Mapping[str, Any]
    effective: Mapping[str, int]
    withheld: set[str]

    def subjects(
        self, kind: str, labels: list[tuple[str, _Label]], rows: pd.DataFrame, column: str
    ) -> Iterator[Subject]:
        """One a label (project, label), with those rows that name it in `column`."""
        hashes = pd.util.hash_pandas_object(rows, index=False).to_numpy()
        whole = scope_of(rows, 0)
        places = {str(name): np.asarray(where) for name, where in rows.groupby(column, sort=True).indices.items()}
        none = np.zeros(0, dtype=np.int64)
        for project, label in labels:
            where = places.get(str(label.subject_id), none)
            effective = self.effective[project]
            scope = Scope(whole.created[where], whole.closed[where], whole.cancelled[where], effective)
            yield self._subject(kind, project, label, scope, hashes[where])

    def _subject(self, kind: str, project: str, label: _Label, scope: Scope, hashes: np.ndarray) -> Subject:
        effective, is_withheld = scope.effective, project in self.withheld
        names = [_text(label.subject_id), _text(label.key), _text(label.name)]
        home = [project, _text(self.projects[project].project_key)]
        baseline, promise = _day(label.baseline_on), _day(label.promised_on)
        digest = hashlib.sha256(repr([kind, *names, *home, baseline, promise, effective, is_withheld]).encode())
        digest.update(np.sort(hashes).tobytes())
        return Subject(
            kind, str(names[0]), names[1], names[2], project, home[1], baseline, promise, is_withheld,
            scope, digest.hexdigest(), label.is_past,
        )  # fmt: skip


def _epics(dim_issue: pd.DataFrame, projects: Mapping[str, Any], issues: pd.DataFrame) -> Iterator[tuple[str, _Label]]:
    """Epics with at least one leaf item by their project's effective date; their promise is their due date."""
    known = dim_issue.loc[
        dim_issue["issue_id"].isin([name for name in issues["epic_id"].unique() if name])
        & dim_issue["project_id"].isin(list(projects))
        & ~dim_issue["is_deleted"].fillna(False).astype(bool)
    ]
    for row in known.sort_values("issue_id").itertuples(index=False):
        yield str(row.project_id), _Label(row.issue_id, row.issue_key, row.summary, promised_on=row.due_on)


def _releases(tables: Tables, effective: Mapping[str, int], items: pd.DataFrame) -> Iterator[tuple[str, _Label]]:
    """Releases that hold anything; one that was released or archived by then only tells how releases end."""
    known = tables.get("fct_release")
    if known is None:
        return
    known = known.loc[known["version_id"].isin(items["member_id"]) & known["project_id"].isin(list(effective))]
    for row in known.sort_values("version_id").itertuples(index=False):
        project, day = str(row.project_id), day_number(row.release_on)
        is_out = bool(row.is_released) and (day is None or day <= effective[project])
        is_past = is_out or bool(row.is_archived)
        yield project, _Label(row.version_id, row.version_name, row.version_name, None, row.release_on, is_past)


def withheld(trust: pd.DataFrame) -> set[str]:
    """Projects whose numbers their governance mode withholds; a supportive PMO never withholds."""
    held = (trust["trust_status"] == "not_trusted") & trust["governance_mode"].isin(WITHHOLDING_MODES)
    return set(trust.loc[held, "project_id"].astype(str))


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _day(value: object) -> date | None:
    number = day_number(value)
    return None if number is None else day_of(number)
