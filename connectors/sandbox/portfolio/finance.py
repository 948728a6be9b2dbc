"""What the projects cost: planned month by month from the first plan, spent as the simulation went."""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from connectors.sandbox.portfolio import steering
from connectors.sandbox.portfolio.state import ProjectState

COLUMNS: dict[str, tuple[str, ...]] = {
    "Actual costs": ("cost_key", "project_key", "cost_on", "amount", "currency_code", "category"),
    "Exchange rates": ("from_currency_code", "to_currency_code", "rate_on", "rate"),
}
CURRENCY = "EUR"
FOREIGN = {"USD": 0.92, "GBP": 1.17}
"""Currencies of some vendors, and what a unit costs at first."""

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
        invoiced = None if actual is None else _invoiced(state, month, actual)
        yield _line(state, "vendor", month, planned * 0.18, invoiced)


def sheets(states: Sequence[ProjectState], today: date) -> dict[str, list[dict[str, Any]]]:
    """What was booked by today, and the rates to read it with."""
    if not states:
        return {title: [] for title in COLUMNS}
    first = states[0].portfolio.start.date()
    return {
        "Actual costs": [*(row for state in states for row in _bookings(state, today)), *_overheads(first, today)],
        "Exchange rates": list(_rates(first, today)),
    }


def _bookings(state: ProjectState, today: date) -> Iterator[dict[str, Any]]:
    """The same money as the budget's actuals, at the end of each month that has ended, in the vendors' currencies."""
    currency = (CURRENCY, CURRENCY, *FOREIGN)[state.plan.index % 4]
    for year, month in sorted(state.spent):
        begins = date(year, month, 1)
        if not _has_ended(begins, today):
            continue
        day, spent = begins.replace(day=calendar.monthrange(year, month)[1]), state.spent[year, month]
        invoiced = _invoiced(state, begins, spent) / rate(currency, begins)
        yield _booking(f"{state.plan.key}-{begins:%y%m}-L", state.plan.key, day, spent, CURRENCY, "labour")
        yield _booking(f"{state.plan.key}-{begins:%y%m}-V", state.plan.key, day, invoiced, currency, "vendor")


def _overheads(first: date, today: date) -> Iterator[dict[str, Any]]:
    """Findings of the kind that ledgers hold: a cost that is nobody's, and one in a currency without a rate."""
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    if month > first:
        yield _booking(f"OVERHEAD-{month:%y%m}", None, month, 4_200.0, CURRENCY, "licences")
        yield _booking(f"AUDIT-{first:%y%m}", None, first, 18_500.0, "CHF", "consulting")


def _booking(
    key: str, project_key: str | None, day: date, amount: float, currency: str, category: str
) -> dict[str, Any]:
    return {
        "cost_key": key,
        "project_key": project_key,
        "cost_on": day,
        "amount": round(amount, 2),
        "currency_code": currency,
        "category": category,
    }


def rate(currency: str, month: date) -> float:
    """What a unit of the currency costs from the first of the month on; it wanders by a few percent."""
    if currency == CURRENCY:
        return 1.0
    return round(FOREIGN[currency] * Random(f"{currency}/{month}").uniform(0.96, 1.04), 6)


def _rates(first: date, today: date) -> Iterator[dict[str, Any]]:
    for currency in FOREIGN:
        for month in months(first, today):
            day_rate = rate(currency, month)
            yield {"from_currency_code": currency, "to_currency_code": CURRENCY, "rate_on": month, "rate": day_rate}


def _invoiced(state: ProjectState, month: date, spent: float) -> float:
    """Vendors follow the team, more or less."""
    return spent * 0.18 * Random(f"{state.plan.key}/{state.plan.scope}/{month}").uniform(0.6, 1.5)


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
