"""What was known of earlier issues on a given day: counts and late shares, each outcome only once its due date is over.

Whether an issue is late is known on the day after its due date, however late it ends. So the past of a day `t` is every
issue with its due date before `t`; what was merely planned by then is every issue whose date was set before `t`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Tally:
    """Weights of events by group and day, summed up to (not including) any day; with `life`, older ones fade."""

    groups: IntArray
    days: FloatArray
    weights: FloatArray
    life: float | None = None

    def before(self, groups: IntArray, days: FloatArray) -> FloatArray:
        """For each group and day asked: the sum over that group's events on earlier days."""
        if len(self.days) == 0:
            return np.zeros(len(days))
        origin = float(self.days.min())
        order = np.lexsort((self.days, self.groups))
        own, when = self.groups[order], self.days[order]
        faded = 1.0 if self.life is None else np.exp((when - origin) / self.life)
        total = _running(own, self.weights[order] * faded)
        first = np.searchsorted(own, groups, side="left")
        last = _places(own, when, groups, days)
        found = np.where(last > first, total[np.maximum(last - 1, 0)], 0.0)
        if self.life is not None:
            found = found * np.exp(-(days - origin) / self.life)
        return np.asarray(found, dtype=np.float64)


def _running(own: IntArray, weights: FloatArray) -> FloatArray:
    """Sums so far within each group; not over all of them, or rounding would let other groups' later rows show."""
    starts = np.flatnonzero(np.diff(own)) + 1
    return np.concatenate([np.cumsum(part) for part in np.split(weights, starts)])


def _places(own: IntArray, when: FloatArray, groups: IntArray, days: FloatArray) -> IntArray:
    """How many events, in order of group and day, come before each group and day asked."""
    low = when.min()
    high = max(when.max(), days.max() if len(days) else 0.0) - low + 2.0
    inside = own * high + (when - low)
    asked = groups * high + np.clip(days - low, 0.0, high - 1.0)
    return np.asarray(np.searchsorted(inside, asked, side="left"), dtype=np.int64)


def share(late: FloatArray, number: FloatArray, prior: FloatArray, weight: float) -> FloatArray:
    """A late share drawn towards a prior that counts as `weight` issues."""
    return np.asarray((late + weight * prior) / (number + weight), dtype=np.float64)
