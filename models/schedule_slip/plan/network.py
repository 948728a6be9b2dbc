"""When the tasks of a plan end, trial by trial: precedence with type and lag on working days, uncertain durations.

The precedence diagram of Fondahl (1961) with uncertain durations (van Slyke, Operations Research 11, 1963). Times are
numbers of working days; a task of number s and length n is done when working day s + n - 1 is over, at s + n.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from models.schedule_slip.plan.record import FloatArray

LEAST_CHANCE = 1e-300  # the far tail of a normal that doubles can tell


@dataclass(frozen=True)
class Task:
    """One task as known on a day; `start` and `end` are what really happened, None where it has not."""

    name: str
    length: float  # planned, in working days
    planned_start: float
    planned_end: float  # the working day after its last
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True)
class Wait:
    """What a task waits for: FS, SS, FF or SF, and a lag in working days (negative: a lead)."""

    before: str
    after: str
    kind: str = "FS"
    lag: float = 0.0


@dataclass(frozen=True)
class Pace:
    """How lengths come true in one project: log ratio to the plan, how sure of it, and the spread from task to task."""

    centre: float
    doubt: float
    within: float


def task_draws(seed: int, name: str, trials: int) -> FloatArray:
    """A task's own draws (uniform), the same whoever else is there: common random numbers."""
    own = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    half = np.random.Generator(np.random.PCG64([seed, own])).random(trials // 2)
    return np.concatenate([half, 1.0 - half])


def task_ends(
    tasks: Sequence[Task], waits: Sequence[Wait], now: float, pace: Pace, seed: int, trials: int
) -> tuple[Mapping[str, FloatArray], FloatArray]:
    """The end of each task in each trial, and by how much lengths stretch there (the project's factor).

    Waits for tasks that are not there, and those that stand in a circle, are left out.
    """
    named = {task.name: task for task in tasks}
    into: dict[str, list[Wait]] = defaultdict(list)
    for wait in waits:
        if wait.before in named and wait.after in named:
            into[wait.after].append(wait)
    level = pace.centre + pace.doubt * ndtri(np.clip(task_draws(seed, "project", trials), 1e-9, 1 - 1e-9))
    stretch, first = np.exp(level), min(task.planned_start for task in tasks)
    starts: dict[str, FloatArray] = {}
    ends: dict[str, FloatArray] = {}
    for name in _in_order(named, into):
        task = named[name]
        known = [wait for wait in into[name] if wait.before in ends]
        length = _length(task, now, level, pace.within, task_draws(seed, name, trials))
        begins = np.maximum(first + (task.planned_start - first) * stretch, now)
        starts[name] = _start(task, known, starts, ends, length, begins)
        ends[name] = np.full(trials, task.end) if task.end is not None else starts[name] + length
    return ends, stretch


def _length(task: Task, now: float, level: FloatArray, within: float, draws: FloatArray) -> FloatArray:
    """Of an open task: drawn around its plan; of one under way given that it has lasted until now."""
    if task.length <= 0:
        return np.zeros_like(level)
    left = np.ones_like(level)  # the chance to last as long as it has already
    if task.start is not None and now > task.start:
        left = ndtr(-(np.log((now - task.start) / task.length) - level) / within)
    score = -ndtri(np.clip(left * (1.0 - draws), LEAST_CHANCE, 1.0 - 1e-12))
    elapsed = 0.0 if task.start is None else max(now - task.start, 0.0)
    return np.asarray(np.maximum(task.length * np.exp(level + within * score), elapsed), dtype=np.float64)


def _start(
    task: Task,
    waits: Sequence[Wait],
    starts: Mapping[str, FloatArray],
    ends: Mapping[str, FloatArray],
    length: FloatArray,
    earliest: FloatArray,
) -> FloatArray:
    """As soon as what it waits for allows, but not before its planned day, which slips as the project does."""
    if task.start is not None:
        return np.full_like(length, task.start)
    if task.end is not None:
        return np.full_like(length, task.end - task.length)
    for wait in waits:
        reached = (ends if wait.kind in ("FS", "FF") else starts)[wait.before] + wait.lag
        earliest = np.maximum(earliest, reached - length if wait.kind in ("FF", "SF") else reached)
    return earliest


def _in_order(named: Mapping[str, Task], into: Mapping[str, Sequence[Wait]]) -> list[str]:
    """Each after what it waits for (Kahn 1962), by name where free; what stands in a circle comes last."""
    left = {name: {wait.before for wait in into.get(name, ())} for name in sorted(named)}
    found: list[str] = []
    while left:
        free = [name for name, before in left.items() if not before & left.keys()] or list(left)
        found += free
        for name in free:
            del left[name]
    return found
