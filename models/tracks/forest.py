"""A forest that answers with a distribution: past outcomes, weighted by how often they share a leaf with the new case.

Meinshausen (2006), "Quantile regression forests". On a few hundred projects it is steadier than boosting, and from one
fit come the median, every quantile, the chance to exceed any threshold, and the CRPS.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Forest:
    """A fitted forest and the outcomes that its leaves hold."""

    model: Any
    leaves: IntArray
    outcomes: FloatArray
    mass: FloatArray

    def weights(self, features: FloatArray) -> FloatArray:
        """For each new case a weight for every past outcome; each row sums to 1."""
        found = np.zeros((len(features), len(self.outcomes)))
        for tree, reached in enumerate(self.model.apply(features).T):
            same = (reached[:, None] == self.leaves[:, tree][None, :]) * self.mass
            found += same / same.sum(axis=1, keepdims=True)
        return np.asarray(found / found.sum(axis=1, keepdims=True))


def grow(
    features: FloatArray, outcomes: FloatArray, mass: FloatArray, seed: int, *, trees: int, leaf: int, share: float
) -> Forest:
    """Fits on ranks, so that one extreme outcome does not decide the splits; one thread, one seed."""
    from sklearn.ensemble import ExtraTreesRegressor

    order = np.argsort(np.argsort(outcomes, kind="stable"), kind="stable") / max(len(outcomes) - 1, 1)
    model = ExtraTreesRegressor(
        n_estimators=trees, min_samples_leaf=leaf, max_features=share, random_state=seed, n_jobs=1
    )
    model.fit(features, order, sample_weight=mass)
    return Forest(model, np.asarray(model.apply(features), dtype=np.int64), outcomes, mass)


def weighted_quantiles(outcomes: FloatArray, weights: FloatArray, levels: FloatArray) -> FloatArray:
    """Quantiles of the outcomes under each row of weights; `levels` one row for all, or one row a case.

    Between outcomes it interpolates at the middles of their steps, so that no end is pushed out or in.
    """
    order = np.argsort(outcomes, kind="stable")
    ordered = outcomes[order]
    reached = np.cumsum(weights[:, order], axis=1)
    middle = reached - weights[:, order] / 2.0
    asked = np.broadcast_to(levels, (len(weights), levels.shape[-1]))
    return np.array(
        [
            np.interp(level, row[part > 0], ordered[part > 0])
            for level, row, part in zip(asked, middle, weights[:, order], strict=True)
        ]
    )


def share_above(outcomes: FloatArray, weights: FloatArray, thresholds: FloatArray) -> FloatArray:
    """The chances that the outcome exceeds each row's thresholds, before any calibration."""
    return np.asarray(((outcomes > thresholds[:, :, None]) * weights[:, None, :]).sum(axis=2), dtype=np.float64)
