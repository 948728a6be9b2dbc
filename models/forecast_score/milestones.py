"""What became of milestones: the day each was reached, or how long it has been watched; by what is on record today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.milestones import KIND
from models.schedule_slip.plan.told import milestones_of


def milestone_fates(rows: pd.DataFrame, tables: Tables, until: Mapping[str, int]) -> Iterator[tuple[object, ...]]:
    """One a milestone and day of a forecast; the naive is its planned day, which the forecast itself names."""
    known = {one.milestone_id: one for one in milestones_of(tables, until)}
    own = rows.loc[rows["subject_type"] == KIND, ["subject_id", "origin"]].drop_duplicates()
    for name, origin in own.sort_values(["subject_id", "origin"]).itertuples(index=False):
        one = known.get(str(name))
        if one is None or origin >= until[one.project_id]:
            continue
        watched, actual = until[one.project_id] - origin, one.newest.actual
        is_reached = actual is not None and actual <= until[one.project_id]
        days = max(actual - origin, 0) if is_reached and actual is not None else watched
        yield KIND, str(name), origin, watched, np.nan, days, is_reached, days, is_reached
