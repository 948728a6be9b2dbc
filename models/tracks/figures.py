"""What a report shows of any track's predictions: reliability, coverage by horizon, skill, each with its interval.

Reads only the names that `TrackResult` promises: `actual_<what>`, `<forecaster>_<what>` for the probability of what
is 0 or 1, `<forecaster>_<what>_p<level>` for quantiles, `horizon` where forecasts have one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.track import IntArray, Score, clustered

FloatArray = npt.NDArray[np.float64]
BINS = 10
_ACTUAL = "actual_"


@dataclass(frozen=True)
class Shown:
    """One point of a chart: who said it, of what, where it stands, and the figure with its interval."""

    what: str
    forecaster: str
    label: str
    at: float
    rows: int
    score: Score


def events(predictions: pd.DataFrame) -> list[str]:
    """What either happened or not."""
    return [what for what, values in _actuals(predictions) if set(np.unique(values[np.isfinite(values)])) <= {0.0, 1.0}]


def amounts(predictions: pd.DataFrame, forecasters: Sequence[str]) -> list[str]:
    """What was forecast by quantiles."""
    told = [what for what, _ in _actuals(predictions)]
    return [what for what in told if any(levels(predictions, name, what) for name in forecasters)]


def levels(predictions: pd.DataFrame, forecaster: str, what: str) -> dict[float, str]:
    """The quantile columns of a forecaster, by level."""
    form = re.compile(rf"{re.escape(forecaster)}_{re.escape(what)}_p(\d\d)")
    found = {match[1]: column for column in predictions.columns if (match := form.fullmatch(str(column)))}
    return {int(level) / 100: found[level] for level in sorted(found)}


def reliability(predictions: pd.DataFrame, forecasters: Sequence[str], seed: int) -> list[Shown]:
    """Share that happened against the probability given, in ten bins of equally many rows."""
    found = []
    for what, name, said, happened, rows in _probabilities(predictions, forecasters):
        for bin_rows in _bins(said):
            score = clustered(_Mean(happened[bin_rows]), rows["cluster"].iloc[bin_rows].tolist(), seed)
            found.append(Shown(what, name, "", float(said[bin_rows].mean()), len(bin_rows), score))
    return found


def coverage(predictions: pd.DataFrame, forecasters: Sequence[str], seed: int) -> list[Shown]:
    """Share of outcomes within each central interval, by horizon; `at` is the share that the interval claims."""
    found = []
    for name, what, pair, columns in _intervals(predictions, forecasters):
        for horizon, part in _horizons(predictions.dropna(subset=[f"{_ACTUAL}{what}", *columns])):
            actual, low, high = (part[c].to_numpy(dtype=np.float64) for c in (f"{_ACTUAL}{what}", *columns))
            inside = ((actual >= low) & (actual <= high)).astype(np.float64)
            score = clustered(_Mean(inside), part["cluster"].tolist(), seed)
            found.append(Shown(what, name, horizon, round(pair[1] - pair[0], 4), len(part), score))
    return found


def skill(predictions: pd.DataFrame, forecasters: Sequence[str], seed: int) -> list[Shown]:
    """Share of each other forecaster's loss that the first one saves, on the rows both answered.

    The loss is the squared error of a probability (Brier), the absolute error of a median. `at` is no skill: 0.
    """
    found = []
    for what, _ in _actuals(predictions):
        first = _loss(predictions, forecasters[0], what)
        for other in forecasters[1:]:
            against = _loss(predictions, other, what)
            if first is None or against is None or not (both := np.isfinite(first) & np.isfinite(against)).any():
                continue
            score = clustered(_Saved(first[both], against[both]), predictions["cluster"][both].tolist(), seed)
            found.append(Shown(what, other, f"against {other}", 0.0, int(both.sum()), score))
    return found


def _actuals(predictions: pd.DataFrame) -> Iterator[tuple[str, FloatArray]]:
    for column in predictions.columns:
        if str(column).startswith(_ACTUAL) and pd.api.types.is_numeric_dtype(predictions[column]):
            yield str(column).removeprefix(_ACTUAL), predictions[column].to_numpy(dtype=np.float64)


def _probabilities(
    predictions: pd.DataFrame, forecasters: Sequence[str]
) -> Iterator[tuple[str, str, FloatArray, FloatArray, pd.DataFrame]]:
    for what in events(predictions):
        for name in forecasters:
            if f"{name}_{what}" in predictions.columns:
                rows = predictions.dropna(subset=[f"{name}_{what}", f"{_ACTUAL}{what}"])
                said, happened = (rows[c].to_numpy(dtype=np.float64) for c in (f"{name}_{what}", f"{_ACTUAL}{what}"))
                yield what, name, said, happened, rows


def _bins(said: FloatArray) -> list[IntArray]:
    """Row positions by deciles of what was said; equal probabilities stay together."""
    edges = np.unique(np.quantile(said, np.linspace(0, 1, BINS + 1)[1:-1])) if len(said) else said
    place = np.searchsorted(edges, said, side="left")
    return [np.flatnonzero(place == number) for number in np.unique(place)]


def _intervals(
    predictions: pd.DataFrame, forecasters: Sequence[str]
) -> Iterator[tuple[str, str, tuple[float, float], tuple[str, str]]]:
    for name in forecasters:
        for what in amounts(predictions, [name]):
            columns = levels(predictions, name, what)
            for low in columns:
                high = next((level for level in columns if abs(level + low - 1.0) < 1e-9 and level > low), None)
                if high is not None:
                    yield name, what, (low, high), (columns[low], columns[high])


def _horizons(rows: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    if "horizon" not in rows.columns:
        yield "all", rows
        return
    for horizon, part in rows.groupby("horizon"):
        yield f"{horizon:g}" if isinstance(horizon, int | float) else str(horizon), part


def _loss(predictions: pd.DataFrame, forecaster: str, what: str) -> FloatArray | None:
    actual = predictions[f"{_ACTUAL}{what}"].to_numpy(dtype=np.float64)
    if what in events(predictions) and f"{forecaster}_{what}" in predictions.columns:
        said = predictions[f"{forecaster}_{what}"].to_numpy(dtype=np.float64)
        return np.asarray((said - actual) ** 2, dtype=np.float64)
    median = levels(predictions, forecaster, what).get(0.5)
    return None if median is None else np.abs(predictions[median].to_numpy(dtype=np.float64) - actual)


@dataclass(frozen=True)
class _Mean:
    values: FloatArray

    def __call__(self, rows: IntArray) -> float:
        return float(self.values[rows].mean()) if len(rows) else float("nan")


@dataclass(frozen=True)
class _Saved:
    first: FloatArray
    against: FloatArray

    def __call__(self, rows: IntArray) -> float:
        lost = float(self.against[rows].sum())
        return 1.0 - float(self.first[rows].sum()) / lost if lost > 0 else float("nan")
