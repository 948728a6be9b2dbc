"""How plans have come true so far: each project's own record, shrunk to the portfolio's.

A length that came out is log(actual / planned); one still running is a lower bound (Tobin 1958). A project has a rate
of its own around the portfolio's (a random intercept: Robinson, Statistical Science 6, 1991), so one with a long record
speaks for itself and a new one by the others'. Fitted by a fixed number of steps of EM.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import log_ndtr

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

# What is believed of plans before any has come true: that they hold, give or take a quarter from project to project and
# a fifth from part to part; each with the weight of four. Widths, not a bias: which way plans miss is left to the data.
BETWEEN, WITHIN, WEIGHT = 0.25, 0.20, 4.0
CENTRE = 0.15  # standard deviation of the portfolio's own rate around "plans hold"
LEAST_WITHIN = 0.2  # parts that all came true alike do not promise that the next one will
STEPS = 30


@dataclass(frozen=True)
class Record:
    """Per project the centre of the log ratio and how sure it is; `within` is the spread from part to part."""

    centre: FloatArray
    doubt: FloatArray  # standard deviation of the centre
    within: float

    def beside(self, ratio: FloatArray, spread: FloatArray) -> Record:
        """With a second opinion of each project's rate (infinite spread: none), each weighing by how sure it is."""
        own, other = 1.0 / self.doubt**2, 1.0 / (spread**2 + self.within**2)
        centre = (own * self.centre + other * np.where(np.isfinite(spread), ratio, 0.0)) / (own + other)
        return Record(np.asarray(centre), np.asarray(1.0 / np.sqrt(own + other)), self.within)


def record_of(log_ratio: FloatArray, observed: BoolArray, project: IntArray, projects: int) -> Record:
    """The record of projects 0 to `projects` - 1, those without any part included."""
    number = np.bincount(project, minlength=projects).astype(np.float64)
    portfolio, own = 0.0, np.zeros(projects)
    between, within, doubt = BETWEEN, WITHIN, np.full(projects, BETWEEN)
    for _ in range(STEPS):
        mean = portfolio + own[project]
        expected, variance = _completed(log_ratio, observed, mean, within)
        miss = np.bincount(project, weights=expected - portfolio, minlength=projects)
        own = miss / (number + (within / between) ** 2)
        portfolio = float(np.sum(expected - own[project]) / (len(project) + (within / CENTRE) ** 2))
        told = 1.0 - variance / within**2  # what a part still running tells, beside one that has ended
        known = np.bincount(project, weights=told, minlength=projects)
        doubt = np.sqrt(1.0 / (known / within**2 + 1.0 / between**2))
        left = (expected - portfolio - own[project]) ** 2 + variance + np.minimum(doubt, within)[project] ** 2
        within = float(np.sqrt((left.sum() + WEIGHT * WITHIN**2) / (len(project) + WEIGHT)))
        seen = number > 0
        spread = float(np.sum((own**2 + doubt**2)[seen]))
        between = float(np.sqrt((spread + WEIGHT * BETWEEN**2) / (seen.sum() + WEIGHT)))
    return Record(portfolio + own, doubt, max(within, LEAST_WITHIN))


def _completed(y: FloatArray, observed: BoolArray, mean: FloatArray, spread: float) -> tuple[FloatArray, FloatArray]:
    """Expected value and variance of each log ratio: of those still running given that they lie above their bound."""
    score = np.clip((y - mean) / spread, -30.0, 30.0)
    hazard = np.exp(-0.5 * score**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(-score))
    expected = np.where(observed, y, mean + spread * hazard)
    variance = np.where(observed, 0.0, spread**2 * np.clip(1.0 + score * hazard - hazard**2, 0.0, 1.0))
    return np.asarray(expected), np.asarray(variance)
