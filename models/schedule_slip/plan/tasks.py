"""The tasks of projects and what they wait for, as on record by a day, in numbers of working days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from models.forecaster import Tables
from models.schedule_slip.events import day_number, days_of
from models.schedule_slip.plan.network import Task, Wait
from models.schedule_slip.plan.workdays import Workdays

INPUTS = {
    "fct_task": (
        "task_id", "project_id", "planned_start_on", "planned_finish_on", "baseline_start_on", "baseline_finish_on",
        "actual_start_on", "actual_finish_on", "duration_days", "recorded_at",
    ),
    "fct_dependency": (
        "dependency_id", "dependency_type", "lag_days", "predecessor_task_id", "successor_task_id", "recorded_at",
    ),
    "dim_calendar": ("calendar_id", "day_on", "is_working_day", "recorded_at"),
}  # fmt: skip


@dataclass(frozen=True)
class Schedule:
    """The network of one project."""

    tasks: tuple[Task, ...]  # by name
    waits: tuple[Wait, ...]
    told: Mapping[str, int]  # the day each task was recorded

    def known_by(self, now: float, day: int, in_force: int | None) -> tuple[Task, ...]:
        """The tasks on record at the end of `day` (number `now` begins the next): what happened later has not yet."""
        planned = in_force is not None and in_force <= day
        return tuple(_undone(task, now) for task in self.tasks if planned or self.told[task.name] <= day)


def _undone(task: Task, now: float) -> Task:
    start = task.start if task.start is not None and task.start < now else None
    return replace(task, start=start, end=task.end if task.end is not None and task.end <= now else None)


def schedules_of(tables: Tables, until: Mapping[str, int], workdays: Workdays) -> dict[str, Schedule]:
    """By project its tasks and waits recorded by its day; tasks without a planned finish are left out."""
    rows = tables.get("fct_task")
    if rows is None or not len(rows):
        return {}
    rows = rows.loc[rows["project_id"].isin(list(until))]
    limit = rows["project_id"].map(dict(until)).to_numpy(dtype=np.int64)
    rows = rows.loc[days_of(rows["recorded_at"]) <= limit].sort_values("task_id")
    waits = _waits(tables, until)
    found = {}
    for project, part in rows.groupby("project_id", sort=True):
        records: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in part.to_dict("records")]
        pairs = [(_task(row, workdays), day_number(row["recorded_at"]) or 0) for row in records]
        tasks = [(task, told) for task, told in pairs if task is not None]
        names = {task.name for task, _ in tasks}
        own = tuple(one for one, told in waits if told <= until[str(project)] and {one.before, one.after} <= names)
        found[str(project)] = Schedule(tuple(task for task, _ in tasks), own, {task.name: day for task, day in tasks})
    return found


def _task(row: Mapping[str, Any], workdays: Workdays) -> Task | None:
    """Lengths and dates of the approved plan where there is one: the plan that is held against what happened."""
    is_approved = day_number(row["baseline_finish_on"]) is not None
    plan = "baseline" if is_approved else "planned"
    begins, ends = day_number(row[f"{plan}_start_on"]), day_number(row[f"{plan}_finish_on"])
    if ends is None:
        return None
    end = float(_number(workdays, ends + 1))
    told = row["duration_days"]
    length = 0.0 if told == 0 else end - _number(workdays, begins) if begins is not None else float(told or 1)
    length = max(length, 0.0)
    began, ended = day_number(row["actual_start_on"]), day_number(row["actual_finish_on"])
    return Task(
        str(row["task_id"]),
        length,
        end - length,
        end,
        None if began is None else float(_number(workdays, began)),
        None if ended is None else float(_number(workdays, ended + 1)),
    )


def _waits(tables: Tables, until: Mapping[str, int]) -> Sequence[tuple[Wait, int]]:
    """What waits for what, each with the day it was recorded."""
    rows = tables.get("fct_dependency")
    if rows is None or not len(rows):
        return []
    both = rows["predecessor_task_id"].notna() & rows["successor_task_id"].notna()
    return [
        (
            Wait(str(row["predecessor_task_id"]), str(row["successor_task_id"]), str(row["dependency_type"]),
                 float(row["lag_days"] or 0)),
            day_number(row["recorded_at"]) or 0,
        )
        for row in rows.loc[both].sort_values("dependency_id").to_dict("records")
    ]  # fmt: skip


def _number(workdays: Workdays, day: int) -> int:
    return int(workdays.number(np.int64(day)))  # type: ignore[arg-type]
