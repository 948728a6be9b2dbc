"""The risk register: risks come up as a project goes on, are reviewed monthly (or not), and are closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sandbox.portfolio import names
from connectors.sandbox.portfolio.finance import CURRENCY
from connectors.sandbox.portfolio.state import ProjectState

RESPONSES = ("mitigate", "accept", "transfer", "avoid")
REVIEW_DAYS = 28


def risks(state: ProjectState, today: date) -> Iterator[dict[str, Any]]:
    """The project's risks raised so far; each is drawn from its own seed, so it never changes but by time."""
    begins = (state.portfolio.start + timedelta(days=state.plan.starts)).date()
    for number in range(1, 7):
        rng = Random(f"{state.plan.key}/{state.plan.scope}/risk/{number}")
        raised = begins + timedelta(days=(number - 1) * 75 + rng.randint(5, 60))
        ended = state.finished_at.date() if state.finished_at else None
        if raised > (ended or today):
            return
        yield _risk(state, number, rng, raised, today)


def _risk(state: ProjectState, number: int, rng: Random, raised: date, today: date) -> dict[str, Any]:
    title, category = rng.choice(names.RISKS)
    closes = raised + timedelta(days=rng.randint(80, 420))
    if state.finished_at is not None:
        closes = min(closes, state.finished_at.date())
    is_closed = closes <= today
    neglected = "neglected_risks" in state.plan.habits
    owner = state.world.people[rng.choice(state.plan.team.members)]
    has_owner = rng.random() > (0.5 if neglected else 0.06)
    response = rng.choice(RESPONSES) if rng.random() > 0.08 else None
    until = min(closes, today)
    reviews = 0 if neglected else (until - raised).days // REVIEW_DAYS
    return {
        "risk_key": f"R-{state.plan.key}-{number}",
        "project_key": state.plan.key,
        "title": title,
        "category": category,
        "probability": rng.choice((0.1, 0.2, 0.3, 0.4, 0.5, 0.7)),
        "impact_amount": float(rng.choice((10, 20, 30, 50, 80, 120, 200)) * 1000),
        "impact_days": rng.choice((5, 10, 15, 20, 30, 45)),
        "currency_code": CURRENCY,
        "owner_name": owner.display_name if has_owner else None,
        "owner_email": owner.email if has_owner else None,
        "response": response,
        "status": "closed" if is_closed else "open",
        "raised_on": raised,
        "reviewed_on": raised + timedelta(days=reviews * REVIEW_DAYS),
        "due_on": raised + timedelta(days=rng.randint(60, 240)),
    }
