"""Weekly throughput of the portfolio: a calibrated negative binomial, chosen by measurement over Prophet and others."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import pandas as pd

from models.calibration import FloatArray
from models.forecaster import Memory, News, Tables
from models.portfolio_throughput import levels, trend
from models.portfolio_throughput.quantiles import (
    FEWEST_ORIGINS,
    POINT_ORIGINS,
    Point,
    by_distribution,
    by_point,
    past_cuts,
)
from models.portfolio_throughput.weeks import weekly_completions

HORIZON_WEEKS = 12
FEWEST_ACTIVE_WEEKS = 5
LONGEST_WEEKS = 156  # three years: enough for a season, and older weeks say little of the pace now
LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
SERIES = "portfolio"
INPUTS: Mapping[str, Sequence[str]] = {
    "dim_project": ("project_id", "is_deleted", "effective_on"),
    "dim_issue": (
        "issue_id", "project_id", "epic_id", "is_leaf", "is_cancelled", "is_deleted", "created_at", "done_at",
    ),
}  # fmt: skip
OUTPUT: Sequence[str] = (
    "series_id", "as_of_on", "model_id", "model_version", "week_on", "horizon_weeks", "forecast_status",
    "completed_count_p10", "completed_count_p50", "completed_count_p80", "completed_count_p95", "seed", "inputs_hash",
    "fallback_reason",
)  # fmt: skip


class PortfolioThroughput:
    """Completed items of the whole portfolio in each of the next twelve weeks."""

    model_id = "portfolio_throughput"
    version = "2.0.0"
    ledger_table = "throughput_forecast"
    key: Sequence[str] = ("series_id", "horizon_weeks")
    inputs = INPUTS
    output = OUTPUT

    def __init__(self, engine: str = "distribution") -> None:
        """`engine`: distribution, prophet, or recent (the naive). Which is best on which data: docs/forecasts.md."""
        self._engine = engine

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """Twelve rows; with too little history they say so and hold no numbers."""
        return self.forecast_anew(tables, as_of, seed, Memory()).rows

    def forecast_anew(self, tables: Tables, as_of: date, seed: int, memory: Memory) -> News:
        """The twelve rows, or none where they were said with the same counts already."""
        counts, known_on = weekly_completions(tables, as_of)
        reason = memory.drifted.get(SERIES)
        hashed = self._hash(counts, seed, "recent" if reason else self._engine)
        weeks = range(1, HORIZON_WEEKS + 1)
        if all(memory.hashes.get((SERIES, str(week), str(known_on), self.model_id)) == hashed for week in weeks):
            return News(pd.DataFrame(columns=list(self.output)), HORIZON_WEEKS)
        quantiles = _quantiles(counts.iloc[-LONGEST_WEEKS:], seed, "recent" if reason else self._engine)
        monday = known_on + timedelta(days=1)
        first = monday - timedelta(days=monday.weekday())  # the week under way, or the next on a Sunday
        columns = {f"completed_count_{name}": np.full(HORIZON_WEEKS, np.nan) for name in LEVELS}
        if quantiles is not None:
            columns = {f"completed_count_{name}": quantiles[:, i] for i, name in enumerate(LEVELS)}
        frame = pd.DataFrame(
            {
                "series_id": SERIES,
                "as_of_on": known_on,
                "model_id": self.model_id,
                "model_version": self.version,
                "week_on": [first + timedelta(weeks=week) for week in range(HORIZON_WEEKS)],
                "horizon_weeks": np.array(weeks),
                "forecast_status": "not_enough_history" if quantiles is None else "ok",
                **columns,
                "seed": seed,
                "inputs_hash": hashed,
                "fallback_reason": reason,
            }
        )
        return News(frame.astype({"horizon_weeks": "Int64", "seed": "Int64"})[list(self.output)])

    def _hash(self, counts: pd.Series, seed: int, engine: str) -> str:
        digest = hashlib.sha256(f"{self.model_id} {self.version} {engine} {seed}".encode())
        digest.update(counts.index.to_numpy().astype("datetime64[D]").tobytes())
        digest.update(counts.to_numpy(dtype=np.int64).tobytes())
        return digest.hexdigest()


def _quantiles(counts: pd.Series, seed: int, engine: str) -> FloatArray | None:
    """Weeks by levels; None where the past is too short to say how far such forecasts miss."""
    enough = len(past_cuts(len(counts), HORIZON_WEEKS, POINT_ORIGINS)) >= FEWEST_ORIGINS
    if int((counts > 0).sum()) < FEWEST_ACTIVE_WEEKS or not enough:
        return None
    if engine == "distribution":
        found = by_distribution(counts, HORIZON_WEEKS)
    else:
        points: Mapping[str, Point] = {"prophet": trend.predict, "recent": levels.recent}
        found = by_point(counts, HORIZON_WEEKS, seed, points[engine])
    return np.asarray(np.round(found, 3), dtype=np.float64)
