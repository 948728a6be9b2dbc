"""Which leaf issues belong to which subject: a project, an epic or a release, as they stood by a day."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import OPEN, days_of, rewind


def rows_by_subject(tables: Tables, until: Mapping[str, int]) -> dict[tuple[str, str], pd.DataFrame]:
    """The items of every subject, in order of arrival, as they stood at the end of its project's day in `until`."""
    issues = rewind(tables["dim_issue"], dict(until))
    items = release_items(tables, issues, until)
    found = {("project", str(name)): part for name, part in issues.groupby("project_id", sort=True)}
    epics = issues.loc[issues["epic_id"] != ""].groupby("epic_id", sort=True)
    found |= {("epic", str(name)): part for name, part in epics}
    return found | {("release", str(name)): part for name, part in items.groupby("member_id", sort=True)}


def release_items(tables: Tables, issues: pd.DataFrame, until: Mapping[str, int]) -> pd.DataFrame:
    """The stays of items in releases (`member_id`) by then, as scope that came and left.

    What was put in after it was created arrived that day; what was taken out before it was done left scope undone.
    """
    stays = tables.get("int_delivery__issue_membership")
    if stays is None or not len(stays):
        return issues.iloc[:0].assign(member_id="")
    stays = stays.loc[stays["set_name"] == "fix_version", ["issue_id", "member_id", "valid_from", "valid_to"]]
    joined = issues.merge(stays, on="issue_id", how="inner")
    limit = joined["project_id"].map(dict(until)).to_numpy(dtype=np.int64)
    came = days_of(joined["valid_from"])
    gone = np.where(joined["valid_to"].isna(), OPEN, days_of(joined["valid_to"]))
    gone = np.where(gone > limit, OPEN, gone)
    created, closed = np.maximum(joined["created"].to_numpy(), came), joined["closed"].to_numpy()
    joined = joined.assign(
        created=created,
        closed=np.where(np.minimum(closed, gone) == OPEN, OPEN, np.maximum(np.minimum(closed, gone), created)),
        cancelled=joined["cancelled"].to_numpy() | (gone < closed),
    )
    inside = joined.loc[came <= limit, [*issues.columns, "member_id"]]
    order = ["member_id", "created", "issue_id", "closed"]
    return inside.sort_values(order, kind="stable", ignore_index=True)
