"""The protocol of a track: a file of past cases in, every prediction and every score out, nobody's clock involved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]
DRAWS = 400


@dataclass(frozen=True)
class Score:
    """A figure over the scored rows, with its 90 % interval by bootstrap of whole clusters (projects)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class TrackResult:
    """What a backtest of one track found.

    `predictions`: one row per scored row of the data (`row`: its position there, from 0), with what tells it apart,
    `cluster`, `horizon` where there are several, what happened (`actual_<what>`) and what each forecaster said:
    `<forecaster>_<what>`, the probability of what is 0 or 1, or `<forecaster>_<what>_p10` and so on, quantiles. The
    report draws what is so named. `scores`: by forecaster (ours first, then the trivial ones it is compared with),
    then by the score's name; `groups` holds the same by source, horizon or community, each named
    `<dimension>=<value>`. `notes` say what a reader of the figures has to know.
    """

    predictions: pd.DataFrame
    scores: Mapping[str, Mapping[str, Score]]
    groups: Mapping[str, Mapping[str, Mapping[str, Score]]] = field(default_factory=dict)
    notes: Sequence[str] = ()


class Track(Protocol):
    """One public benchmark: its file, its forecaster, its scores."""

    name: str
    columns: Mapping[str, str]  # required columns of the file, each with its meaning

    def backtest(self, data: pd.DataFrame, train: pd.DataFrame | None, seed: int) -> TrackResult:
        """Score every row of `data`, each with only what was known at its own time.

        With `train` the model is fitted there, and its rows may serve as earlier history of the same series or
        project. Without, `data` is judged by itself: rolling origins, or projects held out, as `notes` say.
        The same frames and seed give the same result, byte for byte.
        """
        ...


def clustered(
    statistic: Callable[[IntArray], float], clusters: Sequence[object], seed: int, draws: int = DRAWS
) -> Score:
    """A statistic of row positions with its 90 % interval: whole clusters are drawn with replacement.

    Rows of one project end with the same events, so rows drawn singly would make the interval too narrow
    (Cameron, Gelbach and Miller 2008). Draws on which the statistic does not exist (NaN) are left out.
    """
    codes, names = pd.factorize(pd.Series(list(clusters), dtype="object"))
    members = [np.flatnonzero(codes == number) for number in range(len(names))]
    rng = np.random.Generator(np.random.PCG64(seed))
    value = float(statistic(np.arange(len(codes), dtype=np.int64)))
    found = np.array(
        [
            statistic(np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))]))
            for _ in range(draws if len(members) > 1 else 0)
        ]
    )
    found = found[np.isfinite(found)] if len(found) else found
    if len(found) == 0:
        return Score(value, float("nan"), float("nan"))
    low, high = np.quantile(found, [0.05, 0.95])
    return Score(value, float(low), float(high))
