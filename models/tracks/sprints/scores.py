"""How sprint forecasts are scored: absolute error in units of the spread of differences, intervals, the commitment."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from models.scoring import coverage, pinball
from models.tracks.probabilities import Brier
from models.tracks.sprints.model import LEVELS
from models.tracks.track import IntArray, Score, clustered

FloatArray = npt.NDArray[np.float64]


def spread(differences: FloatArray) -> float:
    """The interquartile range of delivered minus committed; one point where half of all sprints agree.

    It normalises the mean absolute error (NMAE: Choetkiertikul et al., TSE 2018).
    """
    low, high = np.quantile(differences, [0.25, 0.75]) if len(differences) else (0.0, 0.0)
    return max(float(high - low), 1.0)


def sprint_scores(
    actual: FloatArray,
    said: Mapping[float, FloatArray],
    unit: float,
    naive: FloatArray,
    clusters: Sequence[object],
    seed: int,
    kept: tuple[FloatArray, FloatArray] | None = None,
) -> dict[str, Score]:
    """Scores of one forecaster: `said` holds its quantiles of the points delivered, the median at least.

    `mae_to_median` is its absolute error in units of that of `naive`, the median difference for everyone.
    """
    missed, against = np.abs(said[0.5] - actual), np.abs(naive - actual)
    found: dict[str, Callable[[IntArray], float]] = {
        "nmae": lambda rows: float(missed[rows].mean() / unit),
        "mae": lambda rows: float(missed[rows].mean()),
        "mae_to_median": lambda rows: _over(missed[rows].sum(), against[rows].sum()),
    }
    if set(LEVELS) <= set(said):
        low, high = said[0.1], said[0.9]
        found |= {
            "coverage_80": lambda rows: coverage(actual[rows], low[rows], high[rows]),
            "width_80": lambda rows: float((high - low)[rows].mean()),
            "below_p50": lambda rows: float(np.mean(actual[rows] <= said[0.5][rows])),
            "below_p80": lambda rows: float(np.mean(actual[rows] <= said[0.8][rows])),
            "pinball": lambda rows: float(np.mean([pinball(actual[rows], said[p][rows], p) for p in LEVELS])),
        }
    if kept is not None:
        found["brier_met"] = Brier(*kept)
    return {name: clustered(statistic, clusters, seed) for name, statistic in found.items()}


def _over(missed: float, against: float) -> float:
    return float(missed / against) if against > 0 else float("nan")
