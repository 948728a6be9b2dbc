"""Turns issue rows into days on which scope arrived and left, as they stood on each project's effective date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

OPEN = np.int64(2**31)  # the day on which an open item closes: later than any day there is
_NO_DAY = np.iinfo(np.int64).min


@dataclass(frozen=True)
class Scope:
    """The leaf items of one subject, in order of arrival; days count from 1970-01-01."""

    created: IntArray
    closed: IntArray  # OPEN where still open on the effective date
    cancelled: BoolArray  # left scope without being done: no throughput
    effective: int

    @property
    def open_count(self) -> int:
        return int((self.closed == OPEN).sum())


def days_of(values: pd.Series) -> IntArray:
    """Whole days since 1970-01-01 of a date or timestamp column; the least integer where there is none."""
    stamps = pd.to_datetime(values).to_numpy().astype("datetime64[D]")
    days: IntArray = stamps.astype(np.int64)
    return days


def day_number(value: object) -> int | None:
    """The same for one value, None for a missing one."""
    stamp = pd.Timestamp(value) if value is not None else pd.NaT  # type: ignore[arg-type]
    return None if pd.isna(stamp) else int(stamp.to_datetime64().astype("datetime64[D]").astype(np.int64))


def day_of(number: int) -> date:
    """The calendar day of a day number."""
    day: date = np.datetime64(int(number), "D").astype(object)
    return day


def effective_days(projects: pd.DataFrame, as_of: date) -> IntArray:
    """Per project the earlier of `as_of` and the day up to which its source is known."""
    limit = int(np.datetime64(as_of, "D").astype(np.int64))
    known = days_of(projects["effective_on"])
    return np.where(known == _NO_DAY, limit, np.minimum(known, limit)).astype(np.int64)


def rewind(issues: pd.DataFrame, effective: dict[str, int]) -> pd.DataFrame:
    """The living leaf issues as they stood at the end of their project's effective date.

    Issues created later are gone and those closed later are open again, so a row recorded after the
    day cannot reach a forecast, however late the table was built.
    """
    alive = issues["is_leaf"].fillna(False).astype(bool) & ~issues["is_deleted"].fillna(False).astype(bool)
    known = issues.loc[alive & issues["project_id"].isin(list(effective)) & issues["created_at"].notna()]
    limit = known["project_id"].map(effective).to_numpy(dtype=np.int64)
    created = days_of(known["created_at"])
    closed = days_of(known["done_at"])
    closed = np.where((closed == _NO_DAY) | (closed > limit), OPEN, np.maximum(closed, created))
    is_open = closed == OPEN
    frame = pd.DataFrame(
        {
            "issue_id": known["issue_id"].astype(str).to_numpy(),
            "project_id": known["project_id"].astype(str).to_numpy(),
            "epic_id": known["epic_id"].astype("object").where(known["epic_id"].notna(), "").astype(str).to_numpy(),
            "created": created,
            "closed": closed,
            "cancelled": known["is_cancelled"].fillna(False).to_numpy(dtype=bool) & ~is_open,
        }
    )
    frame = frame.loc[created <= limit]
    return frame.sort_values(["project_id", "created", "issue_id"], kind="stable", ignore_index=True)


def scope_of(rows: pd.DataFrame, effective: int) -> Scope:
    """The scope arrays of rows already ordered by arrival."""
    return Scope(
        rows["created"].to_numpy(dtype=np.int64),
        rows["closed"].to_numpy(dtype=np.int64),
        rows["cancelled"].to_numpy(dtype=bool),
        effective,
    )
