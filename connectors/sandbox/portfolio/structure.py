"""How the simulated portfolio hangs together in the register: its levels, the goals served, milestones and schedules.

Milestones and tasks tell the plan, the promise and how far work has come; nothing is drawn from the world's stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.portfolio import names, people
from connectors.sandbox.portfolio.planning import dice
from connectors.sandbox.portfolio.state import ProjectState

Rows = Iterator[dict[str, Any]]

PORTFOLIOS = (("PF-GROW", "Grow the business"), ("PF-RUN", "Run the bank"), ("PF-PROTECT", "Protect the bank"))
MEMBERS = {
    "PF-GROW": ("Customer Channels", "Payments", "Supply and Logistics"),
    "PF-RUN": ("Core Banking Renewal", "Cloud Foundation", "Workplace"),
    "PF-PROTECT": ("Risk and Compliance", "Data and Insight"),
}
MILESTONES = (("Scope agreed", 0.12), ("First release", 0.45), ("Acceptance", 0.9), ("In operation", 1.0))
# key, name, share of the plan at which it starts and ends, what it waits for
TASKS = (
    ("T1", "Requirements", 0.0, 0.12, ()),
    ("T2", "Design", 0.12, 0.28, ("T1",)),
    ("T3", "Order and set up environments", 0.16, 0.3, ("T1FS+5",)),
    ("T4", "Build", 0.3, 0.75, ("T2", "T3")),
    ("T5", "Write test cases", 0.2, 0.4, ("T2SS+10",)),
    ("T6", "Test", 0.7, 0.92, ("T4FS-10", "T5")),
    ("T7", "Train users", 0.85, 0.95, ("T6SS+15",)),
    ("T8", "Go live", 0.97, 1.0, ("T6", "T7FF+5")),
)


def levels(states: Sequence[ProjectState]) -> Rows:
    """Portfolios and the programmes below them; projects name their programme in the sheet Projects."""
    used = {state.plan.programme for state in states}
    for number, (key, name) in enumerate(PORTFOLIOS):
        if used.intersection(MEMBERS[key]):
            yield _level(key, name, "portfolio", None, number)
        for programme in MEMBERS[key]:
            if programme in used:
                index = names.PROGRAMMES.index(programme)
                yield _level(f"PG-{index + 1}", programme, "programme", key, index + 3)


def _level(key: str, name: str, level: str, parent: str | None, number: int) -> dict[str, Any]:
    owner = names.SPONSORS[number % len(names.SPONSORS)]
    return {
        "node_key": key,
        "node_name": name,
        "level": level,
        "parent_key": parent,
        "owner_name": owner,
        "owner_email": people.email(owner),
    }


def alignments(state: ProjectState) -> Rows:
    """Every third project serves a second objective beside its programme's own."""
    if "no_objective" in state.plan.habits:
        return
    first = names.PROGRAMMES.index(state.plan.programme) + 1
    has_second = state.plan.index % 3 == 0
    yield _alignment(state, first, 0.7 if has_second else 1.0, "What the programme is for")
    if has_second:
        yield _alignment(state, first % len(names.OBJECTIVES) + 1, 0.3, "Prepares the ground for it")


def _alignment(state: ProjectState, objective: int, weight: float, why: str) -> dict[str, Any]:
    return {
        "project_key": state.plan.key,
        "objective_key": f"OBJ-{objective}",
        "weight": weight,
        "rationale": why,
    }


def milestones(state: ProjectState, today: date) -> Rows:
    """Baseline by the approved plan, forecast by the promise, actual once that much of the time has passed."""
    owner = state.world.people[state.project.lead]
    for number, (name, share) in enumerate(MILESTONES, start=1):
        actual = _actual(state, share, today)
        yield {
            "milestone_key": f"{state.plan.key}-M{number}",
            "project_key": state.plan.key,
            "milestone_name": name,
            "baseline_on": _baseline(state, share),
            "forecast_on": actual or _planned(state, share),
            "actual_on": actual,
            "owner_name": owner.display_name,
            "owner_email": owner.email,
        }


def tasks(state: ProjectState, today: date) -> Rows:
    """A small schedule of each project that works in stages; the others plan on their boards only."""
    if state.plan.style != "gated":
        return
    owner = state.world.people[state.project.lead]
    for key, name, first, last, waits in TASKS:
        begun, done = _actual(state, first, today), _actual(state, last, today)
        start, finish = _planned(state, first), _planned(state, last)
        yield {
            "task_key": f"{state.plan.key}-{key}",
            "project_key": state.plan.key,
            "task_name": name,
            "planned_start_on": start,
            "planned_finish_on": finish,
            "baseline_start_on": _baseline(state, first),
            "baseline_finish_on": _baseline(state, last),
            "actual_start_on": begun,
            "actual_finish_on": done,
            "duration_days": _working_days(start, finish),
            "percent_complete": 1.0 if done else _share_done(state, first, last) if begun else 0.0,
            "predecessors": "; ".join(f"{state.plan.key}-{one}" for one in waits) or None,
            "owner_name": owner.display_name,
            "owner_email": owner.email,
        }


def begins(state: ProjectState) -> date:
    return (state.portfolio.start + timedelta(days=state.plan.starts)).date()


def _at(start: date, finish: date, share: float) -> date:
    """That share of the way, on a working day."""
    day = start + timedelta(days=round((finish - start).days * share))
    return day - timedelta(days=max(0, day.weekday() - 4))


def _baseline(state: ProjectState, share: float) -> date | None:
    approved = [one for one in state.steering.baselines if one.approved_on <= state.portfolio.world.now.date()]
    return _at(approved[-1].start_on, approved[-1].finish_on, share) if approved else None


def _planned(state: ProjectState, share: float) -> date:
    start = begins(state)
    return _at(start, state.steering.promised_on or start, share)


def _actual(state: ProjectState, share: float, today: date) -> date | None:
    """The day on which that share of the time was over; the end itself is the last issue done."""
    if state.finished_at is not None:
        return _at(begins(state), state.finished_at.date(), share)
    reached = _at(begins(state), begins(state) + timedelta(weeks=round(state.plan.weeks)), share)
    return reached if share < 1 and reached <= today else None


def _share_done(state: ProjectState, first: float, last: float) -> float:
    wobble = dice(state, f"task/{first}").uniform(-0.1, 0.1)
    return round(min(0.95, max(0.05, (state.progress - first) / (last - first) + wobble)), 2)


def _working_days(start: date, finish: date) -> int:
    return sum((start + timedelta(days=n)).weekday() < 5 for n in range((finish - start).days + 1))
