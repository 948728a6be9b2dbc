"""Calibrates the engine online: at which of its levels past outcomes fell, over the cases resolved by each origin.

A conformal predictive system for counts: a past outcome does not fall at one level but covers the stretch from
P(less) to P(at most) of its forecast (non-randomised probability integral transform: Czado, Gneiting and Held 2009).
The weighted mean of those stretches is the share of outcomes at or below a level; read backwards it says which level
of the engine to quote so that 80 % means 80 % (rolling conformal: Xu and Xie 2021; weighted by likeness: Tibshirani
et al. 2019). A series' own outcomes weigh most, then those of its source, then those of counts of like size; old ones
fade. Where nothing has been resolved the engine's own levels stand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.throughput.cases import STEP
from models.tracks.throughput.engine import cumulative, fit, quantiles

FloatArray = npt.NDArray[np.float64]

GRID = np.linspace(0.0, 1.0, 201)


@dataclass(frozen=True)
class Settings:
    """How far an outcome counts for another case; chosen by rolling origins and held-out series of the visible file."""

    own: float = 6.0  # weight of the series' own outcomes beside others'
    source: float = 2.0  # weight of outcomes of the same source
    fresh: float = 5.0  # weight of outcomes resolved since the training file ended: they show how well it carries over
    size_scale: float = 1.0  # of the log mean: counts unlike in size weigh less
    age_scale: float = 1.0  # of the log age of the series: a young project is not an old one
    fading_days: float = 1095.0  # an outcome that old weighs 1/e
    prior: float = 20.0  # weight of "the engine's levels are right", in outcomes
    overlap: float = 4.0  # weight taken off for each further origin whose window overlaps: they end with the same weeks
    refit_days: int = 91


SETTINGS = Settings()


@dataclass(frozen=True)
class Answer:
    """For each scored case (its index in `cases`): continuous quantiles, and counts that stand for the whole."""

    index: pd.Index
    quantiles: FloatArray
    counts: FloatArray


def forecast(
    cases: pd.DataFrame, sources: list[str], told: FloatArray, drawn: FloatArray, settings: Settings = SETTINGS
) -> Answer:
    """Quantiles at the levels `told` and counts at the levels `drawn` of every scored case."""
    target = cases.loc[cases["is_scored"]]
    blocks = target.groupby(["horizon", target["day"] // settings.refit_days], sort=True)
    found = [
        _block(cases.loc[cases["horizon"] == horizon], part, sources, told, drawn, settings)
        for (horizon, _), part in blocks
    ]
    return Answer(
        pd.Index(np.concatenate([part.index for part in found])),
        np.concatenate([part.quantiles for part in found]),
        np.concatenate([part.counts for part in found]),
    )


def _block(
    cases: pd.DataFrame,
    target: pd.DataFrame,
    sources: list[str],
    told: FloatArray,
    drawn: FloatArray,
    settings: Settings,
) -> Answer:
    """The engine is fitted once a quarter on what was resolved before it; the levels are those of each day."""
    learnt = cases.loc[cases["is_trained"] | (cases["resolved_day"] <= int(target["day"].min()))]
    engine = fit(learnt)
    known = cases.loc[cases["is_trained"] | (cases["resolved_day"] <= int(target["day"].max()))]
    mean, dispersion = engine.parameters(known)
    ahead, spread = engine.parameters(target)
    low, high = cumulative(mean, dispersion, known["actual"].to_numpy(dtype=np.float64))
    weights = _weights(known, np.log(mean + 1.0), target, np.log(ahead + 1.0), np.array(sources), settings)
    # A whole number lies at or below a continuous quantile if the middle of its stretch lies at or below the level.
    middles = (((low + high) / 2.0)[:, None] <= GRID).astype(np.float64)
    stretches = np.clip((GRID - low[:, None]) / np.maximum(high - low, 1e-9)[:, None], 0.0, 1.0)
    shared = settings.overlap * (int(target["horizon"].iloc[0]) / STEP - 1.0)
    _, continuous = quantiles(ahead, spread, _quoted(weights, middles, told, settings.prior, shared))
    counts, _ = quantiles(ahead, spread, _quoted(weights, stretches, drawn, settings.prior, 0.0))
    return Answer(target.index, continuous, counts)


def _weights(
    known: pd.DataFrame,
    size: FloatArray,
    target: pd.DataFrame,
    size_ahead: FloatArray,
    sources: npt.NDArray[np.str_],
    settings: Settings,
) -> FloatArray:
    """What each past outcome weighs for each case, one row a case; nothing where it was not yet known on that day."""
    number, day, age, resolved = (known[name].to_numpy() for name in ("number", "day", "origin", "resolved_day"))
    own, today, old = (target[name].to_numpy()[:, None] for name in ("number", "day", "origin"))
    trained = known["is_trained"].to_numpy(dtype=np.bool_)
    unlike = (
        np.abs(day - today) / settings.fading_days
        + np.abs(size - size_ahead[:, None]) / settings.size_scale
        + np.abs(np.log(age) - np.log(old)) / settings.age_scale
    )
    weights = np.exp(-unlike) * np.where(number == own, settings.own, 1.0)
    weights *= np.where(sources[number] == sources[own], settings.source, 1.0) * np.where(trained, 1.0, settings.fresh)
    return np.asarray(np.where(trained | (resolved <= today), weights, 0.0), dtype=np.float64)


def _quoted(weights: FloatArray, reached: FloatArray, levels: FloatArray, prior: float, shared: float) -> FloatArray:
    """For each case the levels of the engine at or below which the wanted shares of weighted past outcomes lie.

    As in weighted conformal prediction the new outcome is given a weight of its own (`shared`), on the unlucky side:
    below a quantile of the lower half, above one of the upper.
    """
    total = weights.sum(axis=1, keepdims=True) + prior
    share = (weights @ reached + prior * GRID) / total
    wanted = levels + np.where(levels < 0.5, levels - 1.0, np.where(levels > 0.5, levels, 0.0)) * shared / total
    quoted = np.stack([np.interp(level, row, GRID) for level, row in zip(wanted, share, strict=True)])
    return np.asarray(np.clip(quoted, 1e-4, 1.0 - 1e-4), dtype=np.float64)
