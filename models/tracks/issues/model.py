"""The chance that an issue is late: boosting over what transfers between communities, corrected as outcomes come in.

Boosted trees learn from all communities alike (each weighs as the root of its issues, so that the largest two do not
decide alone). What differs between communities, such as what a shared due date means, is left to the monthly
correction, which learns it from the community's own outcomes. Out of community the trees alone were worse with
those columns than without. In a community that was not fitted on the answer is a pool of both in log-odds: its past
misleads where its habits change, and on communities left out the pool beat either (Brier .105; corrected .111, not
corrected .115), alike for weights of .3 to .5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.issues import online
from models.tracks.issues.features import DOUBTED, LEAST_DAYS, Cases

FloatArray = npt.NDArray[np.float64]

LOCAL = ("same_due", "same_due_share", "in_hand")  # learnt in each community by the correction only
TERMS = (
    *("remaining", "open_for", "no_comment", "no_fixversion_change", "discussion", "same_due", "same_due_share"),
    *("remaining_usual", "late_project", "late_project_60", "late_kind", "late_community_60", "in_hand"),
    *("no_fixversion", "no_issuelink", "no_affectversion", "rank", "is_bug", "is_sub", "is_feature"),
)
COUNTED = ("no_comment", "no_fixversion_change", "discussion", "no_fixversion", "no_issuelink")
SHORT_WEIGHT = 0.5  # of issues nearer to their due date than those judged
CHANCES = (0.01, 0.99)
_MOST = 3.0
COLD_WEIGHT = 0.4
PRIOR = online.Prior()


@dataclass(frozen=True)
class Fitted:
    """The trees, the columns they read, and the scale of the correction's terms."""

    trees: Any
    columns: list[str]
    mean: FloatArray
    spread: FloatArray

    def cold(self, table: pd.DataFrame) -> FloatArray:
        """What the trees say by themselves."""
        said = self.trees.predict_proba(table[self.columns].to_numpy())[:, 1]
        return np.asarray(np.clip(said, *CHANCES), dtype=np.float64)

    def warm(self, table: pd.DataFrame, cases: Cases) -> FloatArray:
        """Corrected in each community by what its earlier issues among these had told.

        Only by those judged: an issue dated for tomorrow tells little of one dated for next month.
        """
        said = self.cold(table)
        terms, odds = self._terms(table), online.logit(said)
        judged = cases.due - cases.set_on >= LEAST_DAYS
        for community in np.unique(cases.community.astype(str)):
            own = np.flatnonzero((cases.community == community) & judged)
            said[own] = online.corrected(
                odds[own], terms[own], cases.set_on[own], cases.due[own], cases.late[own], PRIOR
            )
        return np.asarray(np.clip(said, *CHANCES), dtype=np.float64)

    def _terms(self, table: pd.DataFrame) -> FloatArray:
        scaled = (raw_terms(table) - self.mean) / self.spread
        return np.asarray(np.nan_to_num(np.clip(scaled, -_MOST, _MOST)), dtype=np.float64)


def pooled(warm: FloatArray, cold: FloatArray, strange: npt.NDArray[np.bool_]) -> FloatArray:
    """The logarithmic pool of two answers (Genest and Zidek 1986), in communities that were not fitted on.

    Where they were, the trees know the community, and an answer without its newest outcomes only lags behind.
    """
    pool = online.expit((1 - COLD_WEIGHT) * online.logit(warm) + COLD_WEIGHT * online.logit(cold))
    return np.where(strange, pool, warm)


def raw_terms(table: pd.DataFrame) -> FloatArray:
    """The columns that the correction reads: shares as log-odds, counts as logarithms, NaN where not told."""
    found = []
    for name in TERMS:
        column = table[name].to_numpy(dtype=np.float64)
        found.append(online.logit(column) if name.startswith("late_") else column)
        if name in COUNTED:
            found[-1] = np.log1p(np.maximum(column, 0.0))
    return np.asarray(np.column_stack(found), dtype=np.float64)


def fit(table: pd.DataFrame, cases: Cases, seed: int, *, doubted: bool = False) -> Fitted:
    """Learn from issues whose outcome is known; from the doubted columns only if told to."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    columns = [name for name in table.columns if name not in LOCAL and (doubted or name not in DOUBTED)]
    number = pd.Series(cases.community).map(pd.Series(cases.community).value_counts()).to_numpy(dtype=np.float64)
    weight = np.where(cases.due - cases.set_on >= LEAST_DAYS, 1.0, SHORT_WEIGHT) / np.sqrt(number)
    trees = HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.08, max_leaf_nodes=12, min_samples_leaf=60, l2_regularization=5.0,
        max_features=0.4, max_bins=64, early_stopping=False, random_state=seed,
    )  # fmt: skip
    with threadpool_limits(1):
        trees.fit(table[columns].to_numpy(), cases.late, sample_weight=weight / weight.mean())
    terms = raw_terms(table)
    filled = np.where(np.isfinite(terms).any(axis=0), terms, 0.0)
    return Fitted(trees, columns, np.nanmean(filled, axis=0), np.maximum(np.nanstd(filled, axis=0), 1e-6))
