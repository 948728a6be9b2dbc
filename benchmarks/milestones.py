"""Judges milestone forecasts against the simulated portfolio's truth, and plan and flow as a project's finish.

`python benchmarks/milestones.py [--seeds 1 2 3]` prints JSON lines. Each engine is told only what registers and issues
hold at the present.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.forecast_data import portfolio_tables
from models.backtest import level_of
from models.forecast_score.quantiles import GRID, crps, quantiles
from models.schedule_slip.model import ScheduleSlip
from models.scoring import bias_days, brier

SEED = 7
QUANTILES = ("p10", "p50", "p80", "p95")
_WAIT = re.compile(r"^(.+?)(?:(FS|SS|FF|SF)([+-]\d+)?)?$")


def plan_tables(seed: int) -> tuple[dict[str, pd.DataFrame], Any]:
    """The tables of a portfolio at its present with its plans, as the register tells them today."""
    from connectors.sandbox.portfolio.simulator import Simulator

    simulator = Simulator(seed)
    tables, register, today = portfolio_tables(seed), simulator.register(), simulator.world.now.date()
    ids = {project.key: f"sim:{project.id}" for project in simulator.world.projects.values()}
    milestones = pd.DataFrame(register["Milestones"])
    milestones = milestones.assign(
        milestone_id="pmo:" + milestones["milestone_key"], project_id=milestones["project_key"].map(ids),
        source_type="register", recorded_at=pd.Timestamp(today),
    )  # fmt: skip
    baselines = pd.DataFrame(register["Baselines"])
    baselines = baselines.assign(
        project_id=baselines["project_key"].map(ids), baseline_version=baselines["version"],
        baseline_start_on=baselines["start_on"], baseline_finish_on=baselines["finish_on"],
        recorded_at=pd.to_datetime(baselines["approved_on"]),
    )  # fmt: skip
    tasks = pd.DataFrame(register["Tasks"])
    tasks = tasks.assign(
        task_id="pmo:" + tasks["task_key"], project_id=tasks["project_key"].map(ids), recorded_at=pd.Timestamp(today)
    )
    waits = pd.DataFrame(list(_waits(tasks))).assign(recorded_at=pd.Timestamp(today))
    return {**tables, "dim_milestone": milestones, "fct_baseline": baselines, "fct_task": tasks,
            "fct_dependency": waits}, simulator  # fmt: skip


def _waits(tasks: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in tasks.loc[tasks["predecessors"].notna()].to_dict("records"):
        for text in str(row["predecessors"]).split("; "):
            found = _WAIT.match(text)
            assert found is not None
            key, kind, lag = found.groups()
            yield {
                "dependency_id": f"{row['task_id']}<{key}", "dependency_type": kind or "FS", "lag_days": int(lag or 0),
                "predecessor_task_id": f"pmo:{key}", "successor_task_id": row["task_id"],
            }  # fmt: skip


def true_days(simulator: Any) -> dict[str, date]:
    """By milestone's key the day on which the simulator, run on, reaches it."""
    from connectors.sandbox.portfolio.structure import MILESTONES, _at

    found = {}
    for state in simulator._states:
        finished = simulator.truth[state.plan.key].finished_at
        if finished is None:
            continue
        begins = (simulator.start + timedelta(days=state.plan.starts)).date()
        for number, (_, share) in enumerate(MILESTONES, start=1):
            usual = _at(begins, begins + timedelta(weeks=round(state.plan.weeks)), share)
            last = _at(begins, finished.date(), share)
            found[f"{state.plan.key}-M{number}"] = usual if share < 1 and usual <= finished.date() else last
    return found


def against_truth(seed: int) -> pd.DataFrame:
    """Every milestone still open, with its forecast and its true day; of last ones also the flow's forecast."""
    tables, simulator = plan_tables(seed)
    said = ScheduleSlip().forecast(tables, simulator.world.now.date(), SEED)
    true = pd.DataFrame(true_days(simulator).items(), columns=["subject_key", "true_on"])
    joined = said.loc[said["subject_type"] == "milestone"].merge(true, on="subject_key")
    joined = joined.loc[joined["forecast_status"] == "ok"].assign(seed=seed, is_observed=True)
    joined["days"] = (pd.to_datetime(joined["true_on"]) - pd.to_datetime(joined["as_of_on"])).dt.days
    joined["due"] = joined["baseline_on"].where(joined["baseline_on"].notna(), joined["promised_on"])
    joined["is_late"] = pd.to_datetime(joined["true_on"]) > pd.to_datetime(joined["due"])
    planned = set(tables["fct_task"]["project_id"])
    joined["has_tasks"] = joined["project_id"].isin(planned)
    for name, rows in (("both", said), ("flow", _without_plan(tables, simulator.world.now.date()))):
        finish = rows.loc[(rows["subject_type"] == "project") & (rows["forecast_status"] == "ok")]
        columns = ["project_id", *(f"finish_on_{level}" for level in QUANTILES), "probability_late"]
        joined = joined.merge(finish[columns], on="project_id", how="left", suffixes=("", f"_{name}"))
    return joined


def _without_plan(tables: dict[str, pd.DataFrame], today: date) -> pd.DataFrame:
    return ScheduleSlip().forecast({**tables, "dim_milestone": tables["dim_milestone"].iloc[:0]}, today, SEED)


def scores(found: pd.DataFrame, suffix: str = "") -> dict[str, Any]:
    """Coverage, CRPS, Brier, bias and median error in days of one engine's forecasts."""
    rows = found.rename(columns={f"finish_on_{name}{suffix}": f"q_{name}" for name in QUANTILES})
    ahead = np.column_stack(
        [(pd.to_datetime(rows[f"q_{name}"]) - pd.to_datetime(rows["as_of_on"])).dt.days for name in QUANTILES]
    ).astype(float)
    days = rows["days"].to_numpy(float)
    late, chance = rows["is_late"].to_numpy(float), rows[f"probability_late{suffix}"].to_numpy(float)
    named = [
        dict(row, **{f"finish_on_{name}": row[f"q_{name}"] for name in QUANTILES}) for row in rows.to_dict("records")
    ]
    levels = np.array([level_of(row) for row in named])
    grid = np.exp(quantiles(np.log(np.maximum(ahead, 1.0)), GRID))
    return {
        "forecasts": len(rows), "coverage_p10_p90": float(((levels > 0.1) & (levels <= 0.9)).mean()),
        "below_p50": float((levels <= 0.5).mean()), "below_p80": float((levels <= 0.8).mean()),
        "crps_days": float(crps(days, grid).mean()), "median_error_days": float(np.median(np.abs(days - ahead[:, 1]))),
        "bias_days": bias_days(days, ahead[:, 1]), "brier": brier(late, chance), "mean_chance": float(chance.mean()),
        "truly_late": float(late.mean()), "brier_base_rate": float(late.mean() * (1 - late.mean())),
    }  # fmt: skip


def main() -> None:
    """All open milestones, those with and without tasks, and the last ones beside the flow's project forecast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="*", default=[*range(21, 27)])
    found = pd.concat([against_truth(seed) for seed in parser.parse_args().seeds], ignore_index=True)
    say("milestones", found)
    say("milestones without tasks", found.loc[~found["has_tasks"]])
    say("milestones with tasks", found.loc[found["has_tasks"]])
    last = found.loc[found["subject_key"].str.endswith("-M4") & found["probability_late_flow"].notna()]
    for name, part in (("all projects", last), ("projects with tasks", last.loc[last["has_tasks"]])):
        say(f"finish of {name} by the plan", part)
        say(f"finish of {name} by the flow", part, "_flow")
        say(f"finish of {name} by both", part, "_both")


def say(work: str, found: pd.DataFrame, suffix: str = "") -> None:
    if len(found):
        told = {name: round(value, 3) for name, value in scores(found, suffix).items()}
        print(json.dumps({"work": work, **told}), flush=True)


if __name__ == "__main__":
    main()
