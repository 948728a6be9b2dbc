"""What a project manager can check behind a project's finish: scope since the baseline, and whom its work waits for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import BoolArray, Scope, day_of
from models.schedule_slip.plan.told import plans_of
from models.schedule_slip.sentence import count, say_day
from models.schedule_slip.subjects import Subject
from models.schedule_slip.waiting import blockers_of, waiting

MANY_TIMES = 2.0  # added: from here on a percentage is hard to read
FEWEST_ITEMS = 5  # at the baseline: of fewer a share says nothing
_NO_DAY = np.iinfo(np.int64).min
Fact = dict[str, Any]


def with_facts(tables: Tables, subjects: Sequence[Subject]) -> list[Subject]:
    """The subjects with their facts as drivers; a fact that is new changes the hash, so that it is told."""
    facts = facts_of(tables, subjects)
    return [
        _told(one, facts[one.project_id]) if one.subject_type == "project" and facts[one.project_id] else one
        for one in subjects
    ]


def _told(subject: Subject, facts: list[Fact]) -> Subject:
    drivers = json.dumps(facts, ensure_ascii=False)
    digest = hashlib.sha256(f"{subject.rows_hash} {drivers}".encode()).hexdigest()
    return replace(subject, drivers=drivers, rows_hash=digest)


def facts_of(tables: Tables, subjects: Sequence[Subject]) -> dict[str, list[Fact]]:
    """Per project (no other kind of subject) what is known by its effective day; a project may have none.

    `share` is a measure of the fact, not of its effect on the forecast: the engine sees scope and links otherwise.
    """
    projects = {one.project_id: one for one in subjects if one.subject_type == "project"}
    until = {name: one.scope.effective for name, one in projects.items()}
    approved = _approved(tables, until)
    waits = waiting(tables, until)
    waits = waits.loc[(waits["project_id"] != waits["blocker_project_id"]) & waits["is_leaf"]]
    by_project = {str(name): part for name, part in waits.groupby("project_id", sort=True)}
    none = waits.iloc[:0]
    return {
        name: [*_scope(one, approved.get(name)), *_waits(one.scope, by_project.get(name, none))]
        for name, one in projects.items()
    }


def _approved(tables: Tables, until: dict[str, int]) -> dict[str, int]:
    """The day on which the baseline that counts was approved, where it says so."""
    days = {name: one.approved for name, one in plans_of(tables, until).items()}
    return {name: day for name, day in days.items() if day != _NO_DAY}


def _scope(subject: Subject, approved: int | None) -> list[Fact]:
    if approved is None or subject.baseline_on is None:
        return []
    was, now = (_items(subject.scope, day) for day in (approved, subject.scope.effective))
    share = round(now / was - 1.0, 3) if was >= FEWEST_ITEMS else 0.0
    if round(100 * share) == 0:
        return []
    sign = "+" if share > 0 else "−"
    change = f"{sign}{abs(100 * share):.0f} % since" if share < MANY_TIMES else f"{now / was:.0f} times that of"
    text = f"scope {change} the baseline of {say_day(day_of(approved))}: {was:,} items then, {now:,} now"
    return [{"driver": "scope_since_baseline", "effect": None, "share": share, "text": text}]


def _items(scope: Scope, day: int) -> int:
    """Items that belonged to the scope at the end of that day, done or not."""
    gone: BoolArray = scope.cancelled & (scope.closed <= day)
    return int(((scope.created <= day) & ~gone).sum())


def _waits(scope: Scope, rows: pd.DataFrame) -> list[Fact]:
    if not len(rows) or not scope.open_count:
        return []
    number, first = int(rows["issue_id"].nunique()), rows.iloc[0]
    verb = "waits" if number == 1 else "wait"
    blocker = blockers_of(rows.loc[rows["issue_id"] == first["issue_id"]])[str(first["issue_id"])]
    named = first["issue_id"] if pd.isna(first["issue_key"]) else first["issue_key"]
    text = f"{count(number, 'open item')} {verb} for other projects: {named} for {blocker}"
    return [{"driver": "waits_for", "effect": None, "share": round(number / scope.open_count, 3), "text": text}]
