"""The knobs of the simulation, read from realism.yml where each stands with the real measure it was set by."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PATH = Path(__file__).parents[1] / "realism.yml"


@dataclass(frozen=True, slots=True)
class Parameters:
    kickoff_share: float
    intake_ends: float
    refinement_chance: float
    bug_share: float
    bug_delay_median_days: float
    bug_delay_sigma: float
    reopen_share: float
    cancel_share: float
    cycle_median_days: float
    cycle_sigma: float
    block_share: float
    block_median_days: float
    block_sigma: float
    newest_first_share: float
    urgent_first_share: float
    activity_sigma: float
    activity_memory: float
    idle_small: float
    idle_large: float
    idle_stay: float
    idle_level: float
    batch_share: float
    scope_median: float
    scope_sigma: float
    growth_low: float
    growth_high: float
    backlog_limit: float
    session_share: float


@dataclass(frozen=True, slots=True)
class Planning:
    """How plans are made and kept; nothing of it changes what is done."""

    growth_foreseen: float
    allowance: float
    estimate_sigma: float
    hope_low: float
    hope_high: float
    exact_promises: float
    promise_sigma_days: float
    replan_late_days: float
    replan_early_days: float
    replan_chance: float
    overdue_chance: float
    replan_sigma: float
    most_replans: float
    most_moved_days: float
    judgement_mean_days: float
    judgement_sigma_days: float


@cache
def planning(path: Path = PATH) -> Planning:
    """The planner's knobs; the file says what they were compared with, and when."""
    entries = _read(path)["planning"]["parameters"]
    return Planning(**{name: float(entry["value"]) for name, entry in entries.items()})


@cache
def load(path: Path = PATH) -> Parameters:
    """Read the file once; a missing or surplus name fails here, not deep in the simulation."""
    entries = _read(path)["parameters"]
    return Parameters(**{name: float(entry["value"]) for name, entry in entries.items()})


def _read(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
