"""Makes forecasts keep their promises: conformal quantiles of past misses, with open cases as censored data.

A forecast is corrected by the ratio of what happened to what was predicted, over past origins (rolling
conformal prediction: Vovk, Gammerman and Shafer 2005; Xu and Xie 2021 for time series). Three things make
it fit finish dates. (1) Many outcomes are still open: they count as "longer than watched so far", in a
censored regression (Tobin 1958; fitted by EM) and in a Kaplan-Meier curve (1958) of the residuals, instead
of being dropped. (2) Series are pooled: the regression on the pool says how the miss depends on what was
known; a subject's own residuals weigh more in its curve (weighted conformal: Tibshirani et al. 2019).
(3) Residuals are taken out of fold by subject, so that no subject's own past flatters its spread
(split conformal: Papadopoulos 2002). With little history the curve rests on a declared prior.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr, ndtr, ndtri

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

OWN_WEIGHT = 5.0  # of a subject's own residuals beside those of others
OWN_SHARE = 0.75  # a subject of n origins weighs n to the power 1 - 0.75: its origins end with the same event
UNRESOLVED = 30.0  # how much firmer the prior stands while no subject at all has come to its end
FOLDS, EM_STEPS = 5, 60
_PRIOR_POINTS = 21


@dataclass(frozen=True)
class Prior:
    """What is believed of a log ratio before any of the past is seen; weights in units of one subject, one origin."""

    spread: float = 0.8  # near the residual spread of item counts on the 29 real projects
    spread_weight: float = 4.0
    centre_precision: float = 1.0  # ridge of the centre towards "the engine is right"
    slope_precision: float = 4.0  # ridge on how the miss depends on what was known
    curve_weight: float = 3.0  # of the prior's residuals beside those of the past


@dataclass(frozen=True)
class Past:
    """What past forecasts missed by: log(actual / predicted), a lower bound where not yet observed."""

    log_ratio: FloatArray
    observed: BoolArray
    design: FloatArray  # what was known at the origin; the first column is 1
    subject: IntArray


@dataclass(frozen=True)
class Curve:
    """A distribution of residuals: a step curve as far as the data reach, a normal tail beyond."""

    points: FloatArray
    levels: FloatArray  # cumulative probability at the middle of each point's step
    reach: float  # cumulative probability that the data support
    spread: float

    def quantile(self, level: float) -> float:
        if level <= self.levels[-1]:
            return float(np.interp(level, self.levels, self.points))
        return float(self.points[-1] + self.spread * (ndtri(level) - ndtri(self.levels[-1])))

    def cdf(self, value: float) -> float:
        if value <= self.points[-1]:
            return float(np.interp(value, self.points, self.levels, left=0.0))
        return float(ndtr(ndtri(self.levels[-1]) + (value - self.points[-1]) / self.spread))


@dataclass(frozen=True)
class Conformal:
    """A fitted calibration: where the miss is centred, and its residual curve for any subject."""

    coefficients: FloatArray
    spread: float
    residuals: FloatArray
    observed: BoolArray
    weights: FloatArray
    subject: IntArray
    prior: Prior

    def centre(self, design: FloatArray) -> FloatArray:
        return np.asarray(design @ self.coefficients, dtype=np.float64)

    def curve(self, subject: int) -> Curve:
        """The residual curve for one subject (-1 for one without a past)."""
        own = np.where(self.subject == subject, OWN_WEIGHT, 1.0)
        prior = (np.arange(_PRIOR_POINTS) + 0.5) / _PRIOR_POINTS
        return kaplan_meier(
            np.concatenate([self.residuals, self.spread * ndtri(prior)]),
            np.concatenate([self.observed, np.ones(_PRIOR_POINTS, dtype=np.bool_)]),
            np.concatenate([self.weights * own, np.full(_PRIOR_POINTS, self.prior.curve_weight / _PRIOR_POINTS)]),
            self.spread,
        )


def normal_curve(spread: float) -> Curve:
    """What an engine says of itself, uncalibrated: for comparison only."""
    levels = (np.arange(199) + 0.5) / 199
    return Curve(np.asarray(spread * ndtri(levels)), levels, 1.0, spread)


def kaplan_meier(values: FloatArray, observed: BoolArray, weights: FloatArray, spread: float) -> Curve:
    """The weighted product-limit curve; at ties events come before censorings."""
    order = np.lexsort((~observed, values))
    values, observed, weights = values[order], observed[order], weights[order]
    at_risk = np.cumsum(weights[::-1])[::-1]
    survival = np.cumprod(np.where(observed, 1.0 - weights / np.maximum(at_risk, 1e-12), 1.0))
    reached = 1.0 - survival[observed]
    middle = reached - np.diff(np.concatenate([[0.0], reached])) / 2.0
    points, last = np.unique(values[observed][::-1], return_index=True)
    levels = np.clip(middle[::-1][last], 1e-6, 1.0 - 1e-6)
    return Curve(points, np.maximum.accumulate(levels), float(reached[-1]), spread)


def calibrate(past: Past, prior: Prior) -> Conformal:
    """Fits the regression on everything, and takes the residuals out of fold by subject."""
    _, index, number = np.unique(past.subject, return_inverse=True, return_counts=True)
    weights = np.asarray(number.astype(np.float64)[index] ** -OWN_SHARE, dtype=np.float64)
    prior = _firmer(prior, len(np.unique(past.subject[past.observed])))
    coefficients, spread = _fit(past.log_ratio, past.observed, past.design, weights, prior)
    residuals = past.log_ratio - past.design @ coefficients
    if len(number) >= FOLDS:
        for fold in range(FOLDS):
            out = index % FOLDS == fold
            other, _ = _fit(past.log_ratio[~out], past.observed[~out], past.design[~out], weights[~out], prior)
            residuals[out] = past.log_ratio[out] - past.design[out] @ other
    return Conformal(coefficients, spread, residuals, past.observed, weights, past.subject, prior)


def _firmer(prior: Prior, resolved: int) -> Prior:
    """Lower bounds alone, all ending with the same unfinished subjects, must not push the centre by themselves."""
    return replace(prior, centre_precision=prior.centre_precision * (1.0 + UNRESOLVED / (1.0 + resolved) ** 2))


def _fit(
    y: FloatArray, observed: BoolArray, design: FloatArray, weights: FloatArray, prior: Prior
) -> tuple[FloatArray, float]:
    """Normal regression with right-censored responses by EM, ridge towards zero; a fixed number of steps."""
    width = design.shape[1]
    precision = np.diag(np.concatenate([[prior.centre_precision], np.full(width - 1, prior.slope_precision)]))
    weighted = design * weights[:, None]
    gram, total = weighted.T @ design, float(weights.sum())
    beta: FloatArray = np.zeros(width)
    sigma = prior.spread
    for _ in range(EM_STEPS):
        mean = design @ beta
        score = (y - mean) / sigma
        hazard = np.exp(-0.5 * score**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-score))
        expected = np.where(observed, y, mean + sigma * hazard)
        variance = np.where(observed, 0.0, sigma**2 * np.clip(1.0 + score * hazard - hazard**2, 0.0, 1.0))
        beta = np.asarray(np.linalg.solve(gram / sigma**2 + precision, weighted.T @ expected / sigma**2))
        missed = float(np.sum(weights * ((expected - design @ beta) ** 2 + variance)))
        sigma = float(np.sqrt((missed + prior.spread_weight * prior.spread**2) / (total + prior.spread_weight)))
    return beta, sigma


def interval_scale(
    actual: FloatArray, predicted: FloatArray, levels: tuple[float, ...], independent: int
) -> FloatArray:
    """Split conformal factors for counts: quantiles of (actual + 1) / (predicted + 1), for misses that grow with size.

    Each level moves outwards by (n + 1) / n, n being the number of origins: the misses of one origin go together.
    """
    ratio = (np.asarray(actual, dtype=np.float64) + 1.0) / (np.asarray(predicted, dtype=np.float64) + 1.0)
    wider = (independent + 1.0) / independent
    moved = [
        level if level == 0.5 else level * wider if level > 0.5 else 1.0 - (1.0 - level) * wider for level in levels
    ]
    return np.asarray(np.quantile(ratio, np.clip(moved, 0.0, 1.0)), dtype=np.float64)
