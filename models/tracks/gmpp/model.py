"""The chance of a slip: a ridge logistic regression on nine features, for the past is small.

Some 100 to 130 pairs of years are resolved a year, and one in five slips: what a flexible model finds in so few is
mostly chance. Past slips, costs, names and dates as features, forests and boosting were tried on rolling years and on
projects held out; none told better on both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

LEAST, MOST = 0.05, 0.95  # no chance is ever told as certainty
DEPT_WEIGHT = 15.0  # rows of the general rate behind each department's own
STRENGTH = 0.05  # inverse of the ridge
FEWEST, FEWEST_SLIPS = 40, 8  # resolved rows and slips among them, before anything but their rate is said


def chances(known: pd.DataFrame, happened: FloatArray, ahead: pd.DataFrame) -> FloatArray:
    """P(slip) of each row of `ahead`, learnt from `known` rows whose outcome is known."""
    base = float(happened.mean()) if len(happened) else 0.2
    if len(happened) < FEWEST or happened.sum() < FEWEST_SLIPS:
        return np.full(len(ahead), np.clip(base, LEAST, MOST))
    learnt, asked = _scaled(known, ahead)
    said = _logistic().fit(learnt.to_numpy(), happened).predict_proba(asked.to_numpy())[:, 1]
    return np.asarray(np.clip(said, LEAST, MOST), dtype=np.float64)


def _scaled(known: pd.DataFrame, ahead: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both in units of what is known; a gap stands in the middle."""
    learnt, asked = bent(known), bent(ahead)
    middle, spread = learnt.median().fillna(0.0), learnt.std().replace(0.0, 1.0).fillna(1.0)
    return ((learnt - middle) / spread).fillna(0.0).clip(-4, 4), ((asked - middle) / spread).fillna(0.0).clip(-4, 4)


def bent(rows: pd.DataFrame) -> pd.DataFrame:
    """Months to the end bend: what is due before the next publication slips or is over; the year 2040 does not."""
    months = rows["months_left"]
    return pd.DataFrame(
        {
            "is_overdue": (months < 0).astype(np.float64),
            "due_within_year": months.clip(0, 12),
            "due_within_three": months.clip(12, 36),
            "due_later": np.log1p(months.clip(36, 240) - 36),
            "log_length": np.log1p(rows["length_months"].clip(lower=0)),
            "share_elapsed": rows["share_elapsed"].clip(-1, 2),
            "rag": rows["rag"],
            "dept_rate": rows["dept_rate"],
            "has_past": rows["last_slip_months"].notna().astype(np.float64),
        },
        index=rows.index,
    )


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=STRENGTH, max_iter=500)


def rates_so_far(dept: pd.Series, years: FloatArray, happened: FloatArray, known_year: FloatArray) -> pd.DataFrame:
    """For each row the share of slips among outcomes published by its year: in all, and in its department."""
    found = np.full((len(dept), 2), np.nan)
    codes = pd.factorize(dept)[0]
    for year in np.unique(years):
        seen = np.isfinite(happened) & (known_year <= year)
        rows = np.flatnonzero(years == year)
        if not seen.any():
            continue
        base = float(happened[seen].mean())
        number = np.bincount(codes[seen], minlength=codes.max() + 1)
        slipped = np.bincount(codes[seen], weights=happened[seen], minlength=codes.max() + 1)
        found[rows, 0] = (slipped[codes[rows]] + DEPT_WEIGHT * base) / (number[codes[rows]] + DEPT_WEIGHT) - base
        found[rows, 1] = base
    return pd.DataFrame({"dept_rate": found[:, 0], "year_rate": found[:, 1]}, index=dept.index)
