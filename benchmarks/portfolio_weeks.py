"""Whether Prophet is worth its time for weekly totals of a portfolio: intake, throughput, spend; prints JSON lines.

`python benchmarks/portfolio_weeks.py [--quick]`. Every forecaster is calibrated on its own past origins as the model
does it (`models/portfolio_throughput/quantiles.py`); the negative binomial is shown without as well. The real series
are the sum of the 29 recorded projects ($SLIPSTREAM_SHARED, default ../shared); the simulated ones stop at the present,
so they have few origins.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.forecast_data import portfolio_tables, recorded_tables
from models.forecast_score.quantiles import GRID, crps, quantiles
from models.portfolio_throughput import levels, trend
from models.portfolio_throughput.model import HORIZON_WEEKS, LEVELS, LONGEST_WEEKS
from models.portfolio_throughput.quantiles import ORIGIN_STEP, POINT_ORIGINS, SHORTEST_WEEKS, by_distribution, by_point

SEED = 7


def _point(predict: Callable[..., np.ndarray], counts: pd.Series) -> np.ndarray:
    return by_point(counts, HORIZON_WEEKS, SEED, predict)


def _uncalibrated(counts: pd.Series) -> np.ndarray:
    return levels.at(levels.shapes(counts, HORIZON_WEEKS), np.array([list(LEVELS.values())]))


def _calibrated(counts: pd.Series) -> np.ndarray:
    return by_distribution(counts, HORIZON_WEEKS)


@cache
def _fit(weeks: tuple[Any, ...], values: tuple[float, ...], country: str | None) -> Any:
    counts = pd.Series(values, index=pd.DatetimeIndex(weeks))
    return trend.predict(counts, HORIZON_WEEKS, SEED, country)


def _prophet(country: str | None, counts: pd.Series, horizon: int, seed: int) -> np.ndarray:
    """Each history is fitted once, for neighbouring origins share theirs: the model itself fits nine a forecast."""
    return np.asarray(_fit(tuple(counts.index), tuple(counts.to_numpy(dtype=np.float64)), country))


FORECASTERS: Mapping[str, Callable[[pd.Series], np.ndarray]] = {
    "recent level (naive)": partial(_point, levels.recent),
    "smoothed level": partial(_point, levels.smoothed),
    "level and last year": partial(_point, levels.seasonal),
    "negative binomial, own intervals": _uncalibrated,
    "negative binomial": _calibrated,
    "prophet": partial(_point, partial(_prophet, None)),
    "prophet, holidays": partial(_point, partial(_prophet, "US")),
}
BANDS = {"1 to 4": slice(0, 4), "5 to 8": slice(4, 8), "9 to 12": slice(8, 12)}


def main() -> None:
    """Each series in turn; those without their data are left out, and said so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="the last ten origins of each series only")
    quick = parser.parse_args().quick
    shared = Path(os.environ.get("SLIPSTREAM_SHARED", Path(__file__).parents[2] / "shared"))
    recorded = shared / "data/jira_issues/issues.csv.gz"
    found = {f"simulated, {name}": series for name, series in _simulated().items()}
    if recorded.exists():
        tables = recorded_tables(recorded)
        found |= {f"29 real projects, {name}": series for name, series in _weekly(tables).items()}
    else:
        print(json.dumps({"work": "real data", "skipped": "no shared data here"}))
    for name, series in found.items():
        judge(name, series, quick=quick)


def judge(name: str, counts: pd.Series, *, quick: bool) -> None:
    """Every forecaster on the same origins, four weeks apart."""
    first = SHORTEST_WEEKS + HORIZON_WEEKS + ORIGIN_STEP * (POINT_ORIGINS - 1)
    cuts = list(range(first, len(counts) - HORIZON_WEEKS + 1, ORIGIN_STEP))[-10 if quick else None :]
    values = counts.to_numpy(dtype=np.float64)
    actual = np.stack([values[cut : cut + HORIZON_WEEKS] for cut in cuts])
    for method, forecast in FORECASTERS.items():
        started = time.process_time()
        stated = np.stack([forecast(counts.iloc[max(0, cut - LONGEST_WEEKS) : cut]) for cut in cuts])
        _report(name, method, actual, stated, (time.process_time() - started) / len(cuts))


def _report(name: str, method: str, actual: np.ndarray, stated: np.ndarray, seconds: float) -> None:
    flat = np.log(stated.reshape(-1, len(LEVELS)) + 1.0)
    grid = np.maximum(np.exp(quantiles(flat, GRID)) - 1.0, 0.0)
    high = np.exp(quantiles(flat, np.array([0.9]))[:, 0]) - 1.0
    loss = crps(actual.ravel(), grid).reshape(actual.shape)
    inside = ((actual.ravel() >= stated.reshape(-1, 4)[:, 0]) & (actual.ravel() <= high)).reshape(actual.shape)
    width = (high - stated.reshape(-1, len(LEVELS))[:, 0]).mean() / actual.mean()
    line: dict[str, Any] = {
        "work": name, "forecaster": method, "origins": len(actual), "cpu_seconds": round(seconds, 3),
        "crps": round(float(loss.mean()), 2), "coverage_80": round(float(inside.mean()), 3),
        "relative_width": round(float(width), 2),
    }  # fmt: skip
    for band, weeks in BANDS.items():
        line[f"crps, weeks {band}"] = round(float(loss[:, weeks].mean()), 2)
        line[f"coverage_80, weeks {band}"] = round(float(inside[:, weeks].mean()), 3)
    print(json.dumps(line), flush=True)


def _simulated() -> dict[str, pd.Series]:
    """Of the demo's portfolio at its present; spend is what its register books, by day of booking."""
    from connectors.sandbox.portfolio.simulator import Simulator

    booked = pd.DataFrame(Simulator(SEED).register()["Actual costs"])
    weeks = _mondays(booked["cost_on"])
    spent = booked.groupby(weeks)["amount"].sum() / 1000.0
    every = pd.date_range(spent.index[0], spent.index[-1], freq="7D")
    return _weekly(portfolio_tables(SEED)) | {"spend (thousands)": spent.reindex(every, fill_value=0.0).iloc[1:-1]}


def _weekly(tables: dict[str, pd.DataFrame]) -> dict[str, pd.Series]:
    """Leaf items that arrived and that were completed, in each whole week."""
    issues = tables["dim_issue"].loc[tables["dim_issue"]["is_leaf"]]
    done = issues.loc[issues["done_at"].notna() & ~issues["is_cancelled"], "done_at"]
    return {"intake": _counts(issues["created_at"]), "throughput": _counts(done)}


def _counts(moments: pd.Series) -> pd.Series:
    found = _mondays(moments).value_counts().sort_index()
    every = pd.date_range(found.index[0], found.index[-1], freq="7D")
    return found.reindex(every, fill_value=0).iloc[1:-1]


def _mondays(moments: pd.Series) -> pd.Series:
    days = pd.to_datetime(moments).dt.normalize()
    return days - pd.to_timedelta(days.dt.day_of_week, unit="D")


if __name__ == "__main__":
    main()
