"""Keeps probabilities honest in a community the model never saw: corrected month by month by outcomes known so far.

A logistic regression on top of the model's log-odds (Platt 1999), with further terms for what differs most between
communities, drawn towards "the model is right" (a Gaussian prior, so that few outcomes change little), old outcomes
fading. It is fitted again each month from issues whose due date is over, and used for those dated in that month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
MONTH = 30.0
_STEPS, _HALVINGS, _LEAST_GAIN = 8, 12, 1e-6


@dataclass(frozen=True)
class Prior:
    """How far a correction may go unproven: standard deviations in log-odds, and days over which outcomes fade."""

    level: float = 0.15
    slope: float = 0.05
    term: float = 0.1
    life: float = 400.0


def logit(probability: FloatArray) -> FloatArray:
    kept = np.clip(probability, 1e-4, 1 - 1e-4)
    return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


def expit(value: FloatArray) -> FloatArray:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(value, -30, 30))), dtype=np.float64)


def corrected(
    odds: FloatArray, terms: FloatArray, set_on: FloatArray, due: FloatArray, late: FloatArray, prior: Prior
) -> FloatArray:
    """Probabilities of one community's issues, each with what the issues due before its month had told.

    `odds`: the model's log-odds; `terms`: columns on a common scale, near 0 on average.
    """
    design = np.column_stack([np.ones(len(odds)), odds + 1.5, terms])
    precision = np.concatenate([[prior.level, prior.slope], np.full(terms.shape[1], prior.term)]) ** -2.0
    month = np.floor(set_on / MONTH)
    found = np.empty(len(odds))
    beta = np.zeros(design.shape[1])
    for now in np.unique(month):
        known = due < now * MONTH
        if known.any():
            weight = np.exp(-(now * MONTH - due[known]) / prior.life)
            beta = _Known(design[known], odds[known], late[known], weight, precision).fit(beta)
        asked = month == now
        found[asked] = expit(odds[asked] + design[asked] @ beta)
    return found


@dataclass(frozen=True)
class _Known:
    """What a month's fit has to go on."""

    design: FloatArray
    offset: FloatArray
    late: FloatArray
    weight: FloatArray
    precision: FloatArray

    def fit(self, beta: FloatArray) -> FloatArray:
        """Newton's steps from last month's answer, each halved until it helps."""
        loss = self.loss(beta)
        for _ in range(_STEPS):
            step = self._step(beta)
            halved = next((h for h in range(_HALVINGS) if self.loss(beta + step / 2**h) <= loss), None)
            if halved is None:
                break
            beta, before = beta + step / 2**halved, loss
            loss = self.loss(beta)
            if before - loss < _LEAST_GAIN:
                break
        return beta

    def loss(self, beta: FloatArray) -> float:
        value = self.offset + self.design @ beta
        missed = np.logaddexp(0.0, value) - self.late * value
        return float(self.weight @ missed + 0.5 * self.precision @ beta**2)

    def _step(self, beta: FloatArray) -> FloatArray:
        chance = expit(self.offset + self.design @ beta)
        slope = self.design.T @ (self.weight * (self.late - chance)) - self.precision * beta
        inner = self.weight * chance * (1 - chance)
        curve = (self.design * inner[:, None]).T @ self.design + np.diag(self.precision)
        return np.asarray(np.linalg.solve(curve, slope), dtype=np.float64)
