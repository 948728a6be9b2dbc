"""When work that waited can go on: lags count working days of the waiting side, and nothing begins on a day off."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from models.portfolio.sampling import Days

_ROOM = 64  # days before the portfolio's day that a lead may reach back to


class Calendar:
    """Days from the portfolio's day on; beyond what is known, Monday to Friday go on as in its last week."""

    def __init__(self, working: npt.NDArray[np.bool_], last_day: int) -> None:
        if not working.any():
            raise ValueError("A calendar without a working day cannot time a handover.")
        days = last_day + 2 * _ROOM
        week = working[-7:] if working[-7:].any() else working
        tail = np.resize(week, max(0, days - len(working)))
        head = np.ones(_ROOM, dtype=np.bool_)
        self._worked = np.concatenate([head, working, tail])
        self._kept: dict[tuple[int, bool], tuple[Days, Days]] = {}

    def moved(self, moments: Days, lag: int, begins: bool) -> Days:
        """`moments` plus `lag` working days: when work can begin, or (for a finish that waits) when it is over.

        A moment is the number of days passed; day k lies between k and k + 1. Of a moment within a day off nothing is
        left but that the next working day begins, so the answer is a shift a day, or that beginning.
        """
        shift, floor = self._tables(lag, begins)
        index = (moments + np.float32(_ROOM)).astype(np.int32)
        found = shift.take(index, mode="clip")
        found += moments
        np.maximum(found, floor.take(index, mode="clip"), out=found)
        return found

    @cached_property
    def _passed(self) -> npt.NDArray[np.int64]:
        """Working days that have passed when each day begins."""
        return np.concatenate([[0], np.cumsum(self._worked)[:-1]])

    def _tables(self, lag: int, begins: bool) -> tuple[Days, Days]:
        key = (lag, begins)
        if key not in self._kept:
            days = np.arange(len(self._worked))
            at = np.flatnonzero(self._worked)  # the day on which each working day lies
            wanted = self._passed + lag
            target = at[np.clip(wanted, 0, len(at) - 1)]
            if not begins:  # a finish at the end of the working day before, where nothing more is to be done
                ends = at[np.clip(wanted - 1, 0, len(at) - 1)] + 1
                target = np.where(self._worked, target, ends)
            shift = (target - days).astype(np.float32)
            # within a day off the part of the day that has passed does not count
            floor = np.where(self._worked, -np.inf, target - _ROOM).astype(np.float32)
            self._kept[key] = (np.where(self._worked, shift, shift - 1.0).astype(np.float32), floor)
        return self._kept[key]


def calendars(working: Mapping[str, npt.NDArray[np.bool_]], last_day: int) -> dict[str | None, Calendar]:
    """By name; under None one on which every day is worked."""
    found: dict[str | None, Calendar] = {None: Calendar(np.ones(7, dtype=np.bool_), last_day)}
    found |= {name: Calendar(days, last_day) for name, days in sorted(working.items())}
    return found
