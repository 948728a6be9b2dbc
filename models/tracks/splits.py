"""Which rows are learnt from for which are asked: by time, or by project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.track import IntArray

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Split: TypeAlias = tuple[IntArray, IntArray]

FOLDS = 5
HELD_OUT = "protocol=projects held out"
HELD_OUT_NOTE = (
    f"Group '{HELD_OUT}': the same rows and those before the first outcome, each fitted on the other four fifths of "
    "the projects at all times. It tells of further projects, not of later periods: it has seen which years went badly."
)


def rolling(
    when: FloatArray, known_when: FloatArray, outcome: FloatArray, is_asked: BoolArray, *, least: int
) -> list[Split]:
    """For each time asked about: the rows whose outcome was known by then, and the rows of that time."""
    has = np.isfinite(outcome)
    pairs = [
        (np.flatnonzero(has & (known_when <= now)), np.flatnonzero(is_asked & (when == now)))
        for now in np.unique(when[is_asked])
    ]
    return [(learnt, ahead) for learnt, ahead in pairs if len(learnt) >= least]


def held_out(project: Sequence[object] | npt.NDArray[np.generic], is_asked: BoolArray) -> list[Split]:
    """Five folds of whole projects, by a hash of the name."""
    fold = pd.util.hash_array(np.array([str(name) for name in project], dtype=object)) % np.uint64(FOLDS)
    pairs = [(np.flatnonzero(is_asked & (fold != k)), np.flatnonzero(is_asked & (fold == k))) for k in range(FOLDS)]
    return [(learnt, ahead) for learnt, ahead in pairs if len(learnt) and len(ahead)]
