"""How early and how rightly a miss is called: precision and recall by horizon, and when the first lasting call came.

Frames have a row a look: `unit` (what is promised), `cluster` (project), `day`, `weeks` left to the promise, `chance`
told, and `happened`: whether the promise of that day was missed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.track import clustered

SEED = 7


def by_horizon(found: pd.DataFrame, least: float, bands: dict[str, tuple[float, float]]) -> list[dict[str, Any]]:
    """A line a band of weeks ahead: every look counts."""
    lines = []
    for name, (above, upto) in bands.items():
        part = found.loc[(found["weeks"] > above) & (found["weeks"] <= upto)]
        if len(part):
            late, called = part["happened"].to_numpy(dtype=bool), part["chance"].to_numpy(dtype=float) >= least
            counts = {"looks": len(part), "projects": int(part["cluster"].nunique()), "late": rounded(late.mean())}
            lines.append({"weeks_ahead": name, **counts, "called": int(called.sum()),
                          **shares(late, called, part["cluster"])})  # fmt: skip
    return lines


def shares(late: npt.NDArray[np.bool_], called: npt.NDArray[np.bool_], clusters: pd.Series) -> dict[str, Any]:
    """Precision (calls that were right) and recall (misses that were called), by bootstrap of whole projects."""
    told: dict[str, Any] = {}
    for name, of in (("precision", called), ("recall", late)):
        score = clustered(_share(late & called, of), clusters.tolist(), SEED)
        told |= {name: rounded(score.value), f"{name}_90": [rounded(score.low), rounded(score.high)]}
    return told


def _share(right: npt.NDArray[np.bool_], of: npt.NDArray[np.bool_]) -> Any:
    return lambda rows: float(right[rows].sum() / of[rows].sum()) if of[rows].sum() else float("nan")


def first_calls(found: pd.DataFrame, least: float, lasting: bool) -> pd.DataFrame:
    """A row a unit: whether it was called, the look of the first call, and whether that was right.

    `lasting`: called at that look and at every later one, which is known only afterwards; else the first call of all.
    """
    rows = []
    for unit, one in found.sort_values("day", kind="stable").groupby("unit", sort=True):
        called = (one["chance"] >= least).to_numpy()
        stands = np.logical_and.accumulate(called[::-1])[::-1] if lasting else called
        place = int(np.argmax(stands)) if stands.any() else -1
        look = one.iloc[place]
        rows.append({"unit": unit, "cluster": look["cluster"], "is_called": place >= 0, "day": look["day"],
                     "promise": look["promise"], "weeks": float(look["weeks"]), "right": bool(look["happened"]),
                     "missed": bool(one["happened"].any())})  # fmt: skip
    return pd.DataFrame(rows)


def summary(calls: pd.DataFrame) -> dict[str, Any]:
    """Precision, recall and how many weeks ahead right calls came, each with its interval by whole projects."""
    called, missed = calls["is_called"].to_numpy(dtype=bool), calls["missed"].to_numpy(dtype=bool)
    hit = called & calls["right"].to_numpy(dtype=bool)
    weeks = calls["weeks"].to_numpy(dtype=float)

    def median(rows: npt.NDArray[np.int64]) -> float:
        return float(np.median(weeks[rows][hit[rows]])) if hit[rows].any() else float("nan")

    scores = {
        "precision": clustered(_share(hit, called), calls["cluster"].tolist(), SEED),
        "recall": clustered(_share(hit, missed), calls["cluster"].tolist(), SEED),
        "weeks_ahead_median": clustered(median, calls["cluster"].tolist(), SEED),
    }
    told: dict[str, Any] = {"promises": len(calls), "missed": int(missed.sum()), "called": int(called.sum())}
    for name, score in scores.items():
        told |= {name: rounded(score.value), f"{name}_90": [rounded(score.low), rounded(score.high)]}
    quarters = np.quantile(weeks[hit], [0.25, 0.75]) if hit.any() else []
    return told | {"weeks_ahead_quartiles": [rounded(value) for value in quarters]}


def rounded(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 3)
