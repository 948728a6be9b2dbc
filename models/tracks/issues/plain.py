"""What the forecaster is held against: the base rate, and the days that remain, as shares and as a curve."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.tracks.issues.online import expit

FloatArray = npt.NDArray[np.float64]

EDGES = np.array([14.0, 30.0, 60.0, 120.0, 365.0])
_DRAWN = 20.0  # issues' weight of the base rate in each bin
_STEPS = 25


def prior(late: FloatArray, number: int) -> FloatArray:
    """The share of late issues in what was fitted on, for everyone."""
    return np.full(number, float(late.mean()))


def days_remaining(remaining: FloatArray, late: FloatArray, asked: FloatArray) -> FloatArray:
    """The late share of issues with about as many days to go."""
    place = np.searchsorted(EDGES, remaining, side="right")
    number = np.bincount(place, minlength=len(EDGES) + 1)
    slipped = np.bincount(place, weights=late, minlength=len(EDGES) + 1)
    shares = (slipped + _DRAWN * late.mean()) / (number + _DRAWN)
    return np.asarray(shares[np.searchsorted(EDGES, asked, side="right")], dtype=np.float64)


def days_logistic(remaining: FloatArray, late: FloatArray, asked: FloatArray) -> FloatArray:
    """A logistic curve over the logarithm of the days remaining, by Newton's steps with a slight ridge."""
    centre = float(np.log1p(remaining).mean())
    design = np.column_stack([np.ones(len(remaining)), np.log1p(remaining) - centre])
    beta = np.zeros(2)
    for _ in range(_STEPS):
        chance = expit(design @ beta)
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.eye(2)
        beta = beta + np.linalg.solve(curve, design.T @ (late - chance) - beta)
    return expit(beta[0] + beta[1] * (np.log1p(asked) - centre))
