"""Simple forecasts of a weekly series: recent level, smoothed level, last year's, and a distribution around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import nbinom

FloatArray = npt.NDArray[np.float64]

RECENT_WEEKS, SPREAD_WEEKS, YEAR_WEEKS = 13, 26, 52
SMOOTHING = 0.2
DRIFT = 0.05  # standard deviation of the log level a week


def recent(counts: pd.Series, horizon: int, seed: int) -> FloatArray:
    """The mean of the last thirteen weeks, for every week ahead."""
    return np.full(horizon, float(counts.iloc[-RECENT_WEEKS:].mean()))


def smoothed(counts: pd.Series, horizon: int, seed: int) -> FloatArray:
    """Simple exponential smoothing (Brown 1956), begun at the mean of the first thirteen weeks."""
    values = counts.to_numpy(dtype=np.float64)
    level = float(values[:RECENT_WEEKS].mean())
    for value in values[RECENT_WEEKS:]:
        level += SMOOTHING * (value - level)
    return np.full(horizon, level)


def seasonal(counts: pd.Series, horizon: int, seed: int) -> FloatArray:
    """The recent level times last year's ratio of the week (five weeks around it) to the level it had then.

    The ratio is taken half, for one year of a weekly count is mostly chance; without a year it is left out.
    """
    level = recent(counts, horizon, seed)
    values = counts.to_numpy(dtype=np.float64)
    first = len(values) - YEAR_WEEKS
    if first < RECENT_WEEKS:
        return level
    before = values[first - RECENT_WEEKS : first].mean()
    around = np.array([values[max(first + week - 2, 0) : first + week + 3].mean() for week in range(horizon)])
    ratio = around / before if before > 0 else np.ones(horizon)
    return np.asarray(level * np.sqrt(np.clip(ratio, 0.25, 4.0)), dtype=np.float64)


def shapes(counts: pd.Series, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Size and chance of a negative binomial for each week ahead: the smoothed level, and a variance that grows.

    The variance is that of the last half year about its mean, never below a Poisson count's, and more each week by what
    the level may drift.
    """
    level = max(float(smoothed(counts, 1, 0)[0]), 0.1)
    window = counts.iloc[-SPREAD_WEEKS:].to_numpy(dtype=np.float64)
    spread = max(float(np.var(window, ddof=1)), 1.05 * level)
    variance = spread + (DRIFT * level) ** 2 * np.arange(1, horizon + 1)
    chance = level / variance
    return np.asarray(level * chance / (1.0 - chance)), np.asarray(chance)


def at(shape: tuple[FloatArray, FloatArray], levels: FloatArray) -> FloatArray:
    """Weeks by levels: quantiles; `levels` is one row for all weeks, or a row a week."""
    size, chance = shape
    return np.asarray(nbinom.ppf(levels, size[:, None], chance[:, None]), dtype=np.float64)


def reached(shape: tuple[FloatArray, FloatArray], actual: FloatArray) -> FloatArray:
    """The level that each week's outcome had, at the middle of its step."""
    size, chance = shape
    below, upto = nbinom.cdf(actual - 1.0, size, chance), nbinom.cdf(actual, size, chance)
    return np.asarray((below + upto) / 2.0, dtype=np.float64)
