"""Quantiles of the weeks ahead, always calibrated on what the same forecast would have missed by before.

A distribution (the negative binomial) is recalibrated: each level is taken where past outcomes really fell (Kuleshov,
Fenner and Ermon 2018), with the nominal levels as a prior. A bare point (the naive, Prophet) gets conformal factors
(`models.calibration.interval_scale`). Neighbouring weeks ahead miss alike; together they are enough.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from models.calibration import FloatArray, interval_scale
from models.portfolio_throughput import levels

Point = Callable[[pd.Series, int, int], FloatArray]

STATED = (0.10, 0.50, 0.80, 0.95)
ORIGIN_STEP = 4  # weeks between past origins
POINT_ORIGINS, ORIGINS = 8, 26
PRIOR = 12.0  # weight of the nominal levels, in origins; with 26 origins chosen of 8 to 52 by CRPS on the real series
FEWEST_ORIGINS, SHORTEST_WEEKS = 3, 13
FARTHEST = 0.01  # no level beyond these is told by so few origins


def past_cuts(length: int, horizon: int, most: int) -> list[int]:
    """Lengths of the history at past origins whose weeks ahead have all been seen, the newest first."""
    cuts = [length - horizon - ORIGIN_STEP * step for step in range(most)]
    return [cut for cut in cuts if cut >= SHORTEST_WEEKS]


def by_distribution(counts: pd.Series, horizon: int) -> FloatArray:
    """Weeks by levels: negative binomial around the smoothed level, recalibrated."""
    values = counts.to_numpy(dtype=np.float64)
    cuts = past_cuts(len(values), horizon, ORIGINS)
    fell = np.stack(
        [levels.reached(levels.shapes(counts.iloc[:cut], horizon), values[cut : cut + horizon]) for cut in cuts]
    )
    moved = np.stack([_where(fell[:, _near(week)], len(cuts)) for week in range(horizon)])
    return levels.at(levels.shapes(counts, horizon), moved)


def by_point(counts: pd.Series, horizon: int, seed: int, predict: Point) -> FloatArray:
    """Weeks by levels: a point, with the factors by which such points have missed."""
    values = counts.to_numpy(dtype=np.float64)
    cuts = past_cuts(len(values), horizon, POINT_ORIGINS)
    past = np.stack([predict(counts.iloc[:cut], horizon, seed) for cut in cuts])
    actual = np.stack([values[cut : cut + horizon] for cut in cuts])
    ahead = predict(counts, horizon, seed)
    rows = []
    for week in range(horizon):
        near = _near(week)
        scale = interval_scale(actual[:, near].ravel(), past[:, near].ravel(), STATED, len(cuts))
        rows.append(np.maximum((ahead[week] + 1.0) * scale - 1.0, 0.0))
    return np.asarray(rows, dtype=np.float64)


def _near(week: int) -> slice:
    return slice(max(0, week - 2), week + 3)


def _where(fell: FloatArray, origins: int) -> FloatArray:
    """The nominal levels that, by where past outcomes fell, hold the stated shares: a weighted quantile."""
    prior = (np.arange(20) + 0.5) / 20
    points = np.concatenate([fell.ravel(), prior])
    weights = np.concatenate([np.full(fell.size, origins / fell.size), np.full(len(prior), PRIOR / len(prior))])
    order = np.argsort(points, kind="stable")
    reached = (np.cumsum(weights[order]) - weights[order] / 2.0) / weights.sum()
    return np.asarray(np.clip(np.interp(STATED, reached, points[order]), FARTHEST, 1.0 - FARTHEST), dtype=np.float64)
