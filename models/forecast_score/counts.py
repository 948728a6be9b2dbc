"""Weekly forecasts of counts with what the weeks brought: one case a forecast and week ahead."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.forecast_score.finish import WINDOW_DAYS
from models.forecaster import Tables
from models.portfolio_throughput.weeks import weekly_completions
from models.schedule_slip.events import day_of, days_of

BANDS = ("1 to 4 weeks", "5 to 8 weeks", "9 to 12 weeks")
NAIVE_WEEKS = 13
SAID = (
    "series_id", "as_of_on", "model_id", "model_version", "week_on", "horizon_weeks", "forecast_status",
    "completed_count_p10", "completed_count_p50", "completed_count_p80", "completed_count_p95", "fallback_reason",
    "inputs_hash", "known_from",
)  # fmt: skip


def count_cases(said: pd.DataFrame, tables: Tables, today: int, evidence: str = "issued") -> pd.DataFrame:
    """Of each week in which something was said the first forecast; a week that is not over is still open."""
    counts, _ = weekly_completions(tables, day_of(today))
    rows = said.loc[said["forecast_status"] == "ok"] if len(said) else said
    rows = rows.assign(origin=days_of(rows["as_of_on"]), monday=days_of(rows["week_on"]))
    rows = rows.loc[(rows["origin"] <= today) & (rows["origin"] > today - WINDOW_DAYS)]
    rows = rows.assign(week=(rows["origin"] + 3) // 7)
    key = ["series_id", "model_id", "model_version", "week", "horizon_weeks"]
    rows = rows.sort_values([*key, "origin", "known_from", "inputs_hash"], kind="stable").drop_duplicates(key)
    series = pd.Series(counts.to_numpy(dtype=np.float64), index=days_of(counts.index.to_series()))
    actual = rows["monday"].map(series).to_numpy(dtype=np.float64)
    horizon = np.clip((rows["horizon_weeks"].to_numpy(dtype=np.int64) - 1) // 4, 0, len(BANDS) - 1)
    none = np.full(len(rows), np.nan)
    return pd.DataFrame(
        {
            "evidence": np.where(rows["fallback_reason"].notna(), "fallback", evidence),
            "model_id": rows["model_id"], "model_version": rows["model_version"],
            "subject_type": rows["series_id"], "subject_id": rows["series_id"],
            "cluster": rows["as_of_on"].astype(str), "as_of_on": pd.to_datetime(rows["as_of_on"]).dt.as_unit("s"),
            "unit": "items",
            "horizon_band": np.array(BANDS)[horizon],
            **{f"p{level}": rows[f"completed_count_p{level}"].astype("float64") for level in (10, 50, 80, 95)},
            "actual": np.nan_to_num(actual), "is_observed": np.isfinite(actual),
            "watched": np.where(np.isfinite(actual), np.inf, 0.0), "naive": _naive(series, rows),
            "promise": none, "due": none, "probability_late": none, "is_late": none,
        }
    ).reset_index(drop=True)  # fmt: skip


def _naive(series: pd.Series, rows: pd.DataFrame) -> np.ndarray:
    """The mean of the last thirteen whole weeks before the forecast's day."""
    first = (rows["origin"].to_numpy(dtype=np.int64) + 3) // 7 * 7 - 3
    weeks = first[:, None] - 7 * np.arange(1, NAIVE_WEEKS + 1)[None, :]
    found = series.reindex(weeks.ravel()).to_numpy(dtype=np.float64).reshape(weeks.shape)
    return np.asarray(np.nan_to_num(found).mean(axis=1), dtype=np.float64)
