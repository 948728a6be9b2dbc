"""How well forecasts came true: coverage, pinball loss, CRPS, Brier score and bias, with open outcomes as censored."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def coverage(actual: FloatArray, low: FloatArray, high: FloatArray) -> float:
    """Share of outcomes within [low, high]."""
    return float(np.mean((actual >= low) & (actual <= high)))


def pinball(actual: FloatArray, quantile: FloatArray, level: float) -> float:
    """Mean quantile loss max(p (y - q), (p - 1)(y - q)) (Koenker and Bassett 1978)."""
    miss = actual - quantile
    return float(np.mean(np.maximum(level * miss, (level - 1.0) * miss)))


def crps_each(actual: FloatArray, draws: FloatArray) -> FloatArray:
    """E|X - y| - E|X - X'| / 2 of draws, one row a forecast (Gneiting and Raftery 2007)."""
    ordered = np.sort(draws, axis=1)
    number = ordered.shape[1]
    rank = 2.0 * np.arange(1, number + 1) - number - 1.0
    spread = (ordered * rank).sum(axis=1) / number**2
    return np.asarray(np.abs(ordered - actual[:, None]).mean(axis=1) - spread, dtype=np.float64)


def crps(actual: FloatArray, draws: FloatArray) -> float:
    """Mean continuous ranked probability score of draws."""
    return float(np.mean(crps_each(actual, draws)))


def brier(happened: FloatArray, probability: FloatArray) -> float:
    """Mean squared difference between probability and outcome (Brier 1950)."""
    return float(np.mean((probability - happened) ** 2))


def bias_days(actual: FloatArray, median: FloatArray) -> float:
    """Median of actual less predicted: positive means that forecasts promise too early."""
    return float(np.median(actual - median))


def censored_levels(levels: FloatArray, observed: BoolArray, probability: FloatArray) -> FloatArray:
    """Share of outcomes at or below each forecast level, by Kaplan-Meier over probability integral transforms.

    An outcome still open enters as "above the level its forecast gave to the time watched so far". A calibrated
    forecaster gives `probability` back. Beyond the last observed level nothing is known: NaN.
    """
    order = np.lexsort((~observed, levels))
    return _shares(levels[order], observed[order], np.ones(len(order)), probability)


def _shares(ordered: FloatArray, events: BoolArray, weights: FloatArray, probability: FloatArray) -> FloatArray:
    """The product-limit shares of levels in order (events before censorings), each counting `weights` times."""
    kept = weights > 0
    ordered, events, weights = ordered[kept], events[kept], weights[kept]
    at_risk = np.cumsum(weights[::-1])[::-1]
    reached = 1.0 - np.cumprod(np.where(events, 1.0 - weights / np.maximum(at_risk, 1e-12), 1.0))
    place = np.searchsorted(ordered, probability, side="right") - 1
    share = np.where(place >= 0, reached[np.maximum(place, 0)] if len(reached) else 0.0, 0.0)
    last = float(ordered[events].max()) if events.any() else 0.0
    known = (probability <= last) | ((len(events) > 0) and bool(events[-1:].all()))
    return np.where(known, share, np.nan)


def clustered_shares(
    levels: FloatArray,
    observed: BoolArray,
    cluster: npt.NDArray[np.int64],
    probability: FloatArray,
    seed: int,
    draws: int = 200,
) -> FloatArray:
    """Censored levels of `draws` bootstrap samples of whole clusters (projects), a row each.

    A cluster drawn twice counts twice (Cameron, Gelbach and Miller 2008), so the levels are put in order only once.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    order = np.lexsort((~observed, levels))
    ordered, events = levels[order], observed[order]
    _, place = np.unique(cluster, return_inverse=True)
    place, number = place[order], int(place.max()) + 1 if len(place) else 0
    found = np.full((draws, len(probability)), np.nan)
    for row in range(draws if number else 0):
        times = np.bincount(rng.integers(0, number, number), minlength=number).astype(np.float64)
        found[row] = _shares(ordered, events, times[place], probability)
    return found


def clustered_interval(
    levels: FloatArray, observed: BoolArray, cluster: npt.NDArray[np.int64], inside: tuple[float, float], seed: int
) -> tuple[float, float]:
    """A 90 % interval of the censored coverage of (low, high], by bootstrap of whole clusters (projects)."""
    found = clustered_shares(levels, observed, cluster, np.array(inside), seed)
    shares = found[:, 1] - found[:, 0]
    bounds = np.nanquantile(shares, [0.05, 0.95]) if np.isfinite(shares).any() else np.array([np.nan, np.nan])
    return float(bounds[0]), float(bounds[1])
