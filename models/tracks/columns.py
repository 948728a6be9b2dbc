"""What a track may read: declared columns only, readable values only, and no column that tells the outcome.

A file of past cases is full of traps: a later snapshot's figure copied into every earlier row, an id that follows
the outcome, a text where a number should be. A track names the columns it learns from; anything else in the file is
ignored, and what is named is looked at here before it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
_SHARE, _LEAST = 0.999, 20


class TrackDataError(ValueError):
    """The file cannot be judged; the message says which column and what about it."""


def missing(frame: pd.DataFrame, columns: Mapping[str, str]) -> dict[str, str]:
    """The required columns that are not there, each with its meaning."""
    return {name: meaning for name, meaning in columns.items() if name not in frame.columns}


def require(frame: pd.DataFrame, columns: Mapping[str, str]) -> None:
    """Refuse a file in which a required column is missing."""
    gone = missing(frame, columns)
    if gone:
        told = ", ".join(f"{name} ({meaning})" for name, meaning in gone.items())
        raise TrackDataError(f"columns missing: {told}.")


def numbers(frame: pd.DataFrame, column: str, *, gaps: bool = True) -> FloatArray:
    """A column as numbers; an empty cell is NaN where `gaps` are allowed, anything else unreadable is refused."""
    values = pd.to_numeric(frame[column], errors="coerce")
    _refuse(frame[column], values, column, "a number", gaps)
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def days(frame: pd.DataFrame, column: str, *, gaps: bool = False) -> FloatArray:
    """A column of days as whole numbers (days since 1970-01-01), NaN where a gap is allowed."""
    values = pd.to_datetime(frame[column], errors="coerce", format="ISO8601")
    _refuse(frame[column], values, column, "a day such as 2026-01-31", gaps)
    number = (values - pd.Timestamp(0)) // pd.Timedelta(days=1)
    return np.asarray(number.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _refuse(given: pd.Series, read: pd.Series, column: str, kind: str, gaps: bool) -> None:
    wrong = read.isna() & (given.notna() | (not gaps))
    if wrong.any():
        place = int(np.flatnonzero(wrong.to_numpy())[0])
        raise TrackDataError(f"column {column}, row {place}: {given.iloc[place]!r} is not {kind}.")


def refuse_outcome_copies(
    features: pd.DataFrame, outcome: FloatArray, entity: Sequence[object], what: str = "the outcome"
) -> None:
    """Refuse a feature that is the outcome in disguise.

    Two disguises are told: a column that equals the outcome in (nearly) every row, and one that is constant within
    each entity (project) and equals what became of that entity, as where a final figure was written back into the
    entity's earlier rows.
    """
    known = np.isfinite(outcome)
    if known.sum() < _LEAST or len(np.unique(outcome[known])) < 2:
        return
    codes = pd.factorize(pd.Series(list(entity), dtype="object"))[0][known]
    became = outcome[known]
    last = pd.Series(became).groupby(codes).transform("last").to_numpy(dtype=np.float64)
    varied = len(np.unique(codes)) >= _LEAST // 2
    for name in features.columns:
        column = pd.to_numeric(features[name], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)[known]
        copied = _same(column, became)
        constant = bool((pd.Series(column).groupby(codes).nunique() <= 1).all())
        if copied or (varied and constant and _same(column, last)):
            raise TrackDataError(
                f"column {name} equals {what}{' of its project in every row' if constant else ''}: "
                "it was written after the fact and cannot be learnt from."
            )


def _same(column: FloatArray, outcome: FloatArray) -> bool:
    """Equal in nearly every row, the rows of the commonest outcome and the others each by themselves."""
    values, number = np.unique(outcome, return_counts=True)
    common = outcome == values[int(number.argmax())]
    parts = [part for part in (common, ~common) if part.any()]
    return len(parts) == 2 and all(float(np.mean(column[p] == outcome[p])) >= _SHARE for p in parts)
