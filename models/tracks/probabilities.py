"""Scores of probabilities that keep to the clusters' bootstrap cheaply: AUC, Brier, calibration error."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from models.tracks.track import IntArray, Score, clustered

FloatArray = npt.NDArray[np.float64]
BINS = 10


class Auc:
    """Chance that a random case that happened was given more than one that did not, ties half (Mann-Whitney).

    The order is found once; a draw of the bootstrap only counts how often each row is in it.
    """

    def __init__(self, happened: FloatArray, said: FloatArray) -> None:
        order = np.argsort(said, kind="stable")
        self._happened, self._order = happened[order], order
        self._ties = np.flatnonzero(np.concatenate([[True], np.diff(said[order]) > 0])) if len(said) else order

    def __call__(self, rows: IntArray) -> float:
        weight = np.bincount(rows, minlength=len(self._order))[self._order].astype(np.float64)
        yes = np.add.reduceat(weight * self._happened, self._ties)
        no = np.add.reduceat(weight * (1.0 - self._happened), self._ties)
        pairs = yes.sum() * no.sum()
        below = np.cumsum(no) - no
        return float((yes * (below + no / 2.0)).sum() / pairs) if pairs > 0 else float("nan")


class Brier:
    """Mean squared difference between probability and outcome (Brier 1950)."""

    def __init__(self, happened: FloatArray, said: FloatArray) -> None:
        self._missed = (said - happened) ** 2

    def __call__(self, rows: IntArray) -> float:
        return float(self._missed[rows].mean()) if len(rows) else float("nan")


class CalibrationError:
    """Expected calibration error (Naeini et al. 2015; Guo et al. 2017): |share - mean probability| by bin of the
    probability, weighted by rows. Ten bins of equal width, or with `equal_count` of equally many rows."""

    def __init__(self, happened: FloatArray, said: FloatArray, *, equal_count: bool = False) -> None:
        inner = np.linspace(0, 1, BINS + 1)[1:-1]
        edges = np.unique(np.quantile(said, inner)) if equal_count and len(said) else inner
        self._place = np.searchsorted(edges, said, side="left")
        self._over = said - happened

    def __call__(self, rows: IntArray) -> float:
        total = np.bincount(self._place[rows], weights=self._over[rows], minlength=BINS)
        return float(np.abs(total).sum() / len(rows)) if len(rows) else float("nan")


def probability_scores(
    happened: FloatArray, said: FloatArray, clusters: Sequence[object], seed: int
) -> dict[str, Score]:
    """The scores of one forecaster's probabilities, each with its interval."""
    statistics: dict[str, Callable[[IntArray], float]] = {
        "auc": Auc(happened, said),
        "brier": Brier(happened, said),
        "ece": CalibrationError(happened, said),
        "ece_equal_count": CalibrationError(happened, said, equal_count=True),
    }
    return {name: clustered(statistic, clusters, seed) for name, statistic in statistics.items()}
