"""Geometry of the small forecast fans: work done so far, today's scope, and where the finish may fall.

Drawn by hand as SVG paths: a thousand of them cost less than one rendered chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from pipelines.dashboard.projects import Project
from pipelines.dashboard.values import say_day

WIDTH, HEIGHT = 340.0, 118.0
LEFT, RIGHT, TOP, BOTTOM = 4.0, 4.0, 8.0, 16.0
POINTS = 40
HISTORY = timedelta(days=400)
HORIZON = timedelta(days=3 * 365)

Point = tuple[date, float]


@dataclass(frozen=True)
class History:
    """Scope and done counts of one project, thinned to what a small chart can show."""

    scope: tuple[Point, ...]
    done: tuple[Point, ...]


@dataclass(frozen=True)
class Fan:
    """Everything the template needs to draw one project; coordinates are rounded text."""

    scope: str
    done: str
    area: str
    wide: str
    likely: str
    middle: str
    today: float
    dated: str
    baseline: float | None
    promised: float | None
    begins: str
    ends: str
    label: str


def histories(snapshots: pd.DataFrame | None) -> dict[str, History]:
    """One history a project, thinned to at most `POINTS` days within the last 400."""
    if snapshots is None or snapshots.empty:
        return {}
    frame = snapshots[["project_id", "snapshot_on", "scope_count", "done_count"]].sort_values("snapshot_on")
    return {str(name): _history(part) for name, part in frame.groupby("project_id", sort=False)}


def _history(part: pd.DataFrame) -> History:
    on = pd.to_datetime(part["snapshot_on"])
    part = part[(on >= on.iloc[-1] - pd.Timedelta(HISTORY)).to_numpy()]
    step = max(1, len(part) // POINTS)
    part = part.iloc[::-1].iloc[::step].iloc[::-1]
    days = [stamp.date() for stamp in pd.to_datetime(part["snapshot_on"])]
    scope, done = part["scope_count"].astype(float).tolist(), part["done_count"].astype(float).tolist()
    return History(tuple(zip(days, scope, strict=True)), tuple(zip(days, done, strict=True)))


@dataclass(frozen=True)
class _Scale:
    """Days to pixels across, counts to pixels up."""

    begins: date
    ends: date
    top: float

    def x(self, on: date) -> float:
        share = (on - self.begins).days / max((self.ends - self.begins).days, 1)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 1)

    def y(self, amount: float) -> float:
        return round(TOP + (1 - amount / self.top) * (HEIGHT - TOP - BOTTOM), 1)

    def path(self, points: Sequence[Point]) -> str:
        return "M" + "L".join(f"{self.x(on):g} {self.y(amount):g}" for on, amount in points)


def fan(item: Project, history: History | None) -> Fan | None:
    """The fan of one project; none where there is no forecast or nothing to draw it from."""
    if history is None or not history.done or not (item.p10 and item.p50 and item.p80 and item.p95):
        return None
    today, done = history.done[-1]
    goal = max(history.scope[-1][1], done)
    scale = _scale(item, history, today)
    now = (today, done)
    floor = f"L{scale.x(today):g} {scale.y(0):g}L{scale.x(history.done[0][0]):g} {scale.y(0):g}Z"
    return Fan(
        scope=scale.path([*history.scope, (item.p95, goal)]),
        done=scale.path(history.done),
        area=scale.path(history.done) + floor,
        wide=scale.path([now, (item.p10, goal), (item.p95, goal)]) + "Z",
        likely=scale.path([now, (item.p50, goal), (item.p80, goal)]) + "Z",
        middle=scale.path([now, (item.p50, goal)]),
        today=scale.x(today),
        dated=f"{today.day} {today:%b}",
        baseline=_within(scale, item.baseline),
        promised=_within(scale, item.promised if item.promised != item.baseline else None),
        begins=f"{scale.begins:%b %Y}",
        ends=f"{scale.ends:%b %Y}",
        label=_label(item),
    )


def _scale(item: Project, history: History, today: date) -> _Scale:
    latest = max(on for on in (item.p95, item.baseline, item.promised, today) if on)
    ends = min(latest, today + HORIZON)
    begins = min(history.done[0][0], today - timedelta(days=28))
    top = max([amount for _, amount in history.scope] + [amount for _, amount in history.done] + [1.0])
    return _Scale(begins, ends + (ends - begins) / 40, top)


def _within(scale: _Scale, on: date | None) -> float | None:
    return scale.x(on) if on and scale.begins <= on <= scale.ends else None


def _label(item: Project) -> str:
    against = f"; baseline {say_day(item.baseline)}" if item.baseline else ""
    return (
        f"{item.name or item.key}: {item.done:,d} of {item.scope:,d} items done. Even chance of finishing by "
        f"{say_day(item.p50)}, 80% by {say_day(item.p80)}, range {say_day(item.p10)} to {say_day(item.p95)}{against}."
    )
