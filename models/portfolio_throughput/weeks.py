"""Completed leaf items of the whole portfolio a week, whole weeks only."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.schedule_slip.events import OPEN, day_of, effective_days, rewind


def weekly_completions(tables: Tables, as_of: date) -> tuple[pd.Series, date]:
    """Counts by Monday up to the last whole week that any source knows, and the day up to which it is known."""
    projects = tables["dim_project"]
    projects = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)]
    days = effective_days(projects, as_of)
    known = int(days.max()) if len(days) else int(np.datetime64(as_of, "D").astype(np.int64))
    effective = dict(zip(projects["project_id"].astype(str), days.tolist(), strict=True))
    issues = rewind(tables["dim_issue"], effective)
    done = issues.loc[(issues["closed"] < OPEN) & ~issues["cancelled"], "closed"].to_numpy(dtype=np.int64)
    last = (known + 1 + 3) // 7  # weeks from Monday, counted from 1969-12-29; `last` is the first that is not whole
    weeks = (done + 3) // 7
    weeks = weeks[weeks < last]
    if not len(weeks):
        return pd.Series(dtype=np.int64), day_of(known)
    first = int(weeks.min())
    counts = np.bincount(weeks - first, minlength=last - first)
    mondays = pd.to_datetime(np.arange(first, last) * 7 - 3, unit="D")
    return pd.Series(counts, index=pd.DatetimeIndex(mondays)), day_of(known)
