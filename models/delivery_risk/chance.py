"""Learns from past landmarks how likely an issue misses its due date, and says which of its traits make it so.

A ridge logistic regression, moved onto observed shares by isotonic regression of predictions for projects that it was
not fitted on (Zadrozny and Elkan 2002). Few, monotone traits: with some hundred issues more would not pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

FEWEST_ISSUES, FEWEST_EACH = 30, 5
FOLDS = 5
TRAITS = ("time_left", "age", "not_started", "in_work", "due_moves", "is_blocked", "late_rate")


@dataclass(frozen=True)
class Chance:
    """A fitted model: standardised traits to log odds, and log odds to a calibrated probability."""

    centre: FloatArray
    scale: FloatArray
    coefficients: FloatArray
    intercept: float
    calibration: Any
    issue_count: int
    late_share: float

    def probability(self, frame: pd.DataFrame) -> FloatArray:
        odds = self.contributions(frame).sum(axis=1) + self.intercept
        return np.asarray(self.calibration.predict(1.0 / (1.0 + np.exp(-odds))), dtype=np.float64)

    def contributions(self, frame: pd.DataFrame) -> FloatArray:
        """Log odds that each trait adds for each row, against the average past landmark."""
        return np.asarray((traits(frame) - self.centre) / self.scale * self.coefficients, dtype=np.float64)


def traits(frame: pd.DataFrame) -> FloatArray:
    """The traits of landmarks as numbers, in the order of TRAITS."""
    rate = frame["late_rate"].to_numpy(dtype=np.float64)
    return np.column_stack(
        [
            np.log1p(np.maximum(frame["days_left"].to_numpy(dtype=np.float64), 0.0)),
            np.log1p(frame["age"].to_numpy(dtype=np.float64)),
            1.0 - frame["is_started"].to_numpy(dtype=np.float64),
            np.log1p(frame["days_started"].to_numpy(dtype=np.float64)),
            np.minimum(frame["due_moves"].to_numpy(dtype=np.float64), 3.0),
            frame["is_blocked"].to_numpy(dtype=np.float64),
            np.log(rate / (1.0 - rate)),
        ]
    )


def learn(frame: pd.DataFrame) -> Chance | None:
    """Fit on decided landmarks (`is_late`, one weight an issue); None where there are too few to learn from."""
    by_issue = frame.groupby("issue_id")["is_late"].max()
    if len(by_issue) < FEWEST_ISSUES or min(by_issue.sum(), (~by_issue).sum()) < FEWEST_EACH:
        return None
    matrix, late = traits(frame), frame["is_late"].to_numpy(dtype=np.int64)
    weights = 1.0 / frame.groupby("issue_id")["day"].transform("size").to_numpy(dtype=np.float64)
    centre = np.average(matrix, axis=0, weights=weights)
    scale = np.sqrt(np.average((matrix - centre) ** 2, axis=0, weights=weights))
    scale = np.where(scale > 1e-9, scale, 1.0)
    scaled = (matrix - centre) / scale
    model = _fitted(scaled, late, weights)
    unseen = _unseen(scaled, late, weights, _groups(frame))
    from sklearn.isotonic import IsotonicRegression

    calibration = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(unseen, late, weights)
    share = float(np.average(late, weights=weights))
    return Chance(centre, scale, model.coef_[0], float(model.intercept_[0]), calibration, len(by_issue), share)


def _fitted(matrix: FloatArray, late: Any, weights: FloatArray) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=1.0, max_iter=200).fit(matrix, late, sample_weight=weights)


def _groups(frame: pd.DataFrame) -> npt.NDArray[np.int64]:
    """A fold a row: whole projects where there are enough of them, else whole issues."""
    name = "project_id" if frame["project_id"].nunique() >= FOLDS else "issue_id"
    return np.asarray(pd.factorize(frame[name], sort=True)[0] % FOLDS, dtype=np.int64)


def _unseen(matrix: FloatArray, late: Any, weights: FloatArray, fold: npt.NDArray[np.int64]) -> FloatArray:
    """What each row is given by a model that has not seen its project."""
    found = np.full(len(late), float(np.average(late, weights=weights)))
    for number in range(FOLDS):
        out = fold == number
        if out.any() and len(np.unique(late[~out])) == 2:
            found[out] = _fitted(matrix[~out], late[~out], weights[~out]).predict_proba(matrix[out])[:, 1]
    return found
