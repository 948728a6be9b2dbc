"""Scores as functions of row positions, the form in which whole clusters can be drawn again (`clustered`)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from models.tracks.track import IntArray

FloatArray = npt.NDArray[np.float64]
Statistic = Callable[[IntArray], float]


def mean_of(values: FloatArray | npt.NDArray[np.bool_]) -> Statistic:
    return lambda rows: float(values[rows].mean())


def ratio_of(values: FloatArray, base: FloatArray) -> Statistic:
    """A sum over a sum, so that single zeros divide nothing."""

    def statistic(rows: IntArray) -> float:
        total = float(base[rows].sum())
        return float(values[rows].sum()) / total if total > 0 else float("nan")

    return statistic


def skill_of(loss: FloatArray, reference: FloatArray) -> Statistic:
    """Share of the reference's loss that is saved; 0 is no better, 1 is perfect."""
    ratio = ratio_of(loss, reference)
    return lambda rows: 1.0 - ratio(rows)


def pinball_each(actual: FloatArray, quantile: FloatArray, level: float) -> FloatArray:
    """Quantile loss of each row (Koenker and Bassett 1978)."""
    miss = actual - quantile
    return np.asarray(np.maximum(level * miss, (level - 1.0) * miss), dtype=np.float64)


def inside(actual: FloatArray, low: FloatArray, high: FloatArray) -> npt.NDArray[np.bool_]:
    """Whether each outcome lies within its interval; the ends belong to it."""
    return np.asarray((actual >= low) & (actual <= high))
