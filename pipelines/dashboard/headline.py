"""What an executive should know after ten seconds: a few plain sentences and five figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.dashboard.projects import Project
from pipelines.dashboard.quality import Rule
from pipelines.dashboard.values import plural, say_day


@dataclass(frozen=True)
class Figure:
    """One figure of the strip under the headline; `tone` is `alarm`, `watch` or `calm`."""

    value: int
    label: str
    note: str
    tone: str


def sentences(projects: Sequence[Project], rules: Sequence[Rule]) -> list[str]:
    """The headline first, then what qualifies it."""
    parts = [_late(projects), _biggest(projects), _watermelons(projects), _untrusted(projects), _findings(rules)]
    return [part for part in parts if part]


def figures(projects: Sequence[Project], rules: Sequence[Rule]) -> list[Figure]:
    late = sum(item.likely_late for item in projects)
    watermelons = sum(item.watermelon for item in projects)
    untrusted = sum(item.untrusted for item in projects)
    critical = sum(rule.count for rule in rules if rule.severity == "critical")
    every = sum(rule.count for rule in rules)
    forecast = sum(item.p50 is not None for item in projects)
    finished = sum(item.finished for item in projects)
    return [
        Figure(len(projects), "projects", f"{forecast:,d} with a forecast, {finished:,d} finished", "calm"),
        Figure(late, "likely late", "chance of at least 50%", "alarm" if late else "calm"),
        Figure(
            watermelons, "green but likely late", "reported green by the project", "alarm" if watermelons else "calm"
        ),
        Figure(untrusted, "not trusted", "critical gaps in the data", "watch" if untrusted else "calm"),
        Figure(every, "open findings", f"{critical:,d} critical", "watch" if critical else "calm"),
    ]


def _late(projects: Sequence[Project]) -> str:
    if not projects:
        return "No projects have been synced yet."
    judged = [item for item in projects if item.chance is not None]
    if not judged:
        forecast = sum(item.p50 is not None for item in projects)
        return (
            f"{plural(len(projects), 'project')}, {forecast:,d} with a finish forecast; none has a date to hold it to."
        )
    late = sum(item.likely_late for item in judged)
    verb = "is" if late == 1 else "are"
    if not late:
        return f"None of the {plural(len(judged), 'open project')} that can be judged is likely to finish late."
    return f"{late:,d} of the {plural(len(judged), 'open project')} that can be judged {verb} likely to finish late."


def _biggest(projects: Sequence[Project]) -> str:
    slipping = [item for item in projects if item.slip is not None and item.slip > 0 and item.p50 and item.target]
    if not slipping:
        return ""
    worst = max(slipping, key=lambda item: (item.slip or 0, item.key))
    return (
        f"The largest expected slip is {plural(worst.slip or 0, 'day')}: {worst.name or worst.key}, "
        f"expected {say_day(worst.p50)} against {say_day(worst.target)}."
    )


def _watermelons(projects: Sequence[Project]) -> str:
    found = [item for item in projects if item.watermelon]
    if not found:
        return ""
    verb = "reports" if len(found) == 1 else "report"
    return f"{plural(len(found), 'project')} {verb} green while the forecast says likely late."


def _untrusted(projects: Sequence[Project]) -> str:
    found = sum(item.untrusted for item in projects)
    if not found:
        return ""
    verb = "is" if found == 1 else "are"
    return f"{plural(found, 'project')} {verb} not trusted: figures are shown with that mark or withheld."


def _findings(rules: Sequence[Rule]) -> str:
    every = sum(rule.count for rule in rules)
    critical = sum(rule.count for rule in rules if rule.severity == "critical")
    if not every:
        return "Every governance rule is met."
    return (
        f"{plural(every, 'governance finding')} {'is' if every == 1 else 'are'} open, {critical:,d} of them critical."
    )
