"""The PMO's register of the simulated portfolio as plain rows: what a PMO writes down, gaps and slips included.

A pure function of the states and the present, so that an unchanged week gives unchanged rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypeAlias

from connectors.sandbox.portfolio import finance, governance, names, people, resources, structure
from connectors.sandbox.portfolio.finance import budget
from connectors.sandbox.portfolio.meanings import meanings
from connectors.sandbox.portfolio.risks import risks
from connectors.sandbox.portfolio.state import ProjectState

Cell: TypeAlias = str | int | float | date | None
Row: TypeAlias = dict[str, Cell]
Register: TypeAlias = dict[str, list[Row]]

COLUMNS: dict[str, tuple[str, ...]] = {
    "Projects": (
        "project_key", "project_name", "programme", "phase", "sponsor_name", "sponsor_email", "owner_name",
        "owner_email", "objective_key", "claimed_rag", "status_text", "status_updated_on", "promised_on",
        "governance_mode",
    ),
    "Objectives": ("objective_key", "objective_name", "owner_name", "owner_email", "target_on", "weight"),
    "Baselines": ("project_key", "version", "start_on", "finish_on", "approved_on", "approved_by", "reason"),
    "Budget": ("project_key", "category", "period_on", "planned_amount", "actual_amount", "currency_code"),
    "Risks": (
        "risk_key", "project_key", "title", "category", "probability", "impact_amount", "impact_days",
        "currency_code", "owner_name", "owner_email", "response", "status", "raised_on", "reviewed_on", "due_on",
    ),
    "Portfolio": ("node_key", "node_name", "level", "parent_key", "owner_name", "owner_email"),
    "Alignment": ("project_key", "objective_key", "weight", "rationale"),
    "Milestones": (
        "milestone_key", "project_key", "milestone_name", "baseline_on", "forecast_on", "actual_on", "owner_name",
        "owner_email",
    ),
    "Tasks": (
        "task_key", "project_key", "task_name", "planned_start_on", "planned_finish_on", "baseline_start_on",
        "baseline_finish_on", "actual_start_on", "actual_finish_on", "duration_days", "percent_complete",
        "predecessors", "owner_name", "owner_email",
    ),
    "Decisions": (
        "decision_key", "project_key", "title", "status", "owner_name", "owner_email", "raised_on", "due_on",
        "decided_on", "decided_by", "impact_amount", "currency_code", "outcome",
    ),
    "Benefits": (
        "benefit_key", "project_key", "benefit_name", "category", "status", "owner_name", "owner_email", "planned_on",
        "realised_on", "planned_amount", "realised_amount", "currency_code", "outcome",
    ),
    "Waivers": ("waiver_key", "rule_id", "project_key", "reason", "approved_by", "approved_on", "expires_on"),
    "Charter": (
        "item_key", "item_type", "item_name", "owner_name", "owner_email", "target", "result", "due_on", "achieved_on",
    ),
    "Statuses": ("project_key", "issue_type", "status", "valid_from", "status_category", "work_state"),
    **finance.COLUMNS,
    **resources.COLUMNS,
}  # fmt: skip


def rows(states: Sequence[ProjectState], now: datetime) -> Register:
    """Every sheet's rows, in a fixed order, with the few mistakes that people make."""
    today, ordered = now.date(), sorted(states, key=lambda state: state.plan.index)
    register: Register = {
        "Projects": [_project(state, today) for state in ordered],
        "Objectives": list(_objectives(now)),
        "Baselines": [row for state in ordered for row in _baselines(state)],
        "Budget": [row for state in ordered for row in budget(state, today)],
        "Risks": [row for state in ordered for row in risks(state, today)],
        "Portfolio": list(structure.levels(ordered)),
        "Alignment": [row for state in ordered for row in structure.alignments(state)],
        "Milestones": [row for state in ordered for row in structure.milestones(state, today)],
        "Tasks": [row for state in ordered for row in structure.tasks(state, today)],
        "Decisions": [row for state in ordered for row in governance.decisions(state, today)],
        "Benefits": [row for state in ordered for row in governance.benefits(state, today)],
        "Waivers": list(governance.waivers(ordered, today)),
        "Charter": list(governance.charter(ordered[0].portfolio.start.date(), today)) if ordered else [],
        "Statuses": list(meanings(ordered, today)),
        **finance.sheets(ordered, today),
        **resources.sheets(ordered, today),
    }
    _blunder(register)
    return register


def _phase(state: ProjectState, today: date) -> str:
    if state.finished_at is not None:
        return "closed" if (today - state.finished_at.date()).days > 30 else "closing"
    if state.progress < 0.02:
        return "initiation"
    return "planning" if state.progress < 0.06 else "active"


def _mode(index: int) -> str | None:
    """Most projects follow the portfolio's mode; a few are governed more strictly, or more loosely."""
    return {3: "directive", 1: "supportive", 6: "controlling"}.get(index % 10)


def _project(state: ProjectState, today: date) -> Row:
    plan, said = state.plan, state.steering
    owner = state.world.people[state.project.lead]
    sponsor = None if "no_sponsor" in plan.habits else names.SPONSORS[plan.index % len(names.SPONSORS)]
    has_owner = "no_owner" not in plan.habits
    programme = names.PROGRAMMES.index(plan.programme) + 1
    return {
        "project_key": plan.key,
        "project_name": plan.name,
        "programme": plan.programme,
        "phase": _phase(state, today),
        "sponsor_name": sponsor,
        "sponsor_email": people.email(sponsor) if sponsor else None,
        "owner_name": owner.display_name if has_owner else None,
        "owner_email": owner.email if has_owner else None,
        "objective_key": None if "no_objective" in plan.habits else f"OBJ-{programme}",
        "claimed_rag": said.rag,
        "status_text": said.text,
        "status_updated_on": said.updated_on,
        "promised_on": said.promised_on,
        "governance_mode": _mode(plan.index),
    }


def _objectives(now: datetime) -> Iterator[Row]:
    """The strategy; the last objective has no project yet."""
    for number, name in enumerate(names.OBJECTIVES, start=1):
        owner = names.SPONSORS[number % len(names.SPONSORS)]
        yield {
            "objective_key": f"OBJ-{number}",
            "objective_name": name,
            "owner_name": owner,
            "owner_email": people.email(owner),
            "target_on": date(now.year + 1, 12, 31) if number % 2 else date(now.year, 12, 31),
            "weight": 0.2 if number == 1 else 0.1,
        }


def _baselines(state: ProjectState) -> Iterator[Row]:
    for baseline in state.steering.baselines:
        if baseline.approved_on > state.portfolio.world.now.date():
            continue
        yield {
            "project_key": state.plan.key,
            "version": baseline.version,
            "start_on": baseline.start_on,
            "finish_on": baseline.finish_on,
            "approved_on": baseline.approved_on,
            "approved_by": baseline.approved_by,
            "reason": baseline.reason,
        }


def _blunder(register: Register) -> None:
    """Mistakes of the kind that people make in workbooks, for the quarantine to show."""
    young = [row for row in register["Projects"] if row["phase"] in ("initiation", "planning")]
    if young:
        young[-1]["claimed_rag"] = "blue"
    if register["Budget"]:
        line = register["Budget"][0]
        register["Budget"].append({**line, "category": "travel", "actual_amount": None, "currency_code": None})
    if register["Risks"]:
        risk = register["Risks"][0]
        register["Risks"].append({**risk, "risk_key": "R-COPY-1", "raised_on": "31/02/2026"})
    if register["Statuses"]:
        meaning = register["Statuses"][0]
        register["Statuses"].append({**meaning, "status": "On Hold", "status_category": "paused"})
