"""The scores of a group of cases, with the naive, the promise and the open cases treated alike.

What is not over yet is censored, not dropped. Coverage and bias come from Kaplan-Meier curves. Pinball loss and CRPS
are taken of min(days, days watched), for forecast and outcome alike: threshold-weighted scores, proper because the
time watched does not depend on the outcome (Gneiting and Ranjan 2011; Allen, Ginsbourger and Ziegel 2023). A chance of
being late is judged once its due day has passed, done or not.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.forecast_score.quantiles import GRID, STATED, crps, levels, losses, quantiles
from models.scoring import bias_days, censored_levels, clustered_shares

FEWEST_RESOLVED, FEWEST_CLUSTERS = 20, 5  # below, a share is chance: said as too_few_resolved, without a number
COVERAGES = {"coverage_50": (0.25, 0.75), "coverage_80": (0.10, 0.90), "coverage_95": (0.025, 0.975)}
SUREST, LEAST = 0.95, 0.05
MEASURES = (*COVERAGES, *(f"pinball_{round(100 * level)}" for level in STATED), "crps", "brier", "bias")
Row = dict[str, object]


def measures(cases: pd.DataFrame, seed: int) -> Iterator[Row]:
    """A row a measure, each with its value, what the naive and the promise would have had, and its counts."""
    watched = cases.loc[cases["watched"] > 0].reset_index(drop=True)
    counts = {
        "forecast_count": len(cases),
        "resolved_count": int(watched["is_observed"].sum()),
        "open_count": len(cases) - int(watched["is_observed"].sum()),
        "cluster_count": int(watched.loc[watched["is_observed"], "cluster"].nunique()),
    }
    if counts["resolved_count"] < FEWEST_RESOLVED or counts["cluster_count"] < FEWEST_CLUSTERS:
        yield from ({"measure": name, "score_status": "too_few_resolved", **counts} for name in MEASURES)
        return
    for row in (*_coverages(watched, seed), *_losses(watched), _brier(watched), _bias(watched)):
        status = "ok" if np.isfinite(float(str(row["value"]))) else "too_few_resolved"
        yield {**counts, "score_status": status, **row}


def _coverages(cases: pd.DataFrame, seed: int) -> Iterator[Row]:
    """Share of outcomes in the central interval, with its 90 % interval by bootstrap of whole projects."""
    level = levels(_logs(cases), _log(cases, "actual"))
    observed = cases["is_observed"].to_numpy(dtype=bool)
    cluster = pd.factorize(cases["cluster"], sort=True)[0].astype(np.int64)
    ends = np.array([end for pair in COVERAGES.values() for end in pair])
    shares = np.diff(censored_levels(level, observed, ends).reshape(-1, 2), axis=1)[:, 0]
    drawn = clustered_shares(level, observed, cluster, ends, seed)
    drawn = np.diff(drawn.reshape(len(drawn), -1, 2), axis=2)[:, :, 0]
    for number, name in enumerate(COVERAGES):
        known = drawn[np.isfinite(drawn[:, number]), number]
        low, high = np.quantile(known, [0.05, 0.95]) if len(known) else (np.nan, np.nan)
        yield {"measure": name, "value": shares[number], "value_low": low, "value_high": high}


def _losses(cases: pd.DataFrame) -> Iterator[Row]:
    """Pinball at the stated levels and CRPS, as far as each case was watched."""
    limit = cases["watched"].to_numpy(dtype=np.float64)
    actual = np.minimum(cases["actual"].to_numpy(dtype=np.float64), limit)
    points = {name: np.minimum(cases[name].to_numpy(dtype=np.float64), limit) for name in ("naive", "promise")}
    promised = np.isfinite(cases["promise"].to_numpy(dtype=np.float64))
    for level in STATED:
        name = f"p{round(100 * level)}"
        own = losses(actual, np.minimum(cases[name].to_numpy(dtype=np.float64), limit), level)
        other = {key: losses(actual, point, level) for key, point in points.items()}
        yield _compared(f"pinball_{round(100 * level)}", own, other, promised)
    grid = _back(quantiles(_logs(cases), GRID), cases)
    own = crps(actual, np.minimum(grid, limit[:, None]))
    other = {key: np.abs(actual - point) for key, point in points.items()}
    yield _compared("crps", own, other, promised)


def _brier(cases: pd.DataFrame) -> Row:
    """Of chances of being late; the naive's and the promise's yes or no count as 95 and 5 %."""
    due = cases.loc[cases["is_late"].notna()]
    late = due["is_late"].to_numpy(dtype=np.float64)
    if len(due) < FEWEST_RESOLVED or due["cluster"].nunique() < FEWEST_CLUSTERS:
        return {"measure": "brier", "value": np.nan, "resolved_count": len(due), "open_count": len(cases) - len(due)}
    chances = {name: np.where(due[name] > due["due"], SUREST, LEAST) for name in ("naive", "promise")}
    own = (due["probability_late"].to_numpy(dtype=np.float64) - late) ** 2
    other = {name: (chance - late) ** 2 for name, chance in chances.items()}
    row = _compared("brier", own, other, np.isfinite(due["promise"].to_numpy(dtype=np.float64)))
    return {**row, "resolved_count": len(due), "open_count": len(cases) - len(due)}


def _bias(cases: pd.DataFrame) -> Row:
    """Median of outcome less prediction, open cases censored: positive where forecasts promise too early."""
    promised = cases.loc[cases["promise"].notna()]
    return {
        "measure": "bias",
        "value": _median_miss(cases, "p50"),
        "naive_value": _median_miss(cases, "naive"),
        "promise_value": _median_miss(promised, "promise"),
        "promised_value": _median_miss(promised, "p50"),
    }


def _median_miss(cases: pd.DataFrame, column: str) -> float:
    """By Kaplan and Meier: an open case has missed by at least what it was watched beyond the prediction."""
    miss = cases["actual"].to_numpy(dtype=np.float64) - cases[column].to_numpy(dtype=np.float64)
    observed = cases["is_observed"].to_numpy(dtype=bool)
    if observed.all():
        return bias_days(miss, np.zeros(len(miss))) if len(miss) else np.nan
    points = np.unique(miss[observed])
    reached = censored_levels(miss, observed, points) if len(points) else points
    place = int(np.searchsorted(reached, 0.5))
    return float(points[place]) if place < len(points) else np.nan


def _compared(measure: str, own: np.ndarray, other: dict[str, np.ndarray], promised: np.ndarray) -> Row:
    return {
        "measure": measure,
        "value": float(own.mean()),
        "naive_value": float(other["naive"].mean()),
        "promise_value": float(other["promise"][promised].mean()) if promised.any() else np.nan,
        "promised_value": float(own[promised].mean()) if promised.any() else np.nan,
    }


def _logs(cases: pd.DataFrame) -> np.ndarray:
    return np.column_stack([_log(cases, f"p{round(100 * level)}") for level in STATED])


def _log(cases: pd.DataFrame, column: str) -> np.ndarray:
    """Days from one on; counts with one added, for a week may bring none."""
    values = cases[column].to_numpy(dtype=np.float64)
    is_count = (cases["unit"] != "days").to_numpy()
    return np.asarray(np.log(np.where(is_count, np.maximum(values, 0.0) + 1.0, np.maximum(values, 1.0))))


def _back(logs: np.ndarray, cases: pd.DataFrame) -> np.ndarray:
    is_count = (cases["unit"] != "days").to_numpy()[:, None]
    return np.asarray(np.where(is_count, np.maximum(np.exp(logs) - 1.0, 0.0), np.exp(logs)))
