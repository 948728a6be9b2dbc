"""Weekly throughput of the portfolio: Prophet's trend and season, with conformal intervals in place of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.calibration import FloatArray, interval_scale
from models.forecaster import Tables
from models.portfolio_throughput.trend import predict
from models.portfolio_throughput.weeks import weekly_completions

HORIZON_WEEKS = 12
FEWEST_ACTIVE_WEEKS = 5
LONGEST_WEEKS = 156  # three years: enough for a season, and older weeks say little of the pace now
ORIGINS, ORIGIN_STEP = 8, 4  # past origins, in steps of four weeks, from which the intervals are taken
FEWEST_ORIGINS, SHORTEST_WEEKS = 3, 13
LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
INPUTS: Mapping[str, Sequence[str]] = {
    "dim_project": ("project_id", "is_deleted", "effective_on"),
    "dim_issue": (
        "issue_id", "project_id", "epic_id", "is_leaf", "is_cancelled", "is_deleted", "created_at", "done_at",
    ),
}  # fmt: skip
OUTPUT: Sequence[str] = (
    "series_id", "as_of_on", "model_id", "model_version", "week_on", "horizon_weeks", "forecast_status",
    "completed_count_p10", "completed_count_p50", "completed_count_p80", "completed_count_p95", "seed", "inputs_hash",
)  # fmt: skip


class PortfolioThroughput:
    """Completed items of the whole portfolio in each of the next twelve weeks."""

    model_id = "portfolio_throughput"
    version = "1.0.0"
    ledger_table = "throughput_forecast"
    key: Sequence[str] = ("series_id", "horizon_weeks")
    inputs = INPUTS
    output = OUTPUT

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """Twelve rows; with too little history they say so and hold no numbers."""
        counts, known_on = weekly_completions(tables, as_of)
        quantiles = _quantiles(counts.iloc[-LONGEST_WEEKS:], seed)
        monday = known_on + timedelta(days=1)
        first = monday - timedelta(days=monday.weekday())  # the week under way, or the next on a Sunday
        columns = {f"completed_count_{name}": np.full(HORIZON_WEEKS, np.nan) for name in LEVELS}
        if quantiles is not None:
            columns = {f"completed_count_{name}": quantiles[:, i] for i, name in enumerate(LEVELS)}
        frame = pd.DataFrame(
            {
                "series_id": "portfolio",
                "as_of_on": known_on,
                "model_id": self.model_id,
                "model_version": self.version,
                "week_on": [first + timedelta(weeks=week) for week in range(HORIZON_WEEKS)],
                "horizon_weeks": np.arange(1, HORIZON_WEEKS + 1),
                "forecast_status": "not_enough_history" if quantiles is None else "ok",
                **columns,
                "seed": seed,
                "inputs_hash": self._hash(counts, seed),
            }
        )
        return frame.astype({"horizon_weeks": "Int64", "seed": "Int64"})[list(self.output)]

    def _hash(self, counts: pd.Series, seed: int) -> str:
        digest = hashlib.sha256(f"{self.model_id} {self.version} {seed}".encode())
        digest.update(counts.index.to_numpy().astype("datetime64[D]").tobytes())
        digest.update(counts.to_numpy(dtype=np.int64).tobytes())
        return digest.hexdigest()


def _quantiles(counts: pd.Series, seed: int) -> FloatArray | None:
    """Weeks by levels; None where the past is too short to say how far such forecasts miss."""
    cuts = [len(counts) - HORIZON_WEEKS - ORIGIN_STEP * step for step in range(ORIGINS)]
    cuts = [cut for cut in cuts if cut >= SHORTEST_WEEKS]
    if int((counts > 0).sum()) < FEWEST_ACTIVE_WEEKS or len(cuts) < FEWEST_ORIGINS:
        return None
    past = np.stack([predict(counts.iloc[:cut], HORIZON_WEEKS, seed) for cut in cuts])
    actual = np.stack([counts.to_numpy(dtype=np.float64)[cut : cut + HORIZON_WEEKS] for cut in cuts])
    ahead = predict(counts, HORIZON_WEEKS, seed)
    rows = []
    for week in range(HORIZON_WEEKS):
        near = slice(max(0, week - 2), week + 3)  # neighbouring horizons miss alike; together they are enough
        scale = interval_scale(actual[:, near].ravel(), past[:, near].ravel(), tuple(LEVELS.values()), len(cuts))
        rows.append(np.maximum((ahead[week] + 1.0) * scale - 1.0, 0.0))
    return np.asarray(np.round(rows, 3), dtype=np.float64)
