"""How many weeks ahead a slip is called, and how often the call is right, on the simulated portfolio's truth.

`python benchmarks/early_warning.py [--quick]`; prints JSON lines. Every four weeks back from the present all projects
are forecast with what had been recorded by then, their baseline being the one approved by then. A call is a chance of
being late of at least 80 % (what turns a project red), or 50 % (amber); the truth is the day on which running the
simulation on ends the project. The seeds are none of those on which the model's constants were set.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.forecast_data import portfolio_tables
from models.forecast_score.rolling import as_known
from models.schedule_slip.model import ScheduleSlip
from models.tracks.track import clustered

SEEDS = range(41, 47)
SEED = 7
STEPS, STEP_DAYS = 14, 28
BANDS = {"1 to 4": (0, 4), "5 to 8": (4, 8), "9 to 13": (8, 13), "14 to 26": (13, 26), "27 to 52": (26, 52)}
CALLS = {"red, from 80 %": 0.8, "amber, from 50 %": 0.5}


def main() -> None:
    """All seeds pooled: a line a call and band of weeks ahead, then how early truly late projects were called first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one portfolio")
    seeds = SEEDS[:1] if parser.parse_args().quick else SEEDS
    found = pd.concat([forecasts(seed) for seed in seeds], ignore_index=True)
    for call, least in CALLS.items():
        for band, (above, upto) in BANDS.items():
            part = found.loc[(found["weeks"] > above) & (found["weeks"] <= upto)].reset_index(drop=True)
            say({"work": "early warning", "call": call, "weeks_ahead": band, **scores(part, least)})
        say({"work": "first call", "call": call, **first_calls(found, least)})


def forecasts(seed: int) -> pd.DataFrame:
    """Chance of being late, weeks left to the plan's finish, and the true slip, of every project and past day."""
    from connectors.sandbox.portfolio.simulator import Simulator

    simulator = Simulator(seed)
    tables = portfolio_tables(seed)
    tables["fct_baseline"] = _baselines(simulator)
    truth = {f"sim:{one.project_id}": one.finished_at for one in simulator.truth.values()}
    parts = []
    for step in range(STEPS):
        day: date = simulator.world.now.date() - timedelta(days=STEP_DAYS * step)
        said = ScheduleSlip().forecast(as_known(tables, day), day, SEED)
        known = said.loc[(said["subject_type"] == "project") & said["probability_late"].notna()]
        parts.append(known[["subject_id", "as_of_on", "baseline_on", "probability_late"]])
    frame = pd.concat(parts, ignore_index=True)
    ended = pd.to_datetime(frame["subject_id"].map(truth), utc=True).dt.tz_localize(None).dt.normalize()
    due, day_said = pd.to_datetime(frame["baseline_on"]), pd.to_datetime(frame["as_of_on"])
    frame = frame.assign(
        project=f"{seed}/" + frame["subject_id"], weeks=(due - day_said).dt.days / 7.0, slip=(ended - due).dt.days
    )
    return frame.loc[frame["slip"].notna() & (frame["weeks"] > 0)]


def scores(part: pd.DataFrame, least: float) -> dict[str, Any]:
    """Precision (calls that were right) and recall (late ones that were called), by bootstrap of whole projects."""
    late = (part["slip"] > 0).to_numpy()
    called = (part["probability_late"] >= least).to_numpy()

    def share(right: np.ndarray, of: np.ndarray) -> Callable[[Any], float]:
        return lambda rows: float(right[rows].sum() / of[rows].sum()) if of[rows].sum() else float("nan")

    hits = late & called
    told: dict[str, Any] = {"forecasts": len(part), "projects": part["project"].nunique(), "late": _round(late.mean())}
    for name, of in (("precision", called), ("recall", late)):
        score = clustered(share(hits, of), part["project"].tolist(), SEED)
        told |= {name: _round(score.value), f"{name}_90": [_round(score.low), _round(score.high)]}
    return told


def first_calls(found: pd.DataFrame, least: float) -> dict[str, Any]:
    """Of projects that truly end after their plan of that day: weeks before its finish at the first call that stood."""
    leads, missed = [], 0
    for _, one in found.loc[found["slip"] > 0].groupby("project"):
        ordered = one.sort_values("as_of_on")
        called = (ordered["probability_late"] >= least).to_numpy()
        standing = np.logical_and.accumulate(called[::-1])[::-1]  # called then, and at every later look
        if standing.any():
            leads.append(float(ordered["weeks"].to_numpy()[standing][0]))
        else:
            missed += 1
    quarters = [_round(value) for value in np.quantile(leads, [0.25, 0.5, 0.75])] if leads else []
    return {"late_projects": len(leads) + missed, "called": len(leads), "weeks_ahead_quartiles": quarters}


def _baselines(simulator: Any) -> pd.DataFrame:
    ids = {project.key: f"sim:{project.id}" for project in simulator.world.projects.values()}
    rows = pd.DataFrame(simulator.register()["Baselines"])
    return pd.DataFrame(
        {
            "project_id": rows["project_key"].map(ids),
            "baseline_version": rows["version"],
            "baseline_finish_on": rows["finish_on"],
            "approved_on": rows["approved_on"],
        }
    )


def _round(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 3)


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
