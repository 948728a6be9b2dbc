"""What the PMO says its statuses mean: waiting told from work, one exception of a team, and one status forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from connectors.sandbox.portfolio import catalog
from connectors.sandbox.portfolio.state import ProjectState

FORGOTTEN = catalog.SELECTED
WAITING = (catalog.IN_REVIEW, catalog.READY_FOR_RELEASE)
CATEGORIES = {"new": "to_do", "indeterminate": "in_progress", "done": "done"}
EXCEPTION_AFTER = timedelta(days=200)


def meanings(states: Sequence[ProjectState], today: date) -> Iterator[dict[str, Any]]:
    """Rows for every project and type; then one team that reviews in pairs, so that review is work there."""
    if not states:
        return
    start = states[0].portfolio.start.date()
    for status in catalog.statuses().values():
        if status.id != FORGOTTEN:
            category = CATEGORIES[status.category]
            state = None if category != "in_progress" else "waiting" if status.id in WAITING else "active"
            yield _row("*", status.name, start, category, state)
    paired = next((one for one in states if catalog.WORKFLOWS[one.plan.style].review), None)
    if paired and start + EXCEPTION_AFTER <= today:
        review = catalog.statuses()[catalog.IN_REVIEW].name
        yield _row(paired.plan.key, review, start + EXCEPTION_AFTER, "in_progress", "active")


def _row(project: str, status: str, valid_from: date, category: str, work_state: str | None) -> dict[str, Any]:
    return {
        "project_key": project,
        "issue_type": "*",
        "status": status,
        "valid_from": valid_from,
        "status_category": category,
        "work_state": work_state,
    }
