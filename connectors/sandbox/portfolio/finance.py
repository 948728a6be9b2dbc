"""What the projects cost: planned month by month from the first plan, spent as the simulation went."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sandbox.portfolio import steering
from connectors.sandbox.portfolio.state import ProjectState

CURRENCY = "EUR"
PLANNED_LEVEL = 0.8
"""Share of a full-time day a plan assumes; steering.spend books about this on average."""


def months(first: date, last: date) -> Iterator[date]:
    """First days of the months from `first` to `last`, both included."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def budget(state: ProjectState, today: date) -> Iterator[dict[str, Any]]:
    """Lines for labour and vendors; actuals for months that have ended, also beyond the plan's last month."""
    if "no_budget" in state.plan.habits:
        return
    begins = (state.portfolio.start + timedelta(days=state.plan.starts)).date()
    ends = begins + timedelta(weeks=round(state.plan.planned_weeks))
    spent_last = max((date(year, month, 1) for year, month in state.spent), default=begins)
    for month in months(begins, max(ends, spent_last)):
        planned = _planned(state, month, begins, ends)
        actual = state.spent.get((month.year, month.month), 0.0) if _has_ended(month, today) else None
        yield _line(state, "labour", month, planned, actual)
        noise = Random(f"{state.plan.key}/{state.plan.scope}/{month}").uniform(0.6, 1.5)
        invoiced = None if actual is None else actual * 0.18 * noise
        yield _line(state, "vendor", month, planned * 0.18, invoiced)


def _has_ended(month: date, today: date) -> bool:
    return (month + timedelta(days=31)).replace(day=1) <= today


def _planned(state: ProjectState, month: date, begins: date, ends: date) -> float:
    """The plan's labour cost of the month: working days within the plan at the plan's level."""
    last = month.replace(day=calendar.monthrange(month.year, month.month)[1])
    first, last = max(month, begins), min(last, ends)
    days = sum((first + timedelta(days=offset)).weekday() < 5 for offset in range((last - first).days + 1))
    return days * steering.team_size(state) * steering.DAY_RATE * PLANNED_LEVEL


def _line(state: ProjectState, category: str, month: date, planned: float, actual: float | None) -> dict[str, Any]:
    return {
        "project_key": state.plan.key,
        "category": category,
        "period_on": month,
        "planned_amount": round(planned, 2),
        "actual_amount": None if actual is None else round(actual, 2),
        "currency_code": CURRENCY,
    }
