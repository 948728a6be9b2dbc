"""How the simulated portfolio is governed in the register: decisions, benefits, waivers and the PMO's charter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.portfolio import names, people
from connectors.sandbox.portfolio.finance import CURRENCY
from connectors.sandbox.portfolio.planning import BOARD, dice
from connectors.sandbox.portfolio.state import ProjectState
from connectors.sandbox.portfolio.structure import begins

Rows = Iterator[dict[str, Any]]

BENEFITS = (("Lower running cost", "cost"), ("More revenue", "revenue"), ("Fewer losses", "risk"))
# habit of the management -> the rule it breaks, and why the board lets it
WAIVED = {
    "no_budget": ("active_project_has_budget", "Paid from the programme's own budget"),
    "no_sponsor": ("active_project_has_sponsor", "The sponsor is being replaced"),
    "no_objective": ("active_project_serves_objective", "Required by law, serves no objective of its own"),
}
# kind, what, what shows it, weeks after the PMO began by which it is due, weeks after which it was there
CHARTER = (
    ("purpose", "Sponsors decide on facts of the same week", None, None, None),
    (
        "success_criterion",
        "Every active project has sponsor, budget and baseline",
        "100 % of active projects",
        26,
        None,
    ),
    ("success_criterion", "Status is never older than two weeks", "95 % of active projects", 26, 30),
    ("success_criterion", "Finish dates are told as ranges and hold", "80 % finish by their P80", 52, None),
    ("quick_win", "One list of all projects", "published", 4, 3),
    ("quick_win", "One report instead of twelve", "published weekly", 8, 9),
    ("quick_win", "Dependencies between programmes on one page", "reviewed monthly", 12, 12),
)


def decisions(state: ProjectState, today: date) -> Rows:
    """Each new plan was a decision of the board; a red project asks for one."""
    for baseline in state.steering.baselines[1:]:
        if baseline.approved_on <= today:
            asked, impact = baseline.approved_on - timedelta(days=14), dice(state, f"impact/{baseline.version}")
            yield _decision(state, baseline.version, f"New plan: {baseline.reason}", asked) | {
                "status": "approved",
                "decided_on": baseline.approved_on,
                "decided_by": BOARD,
                "impact_amount": impact.choice((20, 40, 60, 90)) * 1000.0,
                "outcome": f"Finish is {baseline.finish_on.isoformat()}",
            }
    if state.steering.rag == "red" and state.steering.updated_on:
        yield _decision(state, 90, "Cut scope or move the promised date", state.steering.updated_on)


def _decision(state: ProjectState, number: int, title: str, asked: date) -> dict[str, Any]:
    sponsor = names.SPONSORS[state.plan.index % len(names.SPONSORS)]
    return {
        "decision_key": f"D-{state.plan.key}-{number}",
        "project_key": state.plan.key,
        "title": title,
        "status": "proposed",
        "owner_name": sponsor,
        "owner_email": people.email(sponsor),
        "raised_on": asked,
        "due_on": asked + timedelta(days=21),
        "decided_on": None,
        "decided_by": None,
        "impact_amount": None,
        "currency_code": CURRENCY,
        "outcome": None,
    }


def benefits(state: ProjectState, today: date) -> Rows:
    """What the project is paid for; it shows some months after the work is done, and not always in full."""
    rng = dice(state, "benefit")
    name, category = rng.choice(BENEFITS)
    planned = round(rng.uniform(0.6, 2.4) * state.plan.planned_weeks) * 10_000.0
    share, delay = rng.choice((0.4, 0.7, 0.9, 1.0, 1.1)), timedelta(days=rng.randint(60, 180))
    due = begins(state) + timedelta(weeks=round(state.plan.planned_weeks)) + timedelta(days=120)
    shown = state.finished_at.date() + delay if state.finished_at else None
    is_there = shown is not None and shown <= today
    sponsor = names.SPONSORS[(state.plan.index + 3) % len(names.SPONSORS)]
    yield {
        "benefit_key": f"B-{state.plan.key}-1",
        "project_key": state.plan.key,
        "benefit_name": name,
        "category": category,
        "status": ("realised" if share > 0.5 else "missed") if is_there else "at_risk" if due < today else "planned",
        "owner_name": sponsor,
        "owner_email": people.email(sponsor),
        "planned_on": due,
        "realised_on": shown if is_there else None,
        "planned_amount": planned,
        "realised_amount": round(planned * share, 2) if is_there else None,
        "currency_code": CURRENCY,
        "outcome": f"{share:.0%} of what was planned" if is_there else None,
    }


def waivers(states: Sequence[ProjectState], today: date) -> Rows:
    """Rules that the board has waived for a project, some of them until a day that has passed."""
    for state in states:
        for habit in sorted(state.plan.habits & WAIVED.keys()):
            rule, why = WAIVED[habit]
            approved = begins(state) + timedelta(days=30)
            if approved <= today:
                yield {
                    "waiver_key": f"W-{state.plan.key}-1",
                    "rule_id": rule,
                    "project_key": state.plan.key,
                    "reason": why,
                    "approved_by": BOARD,
                    "approved_on": approved,
                    "expires_on": approved + timedelta(days=180 if state.plan.index % 2 else 720),
                }


def charter(start: date, today: date) -> Rows:
    """The PMO's own promises; it began with the portfolio."""
    owner = names.SPONSORS[0]
    for number, (kind, name, target, due, reached) in enumerate(CHARTER, start=1):
        achieved = start + timedelta(weeks=reached) if reached else None
        is_there = achieved is not None and achieved <= today
        yield {
            "item_key": f"PMO-{number}",
            "item_type": kind,
            "item_name": name,
            "owner_name": owner,
            "owner_email": people.email(owner),
            "target": target,
            "result": "reached" if is_there else None,
            "due_on": start + timedelta(weeks=due) if due else None,
            "achieved_on": achieved if is_there else None,
        }
