"""Each open milestone at past days and at the present: what the plan engine would have said then, and what came of it.

A milestone is forecast from its own day: the time from the plan's start to it comes true as the project's parts have so
far (`record`) and as the flow of its work lets expect. One whose tasks are known also waits for its network: for all
tasks planned to end by its day, and then for the time that the plan leaves after the last of them. Nothing is used that
was not there at the landmark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from models.schedule_slip.events import IntArray
from models.schedule_slip.features import STEP_DAYS
from models.schedule_slip.plan.network import LEAST_CHANCE, Pace, Task, task_ends
from models.schedule_slip.plan.record import FloatArray, Record, record_of
from models.schedule_slip.plan.tasks import Schedule
from models.schedule_slip.plan.told import Milestone, Plan
from models.schedule_slip.plan.workdays import Workdays

STEPS = 26  # two years of landmarks, four weeks apart
TRIALS = 256
LEAST_LENGTH = 14.0  # days: a plan that names a day at or before its own start says nothing of pace
LEAST_SPREAD = 0.3  # of the logarithm of the days left: nothing measured supports a narrower claim
_LOW, _HIGH = 0.16, 0.84
COLUMNS = [
    "milestone", "project", "step", "origin", "planned", "is_network", "waiting", "median", "spread", "days",
    "is_observed", "own_reached", "all_reached",
]  # fmt: skip


# By project and step: the logarithm of the days to its finish that the flow of its work says, and how sure it is.
Flow = Mapping[tuple[str, int], tuple[float, float]]


@dataclass(frozen=True)
class Ground:
    """What is known of the projects that milestones belong to, by place in `projects`."""

    projects: Sequence[str]
    effective: Mapping[str, int]
    plans: Mapping[str, Plan]
    begun: Mapping[str, int]  # the first day on which a project had anything in scope
    schedules: Mapping[str, Schedule]
    workdays: Workdays
    flow: Flow = field(default_factory=dict)

    def start(self, project: str) -> int:
        """From when a plan's days are counted: its baseline's start, else the day the first item came."""
        plan = self.plans.get(project)
        if plan is not None and plan.start is not None:
            return plan.start
        return self.begun.get(project, self.effective[project])

    def in_force(self, project: str) -> int | None:
        plan = self.plans.get(project)
        return None if plan is None else plan.approved


@dataclass(frozen=True)
class _Part:
    """A milestone as it stood at a landmark."""

    milestone: int
    project: int
    length: float  # planned days from the plan's start
    planned: int
    reached: int | None


def landmarks(milestones: Sequence[Milestone], ground: Ground, seed: int) -> pd.DataFrame:
    """One row a milestone open at a landmark of which a planned day was on record; step 0 is the present."""
    rows: list[tuple[object, ...]] = []
    for step in range(STEPS + 1):
        parts = list(_standing(milestones, ground, step))
        if parts:
            rows += _said(parts, milestones, ground, step, seed)
    return pd.DataFrame(rows, columns=COLUMNS)


def _standing(milestones: Sequence[Milestone], ground: Ground, step: int) -> Iterator[_Part]:
    place = {name: number for number, name in enumerate(ground.projects)}
    for number, one in enumerate(milestones):
        day = ground.effective[one.project_id] - STEP_DAYS * step
        planned = one.planned(day, ground.in_force(one.project_id))
        if planned is None:
            continue
        actual = one.newest.actual
        reached = actual if actual is not None and actual <= day else None
        length = max(float(planned - ground.start(one.project_id)), LEAST_LENGTH)
        yield _Part(number, place[one.project_id], length, planned, reached)


def _said(
    parts: Sequence[_Part], milestones: Sequence[Milestone], ground: Ground, step: int, seed: int
) -> list[tuple[object, ...]]:
    days = np.array([ground.effective[name] - STEP_DAYS * step for name in ground.projects], dtype=np.int64)
    starts = np.array([ground.start(name) for name in ground.projects], dtype=np.int64)
    told = [part for part in parts if _tells(part, ground, days, starts)]
    ends = np.array([days[part.project] if part.reached is None else part.reached for part in told], dtype=np.float64)
    project = np.array([part.project for part in told], dtype=np.int64)
    lengths = np.array([part.length for part in told])
    observed = np.array([part.reached is not None for part in told], dtype=bool)
    ratio = np.log(np.maximum(ends - starts[project], 1.0) / lengths) if told else np.zeros(0)
    opinion = _opinion(ground, step, days, starts)
    record = record_of(ratio, observed, project, len(days)).beside(*opinion)
    own = np.bincount(project[observed], minlength=len(days))
    networks = _networks(parts, ground, days, opinion, seed)
    rows: list[tuple[object, ...]] = []
    for part in parts:
        if part.reached is not None:
            continue
        day = int(days[part.project])
        waiting, drawn = networks.get(part.milestone, (0, None))
        middle, spread = _own(part, record, day - int(starts[part.project]))
        if drawn is not None:
            middle, spread = _pooled(middle, spread, *_summary(drawn))
        actual = milestones[part.milestone].newest.actual
        until = ground.effective[milestones[part.milestone].project_id]
        is_over = actual is not None and actual <= until
        fate = (actual if is_over and actual is not None else until) - day
        rows.append(
            (part.milestone, part.project, step, day, part.planned, drawn is not None, waiting, middle, spread,
             float(fate), is_over, int(own[part.project]), int(observed.sum()))
        )  # fmt: skip
    return rows


def _opinion(ground: Ground, step: int, days: IntArray, starts: IntArray) -> tuple[FloatArray, FloatArray]:
    """What the flow of work says of each plan as a whole: log ratio of its length to come, and its spread."""
    ratio, spread = np.zeros(len(days)), np.full(len(days), np.inf)
    for number, name in enumerate(ground.projects):
        plan, said = ground.plans.get(name), ground.flow.get((name, step))
        if said is None or plan is None or plan.finish is None or plan.approved > days[number]:
            continue
        elapsed, left = max(float(days[number] - starts[number]), 0.0), float(np.exp(said[0]))
        ratio[number] = np.log((elapsed + left) / max(float(plan.finish - starts[number]), LEAST_LENGTH))
        spread[number] = said[1] * left / (elapsed + left)
    return ratio, spread


def _tells(part: _Part, ground: Ground, days: IntArray, starts: IntArray) -> bool:
    """Whether a part says how plans come true: begun, and not reached before the plan it is held against was made."""
    if part.reached is None:
        return bool(days[part.project] > starts[part.project])
    approved = ground.in_force(ground.projects[part.project])
    return part.reached > starts[part.project] and (approved is None or part.reached >= approved)


def _own(part: _Part, record: Record, elapsed: int) -> tuple[float, float]:
    """Median and spread of the days left: the planned time as the project's parts come true, given it is not over."""
    centre = record.centre[part.project]
    spread = float(np.hypot(record.doubt[part.project], record.within))
    chance = float(ndtr(-(np.log(elapsed / part.length) - centre) / spread)) if elapsed > 0 else 1.0
    levels = np.clip(chance * (1.0 - np.array([_LOW, 0.5, _HIGH])), LEAST_CHANCE, 1.0 - 1e-12)
    left = part.length * np.exp(centre - spread * ndtri(levels)) - elapsed
    return _middle_and_spread(left)


def _networks(
    parts: Sequence[_Part], ground: Ground, days: IntArray, opinion: tuple[FloatArray, FloatArray], seed: int
) -> dict[int, tuple[int, FloatArray]]:
    """By milestone how many open tasks it waits for, and its days left in each trial."""
    known: dict[int, tuple[Task, ...]] = {}
    now = {number: float(ground.workdays.number(days[number] + 1)) for number in range(len(days))}
    for number, name in enumerate(ground.projects):
        if name in ground.schedules:
            known[number] = ground.schedules[name].known_by(now[number], int(days[number]), ground.in_force(name))
    paces = _paces(known, now, opinion)
    found: dict[int, tuple[int, FloatArray]] = {}
    for number, tasks in known.items():
        own = [part for part in parts if part.project == number and part.reached is None]
        if not own or all(task.end is not None for task in tasks):
            continue
        waits = ground.schedules[ground.projects[number]].waits
        ends, stretch = task_ends(tasks, waits, now[number], paces[number], seed, TRIALS)
        for part in own:
            day = float(ground.workdays.number(np.asarray(part.planned + 1)))
            before = [task for task in tasks if task.planned_end <= day]
            waiting = sum(task.end is None for task in before)
            if not waiting:
                continue
            gap = day - max(task.planned_end for task in before)
            last = np.maximum(np.max([ends[task.name] for task in before], axis=0) + gap * stretch, now[number] + 1)
            whole = ground.workdays.day(np.ceil(last).astype(np.int64) - 1)
            found[part.milestone] = (waiting, (whole - days[number]).astype(np.float64))
    return found


def _paces(
    known: Mapping[int, Sequence[Task]], now: Mapping[int, float], opinion: tuple[FloatArray, FloatArray]
) -> dict[int, Pace]:
    """How the lengths of tasks come true in each project that has some."""
    told = [
        (place, (now[number] if task.end is None else task.end) - task.start, task.length, task.end is not None)
        for place, (number, tasks) in enumerate(known.items())
        for task in tasks
        if task.start is not None and task.length > 0
    ]
    project = np.array([one[0] for one in told], dtype=np.int64)
    lasted = np.array([max(one[1], 0.5) for one in told])
    ratio = np.log(lasted / np.array([one[2] for one in told])) if told else np.zeros(0)
    record = record_of(ratio, np.array([one[3] for one in told], dtype=bool), project, len(known))
    places = list(known)
    record = record.beside(opinion[0][places], opinion[1][places])
    return {
        number: Pace(float(record.centre[place]), float(record.doubt[place]), record.within)
        for place, number in enumerate(known)
    }


def _pooled(middle: float, spread: float, other: float, doubt: float) -> tuple[float, float]:
    """Both engines weigh the same (a logarithmic pool: Genest and Zidek 1986); the less sure one says how wide."""
    return float(np.sqrt(middle * other)), max(spread, doubt)


def _summary(drawn: FloatArray) -> tuple[float, float]:
    return _middle_and_spread(np.quantile(drawn, [_LOW, 0.5, _HIGH]))


def _middle_and_spread(quantiles: FloatArray) -> tuple[float, float]:
    low, middle, high = np.maximum(quantiles, 1.0)
    return float(middle), max(float(np.log(high / low) / 2.0), LEAST_SPREAD)
