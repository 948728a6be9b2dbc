"""What waits for what between projects as of a day, and the pieces of work that this is about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.portfolio.network import KINDS, Package, Relation
from models.schedule_slip.events import days_of

_NO_DAY = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Edge:
    """A dependency between two projects that is still open."""

    dependency_id: str
    before_project: str
    after_project: str
    before_key: str | None
    after_key: str | None
    status: str  # ok, in_cycle, or no_forecast where one of the two projects has no finish to simulate

    def judged(self, circular: Mapping[str, str]) -> Edge:
        return replace(self, status="in_cycle") if self.dependency_id in circular else self


def edges_of(
    tables: Tables, limit: int, day: int, open_counts: Mapping[str, int]
) -> tuple[list[Package], list[Relation], tuple[Edge, ...]]:
    """Packages and relations of the projects in `open_counts`, and every open dependency between two projects.

    Of dependencies within a project only those are kept that pass on what comes from another one: the rest is part of
    what the project's own forecast has seen.
    """
    known = _open(tables["fct_dependency"], limit)
    named = {name for row in known for name in (row["before"], row["after"])}
    works = _issues(tables["dim_issue"], limit, open_counts, named) | _tasks(tables["fct_task"], limit, day)
    rows = [row for row in known if row["before"] in works and row["after"] in works]
    across = [row for row in rows if works[row["before"]].project_id != works[row["after"]].project_id]
    within = _downstream(
        across, [row for row in rows if works[row["before"]].project_id == works[row["after"]].project_id]
    )
    kept = [
        row for row in (*across, *within)
        if works[row["before"]].project_id in open_counts and works[row["after"]].project_id in open_counts
    ]  # fmt: skip
    names = sorted({name for row in kept for name in (row["before"], row["after"])})
    relations = [Relation(row["name"], row["before"], row["after"], row["kind"], row["lag"]) for row in kept]
    simulated = {row["name"] for row in kept}
    edges = [
        Edge(row["name"], works[row["before"]].project_id, works[row["after"]].project_id, row["before_key"],
             row["after_key"], "ok" if row["name"] in simulated else "no_forecast")
        for row in sorted(across, key=lambda one: str(one["name"]))
    ]  # fmt: skip
    return [works[name] for name in names], relations, tuple(edges)


def _open(dependencies: pd.DataFrame, limit: int) -> list[dict[str, Any]]:
    """Dependencies recorded by the day, between two ends that we may see."""
    known = dependencies.loc[
        (days_of(dependencies["recorded_at"]) <= limit) & dependencies["dependency_type"].isin(KINDS)
    ]
    before = known["predecessor_issue_id"].where(known["predecessor_issue_id"].notna(), known["predecessor_task_id"])
    after = known["successor_issue_id"].where(known["successor_issue_id"].notna(), known["successor_task_id"])
    seen = before.notna() & after.notna() & (before != after)
    frame = pd.DataFrame(
        {"name": known["dependency_id"], "before": before, "after": after, "kind": known["dependency_type"],
         "lag": known["lag_days"].fillna(0).astype(int), "before_key": known["predecessor_key"],
         "after_key": known["successor_key"]}
    ).loc[seen]  # fmt: skip
    return [{str(name): value for name, value in row.items()} for row in frame.sort_values("name").to_dict("records")]


def _downstream(across: list[dict[str, Any]], within: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those whose predecessor waits, directly or by others, for another project."""
    onward: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in within:
        onward[row["before"]].append(row)
    waiting, kept = [row["after"] for row in across], []
    seen = set(waiting)
    while waiting:
        for row in onward.pop(waiting.pop(), ()):
            kept.append(row)
            if row["after"] not in seen:
                seen.add(row["after"])
                waiting.append(row["after"])
    return kept


def _issues(issues: pd.DataFrame, limit: int, open_counts: Mapping[str, int], named: set[str]) -> dict[str, Package]:
    """Of these issues those that were there and not done at the end of the day."""
    created, done, started = (days_of(issues[name]) for name in ("created_at", "done_at", "started_at"))
    is_open = (created <= limit) & ((done == _NO_DAY) | (done > limit))
    is_open &= ~issues["is_deleted"].fillna(False).to_numpy(dtype=bool)
    is_leaf = issues["is_leaf"].fillna(False).to_numpy(dtype=bool)
    is_begun = (started != _NO_DAY) & (started <= limit)
    frame = issues.assign(is_leaf=is_leaf, is_begun=is_begun).loc[is_open]
    leaves = frame.loc[frame["is_leaf"]]
    begun = leaves.groupby("project_id")["is_begun"].sum().to_dict()
    held = leaves.groupby("epic_id").size().to_dict()
    found = {}
    frame = frame.loc[frame["issue_id"].isin(named), ["issue_id", "project_id", "is_leaf", "is_begun"]]
    for row in frame.sort_values("issue_id").itertuples(index=False):
        project = str(row.project_id)
        number = open_counts.get(project, 1)
        items = 1 if row.is_leaf else max(1, int(held.get(row.issue_id, 1)))
        first = min(1.0, begun.get(project, 0) / number)
        span = (0.0, 1.0) if items > 1 else (0.0, max(first, 1.0 / number)) if row.is_begun else (min(first, 0.99), 1.0)
        found[str(row.issue_id)] = Package(str(row.issue_id), project, min(1.0, items / number), span, items)
    return found


def _tasks(tasks: pd.DataFrame, limit: int, day: int) -> dict[str, Package]:
    """Tasks that were not finished by the day; their place in the project's time is that in its plan."""
    known = tasks.loc[(days_of(tasks["recorded_at"]) <= limit) & tasks["project_id"].notna()]
    over = days_of(known["actual_finish_on"])
    known = known.loc[(over == _NO_DAY) | (over > limit)]
    begins, ends = days_of(known["early_start_on"]) - 1, days_of(known["early_finish_on"])
    known = known.assign(begins=np.maximum(begins - day, 0), ends=np.maximum(ends - day, 0))
    last = known.groupby("project_id")["ends"].max().to_dict()
    found = {}
    for row in known.sort_values("task_id").itertuples(index=False):
        whole = max(1.0, float(last[row.project_id]))
        place = float(row.ends) / whole
        share = max(0.0, float(row.ends - row.begins) / whole)
        found[str(row.task_id)] = Package(str(row.task_id), str(row.project_id), share, (place, place))
    return found
