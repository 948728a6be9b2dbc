"""Which issue of the simulated portfolio waits for which, in the shape of `fct_dependency`, from its day on."""

from __future__ import annotations

from typing import Any

import pandas as pd

from connectors.sandbox.portfolio.catalog import BLOCKS, LINK_WORDS


def links_of(world: Any) -> pd.DataFrame:
    """What waits for what, from the day on which the waiting end says so; the simulator takes no link away."""
    names = {issue.key: f"sim:{issue.id}" for issue in world.issues.values()}
    rows = [
        (names[one.to_id], f"sim:{issue.id}", stamp(history.created))
        for issue in world.issues.values()
        for history in issue.histories
        for one in history.changes
        if one.field == "Link" and one.to_string == f"This issue {LINK_WORDS[BLOCKS][1]} {one.to_id}"
    ]
    columns = ["predecessor_issue_id", "successor_issue_id", "recorded_at"]
    empty = dict.fromkeys(("dependency_type", "predecessor_task_id", "successor_task_id", "dependency_id", "lag_days"))
    return pd.DataFrame(rows, columns=columns).assign(**empty | {"dependency_type": "FS", "lag_days": 0})


def stamp(moment: Any) -> pd.Timestamp:
    """UTC without a zone, as the warehouse holds times."""
    return pd.Timestamp(moment).tz_localize(None) if moment.tzinfo is None else pd.Timestamp(moment).tz_convert(None)
