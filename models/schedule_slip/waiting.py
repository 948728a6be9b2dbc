"""Which open issues wait for which other open issue, so that who reads of a risk also reads whom to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import days_of

INPUTS = ("predecessor_issue_id", "successor_issue_id", "recorded_at")
COLUMNS = ["issue_id", "issue_key", "project_id", "is_leaf", "blocker_project_id", "blocker"]
_NO_DAY = np.iinfo(np.int64).min
MOST_LETTERS = 60  # of a summary


def waiting(tables: Tables, until: Mapping[str, int]) -> pd.DataFrame:
    """A row a waiting issue and what it waits for, the oldest blocker first, as known at the end of each project's day.

    A link counts from the day on which it is on record, and while both its ends are open by the day of the project
    that waits. What we may not see, or is gone, is not told. That the warehouse holds links as last seen, without
    their past, is why no chance can be learned from them.
    """
    links = tables.get("fct_dependency")
    if links is None or not len(links):
        return pd.DataFrame(columns=COLUMNS)
    links = links.loc[links["predecessor_issue_id"].notna() & links["successor_issue_id"].notna()]
    issues = _issues(tables["dim_issue"])
    found = links[list(INPUTS)].merge(issues, left_on="successor_issue_id", right_on="issue_id")
    found = found.merge(issues.add_prefix("blocker_"), left_on="predecessor_issue_id", right_on="blocker_issue_id")
    for end in ("", "blocker_"):
        found = found.loc[found[f"{end}project_id"].isin(list(until))]
    found = found.loc[found["issue_id"] != found["blocker_issue_id"]]
    limit = found["project_id"].map(dict(until)).to_numpy(dtype=np.int64)
    known = (days_of(found["recorded_at"]) <= limit) & found["recorded_at"].notna().to_numpy()
    for end in ("", "blocker_"):
        known &= (found[f"{end}created"] <= limit) & ((found[f"{end}done"] == _NO_DAY) | (found[f"{end}done"] > limit))
    found = found.loc[known].sort_values(["issue_id", "blocker_created", "blocker_issue_id"], kind="stable")
    found = found.drop_duplicates(["issue_id", "blocker_issue_id"])
    names = [_named(row) for row in found.to_dict("records")]
    return found.assign(blocker=names)[COLUMNS].reset_index(drop=True)


def blockers_of(rows: pd.DataFrame) -> dict[str, str]:
    """Per waiting issue what it waits for: ABC-12 (summary) and 2 more."""
    return {
        str(name): f"{part['blocker'].iloc[0]}{f' and {len(part) - 1} more' if len(part) > 1 else ''}"
        for name, part in rows.groupby("issue_id", sort=True)
    }


def _issues(issues: pd.DataFrame) -> pd.DataFrame:
    alive = issues.loc[~issues["is_deleted"].fillna(False).astype(bool) & issues["created_at"].notna()]
    names = alive[["issue_id", "issue_key", "project_id", "summary"]].astype("object")
    leaf = alive["is_leaf"].fillna(False).astype(bool)
    return names.assign(is_leaf=leaf, created=days_of(alive["created_at"]), done=days_of(alive["done_at"]))


def _named(row: Mapping[Any, Any]) -> str:
    key, summary = row["blocker_issue_key"], row["blocker_summary"]
    name = str(row["blocker_issue_id"] if pd.isna(key) else key)
    if pd.isna(summary) or str(summary) in ("", name):
        return name
    text = str(summary)
    return f"{name} ({text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1].rstrip() + '…'})"
