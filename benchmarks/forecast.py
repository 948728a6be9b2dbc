"""Times the forecasts and scores them on real data and against the simulated portfolio's truth; prints JSON lines.

`python benchmarks/forecast.py [--quick]`. The real data are read from $SLIPSTREAM_SHARED (default ../shared).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.forecast_data import portfolio_tables, recorded_tables, weekly_series
from models.backtest import backtest, level_of, origins_between
from models.calibration import Past, Prior, calibrate
from models.portfolio_throughput.model import PortfolioThroughput
from models.schedule_slip.model import ScheduleSlip
from models.scoring import bias_days, brier, censored_levels, clustered_interval

SEED = 7
LENGTHS = (1, 56, 91, 182, 3652)
FEWEST = 20
TRUTH_SEEDS = {"set on": range(1, 7), "checked on": range(21, 27), "untouched": range(41, 47)}


def main() -> None:
    """All benchmarks in turn; those without their data are left out, and said so."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer origins")
    quick = parser.parse_args().quick
    shared = Path(os.environ.get("SLIPSTREAM_SHARED", Path(__file__).parents[2] / "shared"))
    step = 364 if quick else 28
    simulated = portfolio_tables(SEED)
    timed("schedule_slip simulated", ScheduleSlip(), simulated, date(2026, 6, 1))
    timed("portfolio_throughput simulated", PortfolioThroughput(), simulated, date(2026, 6, 1))
    for name, seeds in TRUTH_SEEDS.items():
        report_truth(name, pd.concat([against_truth(seed) for seed in (seeds[:1] if quick else seeds)]))
    recorded = shared / "data/jira_issues/issues.csv.gz"
    if not recorded.exists():
        say({"work": "real data", "skipped": "no shared data here"})
        return
    tables = recorded_tables(recorded)
    timed("schedule_slip 29 real projects", ScheduleSlip(), tables, date(2020, 1, 1))
    days = origins_between(date(2011, 6, 1), date(2019, 6, 1), step)
    for outcome in ("scope", "count"):
        for is_calibrated in (True, False):
            found = backtest(ScheduleSlip(outcome, is_calibrated), tables, days, SEED, outcome)
            name = f"finish, {outcome}, {'calibrated' if is_calibrated else 'engine alone'}"
            report(name, found)
            for low, high in pairwise(LENGTHS):
                report(f"{name}, p50 {low} to {high} days ahead", found.loc[_ahead(found, "p50").between(low, high)])
    score_series(weekly_series(shared / "data/forecasting/weekly_throughput.csv"))


def timed(work: str, model: Any, tables: dict[str, pd.DataFrame], as_of: date) -> None:
    """Seconds of a first call, which for Prophet includes its import."""
    start = time.perf_counter()
    rows = len(model.forecast(tables, as_of, SEED))
    seconds = time.perf_counter() - start
    say({"work": work, "rows": rows, "issues": len(tables["dim_issue"]), "seconds": round(seconds, 3),
         "rate": round(rows / seconds, 1)})  # fmt: skip


def report(work: str, found: pd.DataFrame) -> None:
    """Coverage with open outcomes censored, intervals clustered by project; NaN where too few outcomes are known."""
    scored = found.loc[found["forecast_status"] == "ok"].reset_index(drop=True)
    if len(scored) < FEWEST:
        say({"work": work, "forecasts": len(scored), "skipped": "too few"})
        return
    levels, observed = scored["level"].to_numpy(float), scored["is_observed"].to_numpy(bool)
    cluster = pd.factorize(scored["project_id"])[0].astype(np.int64)
    at = censored_levels(levels, observed, np.array([0.1, 0.5, 0.8, 0.9, 0.95]))
    known = scored.loc[observed]
    ahead = {n: _ahead(scored, n) for n in ("p10", "p50", "p80")}
    say({
        "work": work, "forecasts": len(found), "status": found["forecast_status"].value_counts().to_dict(),
        "observed": round(float(observed.mean()), 3),
        **{f"share_below_p{p}": _round(v) for p, v in zip((10, 50, 80, 90, 95), at, strict=True)},
        "coverage_p10_p90": _round(at[3] - at[0]),
        "interval_90": [_round(v) for v in clustered_interval(levels, observed, cluster, (0.1, 0.9), SEED)],
        "p50_days": float(ahead["p50"].median()), "width_p80_over_p10": _round((ahead["p80"] / ahead["p10"]).median()),
        "bias_days_observed": bias_days(known["days"].to_numpy(float), _ahead(known, "p50").to_numpy()),
        "naive_held": _round(_held(scored)),
    })  # fmt: skip


def _ahead(frame: pd.DataFrame, name: str) -> pd.Series:
    dates = pd.to_datetime(frame[f"finish_on_{name}"]) - pd.to_datetime(frame["as_of_on"])
    return dates.dt.days.astype(float)


def _held(scored: pd.DataFrame) -> float:
    """How often open items / recent pace, taken as a promise, would have held (open outcomes censored)."""
    ratio = scored["days"].to_numpy(float) / np.maximum(scored["naive_days"].to_numpy(float), 1.0)
    return float(censored_levels(ratio, scored["is_observed"].to_numpy(bool), np.array([1.0]))[0])


def against_truth(seed: int) -> pd.DataFrame:
    """Forecasts of one portfolio at its present, for projects whose plan can be judged, with their true finish."""
    from connectors.sandbox.portfolio.hindsight import verdicts
    from connectors.sandbox.portfolio.simulator import Simulator

    simulator = Simulator(seed)
    found = ScheduleSlip().forecast(portfolio_tables(seed), simulator.world.now.date(), SEED)
    true = pd.DataFrame(
        [(one.project_key, one.slip_days) for one in verdicts(simulator)], columns=["subject_key", "true_slip"]
    )
    joined = found.loc[found["subject_type"] == "project"].merge(true, on="subject_key")
    left = pd.to_datetime(joined["baseline_on"]) - pd.to_datetime(joined["as_of_on"])
    joined["days"], joined["is_observed"] = left.dt.days + joined["true_slip"], True
    return joined.assign(level=[level_of(row) for row in joined.to_dict("records")])


def truth_scores(found: pd.DataFrame) -> dict[str, float]:
    """Brier score beside that of always saying the base rate, and where the true finish fell."""
    ok = found.loc[found["forecast_status"] == "ok"]
    late, levels = (ok["true_slip"] > 0).to_numpy(float), ok["level"].to_numpy(float)
    return {
        "brier": brier(late, ok["probability_late"].to_numpy(float)),
        "brier_base_rate": float(late.mean() * (1 - late.mean())),
        "mean_probability_late": float(ok["probability_late"].mean()), "truly_late": float(late.mean()),
        "share_below_p50": float((levels <= 0.5).mean()), "share_below_p80": float((levels <= 0.8).mean()),
        "coverage_p10_p90": float(((levels > 0.1) & (levels <= 0.9)).mean()),
        "p50_bias_days": bias_days(ok["days"].to_numpy(float), _ahead(ok, "p50").to_numpy()),
    }  # fmt: skip


def report_truth(name: str, found: pd.DataFrame) -> None:
    scores = {key: _round(value) for key, value in truth_scores(found).items()}
    say({"work": f"finish against the truth, {name}", "forecasts": len(found), **scores})


def score_series(series: dict[str, np.ndarray]) -> None:
    """T5: counts 4, 8 and 12 weeks ahead: log ratio to the recent pace, calibrated on own and others' past."""
    for weeks in (4, 8, 12):
        rows = [row for number, counts in enumerate(series.values()) for row in _ratios(counts, weeks, number)]
        table = np.array(rows)
        inside, kept, names = [], [], []
        for cut in range(60, int(table[:, 1].max()), 26):
            past, now = table[table[:, 1] <= cut - weeks], table[(table[:, 1] > cut) & (table[:, 1] <= cut + 26)]
            if len(now) == 0 or len(past) < 50:
                continue
            design = np.column_stack([np.ones(len(past)), past[:, 3]])
            whole = np.ones(len(past), dtype=bool)
            fit = calibrate(Past(past[:, 2], whole, design, past[:, 0].astype(np.int64)), Prior())
            for subject, _, ratio, pace in now:
                miss = ratio - float(fit.centre(np.array([[1.0, pace]]))[0])
                curve = fit.curve(int(subject))
                low, sure, high = (curve.quantile(level) for level in (0.1, 0.15, 0.9))
                inside.append(low <= miss <= high)
                kept.append(miss >= sure)
                names.append(subject)
        say({"work": f"throughput, {weeks} weeks ahead", "forecasts": len(inside), "series": len(set(names)),
             "coverage_p10_p90": _round(np.mean(inside)), "at_least_85_kept": _round(np.mean(kept))})  # fmt: skip


def _ratios(counts: np.ndarray, weeks: int, number: int) -> list[tuple[float, float, float, float]]:
    found = []
    for cut in range(26, len(counts) - weeks, weeks):
        if (counts[:cut] > 0).sum() < 5:
            continue
        pace = (counts[cut - 13 : cut].sum() + 4.0 * counts[:cut].mean()) / 17.0
        actual = counts[cut : cut + weeks].sum()
        ratio = float(np.log(actual + 0.5) - np.log(pace * weeks + 0.5))
        found.append((float(number), float(cut), ratio, float(np.log(pace * weeks + 0.5) - 3.0)))
    return found


def _round(value: Any) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 3)


def say(line: dict[str, Any]) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({**line, "peak_mb": round(peak)}), flush=True)


if __name__ == "__main__":
    main()
