"""Who is forecast: every living project and every epic with leaf items, with its scope and the hash of its rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import Scope, day_number, day_of, effective_days, rewind, scope_of

WITHHOLDING_MODES = ("controlling", "directive")


@dataclass(frozen=True)
class Subject:
    """One row of the forecast to be."""

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

    @property
    def due_day(self) -> int | None:
        """The planned finish of a project: what makes it a finite undertaking that grows until it ends."""
        due = None if self.subject_type == "epic" else self.baseline_on or self.promised_on
        return day_number(due)


def subjects_of(tables: Tables, as_of: date) -> list[Subject]:
    """Projects first, then epics, each by id: the order of the input rows does not matter."""
    projects = tables["dim_project"]
    projects = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)].sort_values("project_id")
    effective = dict(zip(projects["project_id"].astype(str), effective_days(projects, as_of).tolist(), strict=True))
    issues = rewind(tables["dim_issue"], effective)
    held_back = withheld(tables["int_governance__project_trust"])
    hashes = pd.util.hash_pandas_object(issues, index=False).to_numpy()
    places = _places(issues["project_id"])
    none = np.zeros(0, dtype=np.int64)
    found: list[Subject] = []
    for row in projects.itertuples(index=False):
        name = str(row.project_id)
        where = places.get(name, none)
        found.append(
            _subject("project", row, row, effective[name], name in held_back, issues.iloc[where], hashes[where])
        )
    return found + _epics(tables["dim_issue"], projects, effective, issues, hashes, held_back)


def _epics(
    dim_issue: pd.DataFrame,
    projects: pd.DataFrame,
    effective: dict[str, int],
    issues: pd.DataFrame,
    hashes: np.ndarray,
    withheld: set[str],
) -> list[Subject]:
    """Epics with at least one leaf item by their project's effective date; their promise is their due date."""
    by_project = {str(row.project_id): row for row in projects.itertuples(index=False)}
    places = _places(issues["epic_id"])
    known = dim_issue.loc[
        dim_issue["issue_id"].isin([name for name in places if name])
        & dim_issue["project_id"].isin(list(by_project))
        & ~dim_issue["is_deleted"].fillna(False).astype(bool)
    ]
    found = []
    for row in known.sort_values("issue_id").itertuples(index=False):
        where, project = places[str(row.issue_id)], str(row.project_id)
        found.append(
            _subject(
                "epic",
                row,
                by_project[project],
                effective[project],
                project in withheld,
                issues.iloc[where],
                hashes[where],
            )
        )
    return found


def _subject(
    kind: str, row: object, project: object, effective: int, is_withheld: bool, rows: pd.DataFrame, hashes: np.ndarray
) -> Subject:
    is_epic = kind == "epic"
    baseline = None if is_epic else _day(getattr(row, "baseline_on", None))
    promise = _day(getattr(row, "due_on" if is_epic else "promised_on", None))
    ident = [
        kind,
        _text(getattr(row, "issue_id" if is_epic else "project_id")),
        _text(getattr(row, "issue_key" if is_epic else "project_key")),
        _text(getattr(row, "summary" if is_epic else "project_name")),
        str(getattr(project, "project_id")),  # noqa: B009 - a pandas row type has no static attributes
        _text(getattr(project, "project_key")),  # noqa: B009
    ]
    digest = hashlib.sha256(repr([*ident, baseline, promise, effective, is_withheld]).encode())
    digest.update(np.sort(hashes).tobytes())
    return Subject(
        kind, str(ident[1]), ident[2], ident[3], str(ident[4]), ident[5], baseline, promise, is_withheld,
        scope_of(rows, effective), digest.hexdigest(),
    )  # fmt: skip


def _places(names: pd.Series) -> dict[str, np.ndarray]:
    """Row positions by name, in row order."""
    return {str(name): np.asarray(where) for name, where in names.groupby(names, sort=True).indices.items()}


def withheld(trust: pd.DataFrame) -> set[str]:
    """Projects whose numbers their governance mode withholds; a supportive PMO never withholds."""
    held = (trust["trust_status"] == "not_trusted") & trust["governance_mode"].isin(WITHHOLDING_MODES)
    return set(trust.loc[held, "project_id"].astype(str))


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]


def _day(value: object) -> date | None:
    number = day_number(value)
    return None if number is None else day_of(number)
