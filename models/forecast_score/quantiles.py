"""A whole distribution from the four quantiles a forecast states: levels of outcomes, quantiles in between, CRPS.

Between p10, p50, p80 and p95 the normal scores are linear in the logarithm of the value; below p10 they fall by 2 per
unit of it, above p95 they go on as between p80 and p95: the rule of `models.backtest.level_of`, for many rows at once.
The CRPS is twice the integral of the pinball loss over all levels (Laio and Tamea 2007; Gneiting and Ranjan 2011), here
the mean over 49 of them.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

FloatArray = npt.NDArray[np.float64]

STATED = (0.10, 0.50, 0.80, 0.95)
GRID = (np.arange(49) + 0.5) / 49
_NORMAL = ndtri(np.array(STATED))
_BELOW = 2.0
_LEAST = 1e-6  # so that equal quantiles stay in order


def levels(stated: FloatArray, actual: FloatArray) -> FloatArray:
    """The probability each row's forecast gave to values up to the outcome; `stated` and `actual` in logarithms."""
    knots = _rising(stated)
    place = (actual[:, None] > knots).sum(axis=1)
    inner = np.clip(place - 1, 0, len(STATED) - 2)
    rows = np.arange(len(knots))
    slope = (_NORMAL[inner + 1] - _NORMAL[inner]) / (knots[rows, inner + 1] - knots[rows, inner])
    within = _NORMAL[inner] + (actual - knots[rows, inner]) * slope
    below = _NORMAL[0] + (actual - knots[:, 0]) * _BELOW
    return np.asarray(ndtr(np.where(place == 0, below, within)), dtype=np.float64)


def quantiles(stated: FloatArray, wanted: FloatArray) -> FloatArray:
    """Rows by levels: the values (logarithms) at other levels than those stated."""
    knots, scores = _rising(stated), ndtri(wanted)
    inner = np.clip(np.searchsorted(_NORMAL, scores, side="right") - 1, 0, len(STATED) - 2)
    share = (scores - _NORMAL[inner]) / (_NORMAL[inner + 1] - _NORMAL[inner])
    within = knots[:, inner] + share[None, :] * (knots[:, inner + 1] - knots[:, inner])
    below = knots[:, :1] + (scores[None, :] - _NORMAL[0]) / _BELOW
    return np.asarray(np.where(scores[None, :] < _NORMAL[0], below, within), dtype=np.float64)


def losses(actual: FloatArray, predicted: FloatArray, level: FloatArray | float) -> FloatArray:
    """Pinball loss of each value (Koenker and Bassett 1978); shapes are broadcast."""
    miss = actual - predicted
    return np.asarray(np.maximum(level * miss, (np.asarray(level) - 1.0) * miss), dtype=np.float64)


def crps(actual: FloatArray, on_grid: FloatArray) -> FloatArray:
    """One row's CRPS each, from its quantiles at GRID; of a single date, said without doubt, it is the distance."""
    return np.asarray(2.0 * losses(actual[:, None], on_grid, GRID[None, :]).mean(axis=1), dtype=np.float64)


def _rising(stated: FloatArray) -> FloatArray:
    return np.asarray(np.maximum.accumulate(stated, axis=1) + _LEAST * np.arange(stated.shape[1])[None, :])
