"""The engine: a negative binomial count whose rate drifts, fitted to all resolved cases of one horizon.

The mean is a weighted geometric mean of the series' rates over the last weeks, months and year, so a rate may fall
back towards its past; its overdispersion (Cameron and Trivedi 1998: variance = mean + dispersion x mean^2) depends on
how unevenly the series went and how long it has been quiet. All coefficients lean on a declared prior, which speaks
alone while nothing has been resolved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import minimize
from scipy.special import digamma, gammaln
from scipy.stats import nbinom

FloatArray = npt.NDArray[np.float64]

RATES = ("rate_4", "rate_13", "rate_26", "rate_52", "rate_all")
FLOOR = 0.1  # items a week added to every rate, so that a quiet series keeps a logarithm
PRIOR_MEAN = np.array([0.0, 0.2, 0.4, 0.2, 0.1, 0.1, 0.0])
PRIOR_SPREAD = np.array([-1.2, -0.1, 0.2, 0.1, 0.0, -0.2])
PRECISION = 20.0  # of each coefficient's prior, in cases
MOST_DISPERSED = 30.0


@dataclass(frozen=True)
class Engine:
    """Fitted coefficients of the log mean and of the log dispersion."""

    mean: FloatArray
    spread: FloatArray

    def parameters(self, cases: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
        """Mean and dispersion of each case's count."""
        design, spread = designs(cases)
        log_mean = np.log(cases["horizon"].to_numpy(dtype=np.float64)) + design @ self.mean
        return np.exp(np.clip(log_mean, -7.0, 12.0)), np.exp(
            np.clip(spread @ self.spread, -5.0, np.log(MOST_DISPERSED))
        )


def designs(cases: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """What the mean and the dispersion depend on; the first column of each is 1."""
    rates = np.log(cases[list(RATES)].to_numpy(dtype=np.float64) + FLOOR)
    quiet = np.log1p(cases["quiet"].to_numpy(dtype=np.float64))
    uneven = np.log(cases["unevenness"].to_numpy(dtype=np.float64) + 0.05)
    age = np.log(cases["origin"].to_numpy(dtype=np.float64) / 52.0)
    one = np.ones(len(cases))
    drift = np.abs(rates[:, 0] - rates[:, 2])
    return (
        np.column_stack([one, rates, quiet]),
        np.column_stack([one, rates[:, 1], uneven, quiet, drift, age]),
    )


def fit(cases: pd.DataFrame) -> Engine:
    """Penalised maximum likelihood from the prior; the same cases always end at the same coefficients."""
    if not len(cases):
        return Engine(PRIOR_MEAN, PRIOR_SPREAD)
    design, spread = designs(cases)
    offset = np.log(cases["horizon"].to_numpy(dtype=np.float64))
    actual = cases["actual"].to_numpy(dtype=np.float64)
    prior = np.concatenate([PRIOR_MEAN, PRIOR_SPREAD])
    width = len(PRIOR_MEAN)

    def loss(both: FloatArray) -> tuple[float, FloatArray]:
        mean = np.exp(np.clip(offset + design @ both[:width], -7.0, 12.0))
        size = np.exp(-np.clip(spread @ both[width:], -5.0, np.log(MOST_DISPERSED)))
        likelihood = (
            gammaln(actual + size) - gammaln(size) + size * np.log(size / (size + mean))
            + actual * np.log(mean / (size + mean))
        )  # fmt: skip
        by_mean = (actual - mean) * size / (size + mean)
        by_spread = -size * (
            digamma(actual + size) - digamma(size) + np.log(size / (size + mean)) + (mean - actual) / (size + mean)
        )
        gap = both - prior
        slope = np.concatenate([design.T @ by_mean, spread.T @ by_spread])
        return (
            float(-np.sum(likelihood) + PRECISION / 2 * gap @ gap),
            np.asarray(-slope + PRECISION * gap, dtype=np.float64),
        )

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    return Engine(np.asarray(found[:width]), np.asarray(found[width:]))


def cumulative(mean: FloatArray, dispersion: FloatArray, count: FloatArray) -> tuple[FloatArray, FloatArray]:
    """P(less than `count`) and P(at most `count`)."""
    size = 1.0 / dispersion
    share = size / (size + mean)
    upper = nbinom.cdf(count, size, share)
    return np.asarray(np.where(count > 0, nbinom.cdf(count - 1.0, size, share), 0.0)), np.asarray(upper)


def quantiles(mean: FloatArray, dispersion: FloatArray, levels: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Counts at the levels (one row a case), and the same on a continuous scale.

    Continuous: of the count plus a uniform draw from (-1/2, 1/2), so that "within the interval" holds for integers as
    often as the levels say, neither always rounded out nor always in.
    """
    size = (1.0 / dispersion)[:, None]
    share = size / (size + mean[:, None])
    count = nbinom.ppf(levels, size, share)
    below = np.where(count > 0, nbinom.cdf(count - 1.0, size, share), 0.0)
    within = (levels - below) / np.maximum(nbinom.cdf(count, size, share) - below, 1e-12)
    return np.asarray(count), np.asarray(np.maximum(count - 0.5 + np.clip(within, 0.0, 1.0), 0.0))
