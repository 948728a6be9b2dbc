"""What the simulator remembers of a running project beyond what the site shows, and the steps all parts share."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random

from connectors.sandbox.portfolio import catalog, changes
from connectors.sandbox.portfolio.changes import Journal
from connectors.sandbox.portfolio.parameters import Parameters
from connectors.sandbox.portfolio.plan import ProjectPlan
from connectors.sandbox.world import Board, Issue, Link, Project, World


@dataclass(slots=True)
class Baseline:
    version: int
    start_on: date
    finish_on: date
    approved_on: date
    approved_by: str
    reason: str


@dataclass(slots=True)
class Steering:
    """What the project's management last said."""

    rag: str = "green"
    text: str = ""
    updated_on: date | None = None
    promised_on: date | None = None
    baselines: list[Baseline] = field(default_factory=list)


@dataclass
class Portfolio:
    """Everything projects share: the world, the journal, counters and who blocks whom."""

    world: World
    start: datetime
    parameters: Parameters
    journal: Journal = field(default_factory=Journal)
    blockers: dict[int, set[int]] = field(default_factory=dict)  # blocked issue -> its blockers
    linked: set[int] = field(default_factory=set)
    last_ids: Counter[str] = field(default_factory=Counter)

    def new_id(self, kind: str, base: int = 10_000) -> int:
        self.last_ids[kind] += 1
        return base + self.last_ids[kind]

    def is_done(self, issue_id: int) -> bool:
        issue = self.world.issues.get(issue_id)
        return issue is None or self.world.statuses[issue.status_id].category == "done"

    def is_blocked(self, issue_id: int) -> bool:
        return any(not self.is_done(one) for one in self.blockers.get(issue_id, ()))

    def link(self, type_name: str, source: int, target: int) -> Link:
        row = Link(self.new_id("link"), type_name, source, target)
        self.world.links[row.id] = row
        self.linked.update((source, target))
        if type_name == catalog.BLOCKS:
            self.blockers.setdefault(target, set()).add(source)
        return row


@dataclass(eq=False)
class ProjectState:
    plan: ProjectPlan
    project: Project
    board: Board
    rng: Random
    portfolio: Portfolio
    backlog: list[int] = field(default_factory=list)
    working: set[int] = field(default_factory=set)
    staged: list[int] = field(default_factory=list)
    worklogs: list[int] = field(default_factory=list)
    epics: list[int] = field(default_factory=list)
    agenda: list[tuple[int, int, str, int]] = field(default_factory=list)
    children_open: dict[int, int] = field(default_factory=dict)
    steering: Steering = field(default_factory=Steering)
    spent: dict[tuple[int, int], float] = field(default_factory=dict)
    drivers: Counter[str] = field(default_factory=Counter)
    numbers: int = 0  # issue numbers given out
    planned_created: int = 0
    open_count: int = 0
    done_count: int = 0
    activity: float = 1.0
    log_activity: float = 0.0
    idle: bool = False
    active_sprint: int | None = None
    next_sprint: int | None = None
    sprint_closes: int = 0
    sprint_number: int = 0
    finished_at: datetime | None = None
    last_done_at: datetime | None = None
    day: int = 0
    today: date = date.min
    _elapsed: float = 0.0
    _sequence: int = 0

    @property
    def world(self) -> World:
        return self.portfolio.world

    @property
    def progress(self) -> float:
        """Share of the expected duration that has passed."""
        return (self.day - self.plan.starts) / (self.plan.weeks * 7)

    def open_day(self, day: int) -> None:
        self.day, self._elapsed = day, 0.0
        self.today = (self.portfolio.start + timedelta(days=day)).date()

    def now(self) -> datetime:
        """The time of the next action: later than all before it, and within the team's working day."""
        self._elapsed += self.rng.uniform(0.01, 0.09)
        hours = self.plan.team.starts_hour + 9 * self._elapsed / (1 + self._elapsed)
        return self.portfolio.start + timedelta(days=self.day, milliseconds=math.ceil(hours * 3_600_000))

    def schedule(self, days: float, kind: str, issue_id: int) -> None:
        """Put an event on the agenda, on a working day at least one day from now."""
        day = self.day + max(1, round(days))
        weekday = (self.portfolio.start + timedelta(days=day)).weekday()
        self._sequence += 1
        heapq.heappush(self.agenda, (day + (7 - weekday if weekday > 4 else 0), self._sequence, kind, issue_id))

    def member(self) -> str:
        """Somebody of the team who is still there."""
        people = self.world.people
        return self.rng.choice([one for one in self.plan.team.members if people[one].active])

    def relate(self, type_name: str, source: Issue, target: Issue, author: str) -> None:
        """Link two issues of this project and record it in both histories."""
        self.portfolio.link(type_name, source.id, target.id)
        when, journal = self.now(), self.portfolio.journal
        journal.write(source, author, when, [changes.link(type_name, target.key, outward=True, added=True)])
        journal.write(target, author, when, [changes.link(type_name, source.key, outward=False, added=True)])

    def issue(self, issue_id: int) -> Issue:
        return self.world.issues[issue_id]
