"""Working days as numbers: those of the portfolio's calendar, and weekdays beyond its years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.schedule_slip.events import IntArray, days_of

_MONDAY = 4  # 1970-01-05, in days since 1970-01-01


@dataclass(frozen=True)
class Workdays:
    """Turns days since 1970-01-01 into numbers of working days, and back; a day off counts as the next one worked."""

    first: int
    before: IntArray  # working days since `first` before each day of the calendar, and before the day after its last
    days: IntArray  # the working days of the calendar, in order

    def number(self, day: IntArray) -> IntArray:
        """Working days since `first` before that day."""
        day = np.asarray(day, dtype=np.int64)
        last = self.first + len(self.before) - 1
        inside = self.before[np.clip(day - self.first, 0, len(self.before) - 1)]
        early = np.minimum(_weekdays(day) - _weekdays(np.int64(self.first)), 0)
        late = np.maximum(_weekdays(day) - _weekdays(np.int64(last)), 0)
        return np.asarray(inside + early + late, dtype=np.int64)

    def day(self, number: IntArray) -> IntArray:
        """The working day of that number."""
        number = np.asarray(number, dtype=np.int64)
        count, last = len(self.days), self.first + len(self.before) - 1
        inside = self.days[np.clip(number, 0, count - 1)] if count else np.zeros_like(number)
        base = np.where(number < 0, _weekdays(np.int64(self.first)), _weekdays(np.int64(last)) - count)
        return np.asarray(np.where((number >= 0) & (number < count), inside, _weekday(base + number)), dtype=np.int64)


def workdays_of(calendar: pd.DataFrame | None, limit: int) -> Workdays:
    """The portfolio's own calendar, with the days off that were told by then; without one every weekday is worked."""
    if calendar is None or not (calendar["calendar_id"] == "default").any():
        return Workdays(_MONDAY, np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64))
    own = calendar.loc[calendar["calendar_id"] == "default"].sort_values("day_on", kind="stable")
    days = days_of(own["day_on"])
    told_later = own["recorded_at"].notna().to_numpy() & (days_of(own["recorded_at"]) > limit)
    worked = np.where(told_later, (days + 3) % 7 < 5, own["is_working_day"].fillna(False).to_numpy(dtype=bool))
    before = np.concatenate([[0], np.cumsum(worked)]).astype(np.int64)
    return Workdays(int(days[0]), before, days[worked])


def _weekdays(day: IntArray | np.int64) -> IntArray:
    """Weekdays from Monday 5 January 1970 up to the day, that day excluded."""
    weeks, rest = np.divmod(np.asarray(day, dtype=np.int64) - _MONDAY, 7)
    return np.asarray(5 * weeks + np.minimum(rest, 5), dtype=np.int64)


def _weekday(number: IntArray) -> IntArray:
    weeks, rest = np.divmod(number, 5)
    return np.asarray(7 * weeks + rest + _MONDAY, dtype=np.int64)
