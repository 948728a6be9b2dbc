"""The slip of the next twelve months as a distribution: a forest's weights over past slips, calibrated out of fold.

The levels of the forest are corrected by where outcomes fell of projects and seasons that a fold had not seen (split
conformal: Papadopoulos 2002): a project's own rows never vouch for its interval, nor those reported in the same months,
for a city's projects slip together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.forest import grow, share_above, weighted_quantiles

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

TREES, LEAF, SHARE = 200, 6, 0.5
CLIMATOLOGY = 0.3
FOLDS, SEASONS, FOLD_TREES = 5, 3, 40
LEAST_ROWS = 40
GRID = np.linspace(0.0, 1.0, 201)
PRIOR_ROWS = 30.0  # weight of "the forest's levels are right", in rows
LEAST, MOST = 0.05, 0.95  # no chance is ever told as certainty
PLACES = ("agency", "category", "borough")
COMMON = 12  # rows a value needs to become a column of its own


@dataclass(frozen=True)
class Said:
    """One row a case: quantiles of the slip in days, and the chances that it exceeds each threshold."""

    quantiles: FloatArray
    chances: FloatArray


def slips_ahead(
    known: pd.DataFrame,
    slips: FloatArray,
    project: npt.NDArray[np.object_],
    day: FloatArray,
    ahead: pd.DataFrame,
    levels: FloatArray,
    thresholds: tuple[float, ...],
    seed: int,
) -> Said:
    """Forecasts for the rows of `ahead`, learnt from `known` rows with their slips (from the believed completion)."""
    learnt, asked = encode(known, ahead)
    mass = _mass(project)
    weights = _shy(grow(learnt, slips, mass, seed, trees=TREES, leaf=LEAF, share=SHARE).weights(asked), mass)
    share = _reached(learnt, slips, _apart(project, day), mass, seed)
    mistold = np.nan_to_num(ahead["mistold_days"].to_numpy(dtype=np.float64))[:, None]
    below = 1.0 - share_above(slips, weights, mistold + np.array(thresholds))
    chances = 1.0 - np.interp(below, GRID, share)
    return Said(
        weighted_quantiles(slips, weights, np.interp(levels, share, GRID)) - mistold,
        np.asarray(np.clip(chances, LEAST, MOST), dtype=np.float64),
    )


def _mass(project: npt.NDArray[np.object_]) -> FloatArray:
    """A project with many reports counts for more than one with few, but not in proportion: its rows share events."""
    _, place, number = np.unique(project, return_inverse=True, return_counts=True)
    return np.asarray(number[place].astype(np.float64) ** -0.5)


def _shy(weights: FloatArray, mass: FloatArray) -> FloatArray:
    """A share of the climatology in every answer: a forest of few years takes what they had in common for law."""
    return np.asarray((1.0 - CLIMATOLOGY) * weights + CLIMATOLOGY * mass / mass.sum(), dtype=np.float64)


def _apart(project: npt.NDArray[np.object_], day: FloatArray) -> list[tuple[BoolArray, BoolArray]]:
    """Folds (learnt, held out) in which neither the project nor the season of the held-out rows was seen."""
    fold = np.unique(project, return_inverse=True)[1] % FOLDS
    season = np.searchsorted(np.quantile(day, np.arange(1, SEASONS) / SEASONS), day, side="left")
    return [
        ((fold != number) & (season != part), (fold == number) & (season == part))
        for number in range(FOLDS)
        for part in range(SEASONS)
    ]


def _reached(
    features: FloatArray,
    slips: FloatArray,
    folds: list[tuple[BoolArray, BoolArray]],
    mass: FloatArray,
    seed: int,
) -> FloatArray:
    """For each level of GRID the share of held-out outcomes at or below the forest's quantile."""
    level = np.full(len(slips), np.nan)
    for seen, out in folds:
        if out.any() and seen.sum() >= LEAST_ROWS // 2:
            forest = grow(features[seen], slips[seen], mass[seen], seed, trees=FOLD_TREES, leaf=LEAF, share=SHARE)
            weights = _shy(forest.weights(features[out]), mass[seen])
            below = (slips[seen][None, :] < slips[out][:, None]) * weights
            equal = (slips[seen][None, :] == slips[out][:, None]) * weights
            level[out] = below.sum(axis=1) + equal.sum(axis=1) / 2.0
    told = np.isfinite(level)
    reached = (level[told][None, :] <= GRID[:, None]) @ mass[told] + PRIOR_ROWS * GRID
    return np.asarray(reached / (mass[told].sum() + PRIOR_ROWS))


def encode(known: pd.DataFrame, ahead: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Numbers with gaps at the middle of what is known, and a column for each common place name among it."""
    numbers = [name for name in known.columns if name not in PLACES]
    middle = known[numbers].median().fillna(0.0)
    found = []
    for part in (known, ahead):
        columns = [part[numbers].fillna(middle).to_numpy(dtype=np.float64), part[["last_step"]].isna().to_numpy()]
        for place in PLACES:
            counted = known[place].value_counts()
            names = sorted(counted.index[counted >= COMMON])
            columns.append(part[place].to_numpy()[:, None] == np.array(names, dtype=object)[None, :])
        found.append(np.hstack([column.astype(np.float64) for column in columns]))
    return found[0], found[1]
