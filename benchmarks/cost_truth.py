"""Do cost forecasts come true? On simulated portfolios whose end is known, beside the earned-value index alone.

`python benchmarks/cost_truth.py [SEED ...]`; prints one JSON line. Every four weeks all projects are forecast with what
was known by then, and held against what they had cost once they ended. The peer is EAC = BAC / CPI (PMI, Practice
Standard for Earned Value Management) of the same forecasts. Constants were set on seeds 1 to 4, not on
the default ones.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.driver_cases import final_costs
from benchmarks.simulated_record import simulate
from models.budget_overrun.model import BudgetOverrun
from models.schedule_slip.model import ScheduleSlip
from models.tracks.track import clustered

SEEDS = (51, 52, 53)
SEED = 7
LEVELS = ("p10", "p50", "p80", "p95")
SHARES = {"below 30": (0, 30), "30 to 60": (30, 60), "from 60": (60, 100)}  # percent of the work that is done


def main() -> None:
    """All seeds pooled."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="*", type=int, default=SEEDS)
    parser.add_argument("--looks", type=int, default=14)
    parser.add_argument("--projects", type=int, default=40)
    given = parser.parse_args()
    found, seconds = told_and_true(given.seeds, given.looks, given.projects)
    speed = {
        "benchmark": "cost_truth",
        "work": len(found),
        "unit": "cost forecasts held against the end",
        "seconds": round(seconds, 3),
        "rate": round(len(found) / seconds, 1),
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    print(json.dumps({**speed, "seeds": list(given.seeds), **line(found)}))


def told_and_true(seeds: Sequence[int], looks: int, projects: int) -> tuple[pd.DataFrame, float]:
    """A row a forecast of a project that has ended, and the seconds that forecasting cost alone took."""
    parts, seconds = [], 0.0
    for seed in seeds:
        record = simulate(seed, looks=looks, projects=projects)
        final = final_costs(record)
        for look in record.looks:
            known = record.as_of(look)
            given = {**known, "schedule_forecast": ScheduleSlip().forecast(known, look, SEED)}
            begun = time.process_time()
            said = BudgetOverrun().forecast(given, look, SEED)
            seconds += time.process_time() - begun
            said = said.loc[(said["forecast_status"] == "ok") & said["project_id"].isin(list(final))]
            parts.append(said.assign(cost=said["project_id"].map(final), cluster=f"{seed}/" + said["project_id"]))
    return pd.concat(parts, ignore_index=True), seconds


def line(found: pd.DataFrame) -> dict[str, Any]:
    """Chance, levels and middle of the forecasts against what came, whole and by the share of work that was done."""
    over = (found["cost"] > found["budget_at_completion_amount"]).to_numpy(dtype=float)
    chance = found["probability_over_budget"].to_numpy(dtype=float)
    brier = (chance - over) ** 2
    score = clustered(lambda rows: float(brier[rows].mean()), found["cluster"].tolist(), SEED)
    index = found["budget_at_completion_amount"] / found["cost_performance_index"]
    done = found["percent_complete"]
    bands = {name: found.loc[(done >= low) & (done < high)] for name, (low, high) in SHARES.items()}
    return {
        "projects": int(found["cluster"].nunique()),
        "over_budget": _round(over.mean()),
        "mean_chance": _round(chance.mean()),
        "brier": _round(score.value),
        "brier_90": [_round(score.low), _round(score.high)],
        "brier_base_rate": _round(over.mean() * (1.0 - over.mean())),
        **_held(found),
        **_middle(found, found["estimate_at_completion_amount_p50"]),
        "peer": {
            "name": "EAC = BAC / CPI",
            "held": _round((found["cost"] <= index).mean()),
            "brier_over_or_not": _round((((index > found["budget_at_completion_amount"]) - over) ** 2).mean()),
            **_middle(found, index),
        },
        "by_percent_complete": {
            name: {
                "forecasts": len(part),
                **_held(part),
                **_middle(part, part["estimate_at_completion_amount_p50"]),
            }
            for name, part in bands.items()
            if len(part)
        },
    }


def _held(part: pd.DataFrame) -> dict[str, float | None]:
    """Shares of costs that stayed below each level."""
    return {
        f"held_{name}": _round((part["cost"] <= part[f"estimate_at_completion_amount_{name}"]).mean())
        for name in LEVELS
    }


def _middle(part: pd.DataFrame, told: pd.Series) -> dict[str, float | None]:
    """Median miss of a point estimate, and to which side (below 0: told too low), as shares of what it cost."""
    miss = (told / part["cost"] - 1.0).to_numpy(dtype=float)
    return {"median_miss": _round(np.median(np.abs(miss))), "bias": _round(np.median(miss))}


def _round(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 3)


if __name__ == "__main__":
    main()
