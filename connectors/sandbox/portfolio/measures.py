"""How a tracker's flow is measured, the same for simulated and real projects, so that the two can be compared."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

from connectors.sandbox.portfolio import catalog
from connectors.sandbox.world import World

Spell: TypeAlias = tuple[datetime, datetime | None]
"""When an issue was created and when completed; None while open."""

NAMES = (
    "weekly_throughput",
    "throughput_dispersion",
    "throughput_cv",
    "lead_median_days",
    "lead_p85_days",
    "arrivals_per_completion",
    "arrival_dispersion",
    "scope_growth",
)
MATURE_WEEKS, MATURE_COMPLETED = 39, 40


def measure(spells: Sequence[Spell], until: datetime) -> dict[str, float]:
    """One project's measures over its whole record, in full weeks from Monday to Monday.

    Dispersion is variance over mean of the weekly counts; growth is what the second half of the record
    added to the scope of the first.
    """
    first = min(created for created, _ in spells)
    weekly = per_week([done for _, done in spells if done], first, until)
    mean, variance = statistics.fmean(weekly), statistics.variance(weekly)
    arrivals = per_week([created for created, _ in spells], first, until)
    leads = sorted((done - created).total_seconds() / 86_400 for created, done in spells if done and done < until)
    half = first + (until - first) / 2
    before = sum(created < half for created, _ in spells)
    return {
        "weekly_throughput": mean,
        "throughput_dispersion": variance / mean,
        "throughput_cv": variance**0.5 / mean,
        "lead_median_days": statistics.median(leads),
        "lead_p85_days": leads[int(0.85 * (len(leads) - 1))],
        "arrivals_per_completion": len(spells) / len(leads),
        "arrival_dispersion": statistics.variance(arrivals) / statistics.fmean(arrivals),
        "scope_growth": len(spells) / before - 1,
    }


def per_week(moments: Sequence[datetime], first: datetime, until: datetime) -> list[int]:
    """How many fall into each full week, from the week of `first` on."""
    monday = (first - timedelta(days=first.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    counts = [0] * ((until - monday).days // 7)
    for moment in moments:
        week = (moment - monday).days // 7
        if week < len(counts):
            counts[week] += 1
    return counts


def is_mature(spells: Sequence[Spell], until: datetime) -> bool:
    """Long enough on record to be compared: nine months and forty completions."""
    if not spells:
        return False
    weeks = (until - min(created for created, _ in spells)).days / 7
    return weeks >= MATURE_WEEKS and sum(done is not None for _, done in spells) >= MATURE_COMPLETED


def spells_of(world: World) -> Iterator[tuple[str, list[Spell]]]:
    """Each simulated project's issues as spells: epics and cancelled issues count neither as work nor as scope."""
    spells: dict[int, list[Spell]] = {project_id: [] for project_id in world.projects}
    for issue in world.issues.values():
        if issue.type_id != catalog.EPIC and issue.resolution not in catalog.CANCELLED:
            done = issue.resolved
            if done is None and world.statuses[issue.status_id].category == "done":
                done = issue.updated
            spells[issue.project_id].append((issue.created, done))
    for project_id, found in spells.items():
        yield world.projects[project_id].key, found


def bands(measures: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Per measure the range over projects: minimum, tenth, fiftieth and ninetieth percentile, maximum."""
    table = {}
    for name in NAMES:
        values = sorted(one[name] for one in measures)
        at = {"min": 0.0, "p10": 0.1, "p50": 0.5, "p90": 0.9, "max": 1.0}
        table[name] = {label: _quantile(values, share) for label, share in at.items()}
    return table


def _quantile(values: Sequence[float], share: float) -> float:
    place = share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])
