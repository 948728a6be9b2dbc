"""The finish range of a project as a strip in the health table, all strips on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.dashboard.projects import Project

FURTHEST_DAYS = 3 * 365


@dataclass(frozen=True)
class Span:
    """The finish range of one project as percentages of a shared axis: days from that project's own data."""

    from_wide: float
    wide: float
    from_likely: float
    likely: float
    target: float | None


def axis_days(projects: Sequence[Project]) -> int:
    """How far the shared axis of the table reaches: all but the furthest finishes, at most three years."""
    ahead = sorted(
        (on - item.effective).days for item in projects for on in (item.p80, item.target) if on and item.effective
    )
    if not ahead:
        return 1
    return max(30, min(ahead[int(0.97 * (len(ahead) - 1))] + 14, FURTHEST_DAYS))


def span(item: Project, days: int) -> Span | None:
    if not (item.effective and item.p10 and item.p50 and item.p80 and item.p95):
        return None
    start = item.effective

    def place(on: date) -> float:
        return round(min(max((on - start).days / days, 0.0), 1.0) * 100, 1)

    p10, p50, p80, p95 = (place(on) for on in (item.p10, item.p50, item.p80, item.p95))
    return Span(
        from_wide=p10,
        wide=round(max(p95 - p10, 1.0), 1),
        from_likely=p50,
        likely=round(max(p80 - p50, 1.5), 1),
        target=place(item.target) if item.target else None,
    )
