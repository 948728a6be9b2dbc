"""One pass over all projects and a block of trials: finishes by max-plus over the network.

A piece of work begins when the project comes to it or, if that is later, when what it waits for allows, and takes its
share of the project's time; a project ends when its own time is over and its last piece that waited is done.
Relations are those of the precedence diagram (Fondahl 1961).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from models.portfolio.handover import Calendar, calendars
from models.portfolio.network import Network, Relation
from models.portfolio.sampling import LONGEST_DAYS, Days, Sample
from models.portfolio.teams import Neighbours, compete, neighbours

Beside = dict[int, Neighbours]


@dataclass(frozen=True)
class Waiting:
    """How one piece of work came to its end: when its project came to it, and what it waited for."""

    package: int
    natural: Days
    begins: Days
    ends: Days
    links: tuple[tuple[int, Days], ...]  # relation, and the beginning that it alone would allow


@dataclass(frozen=True)
class Passage:
    """Finishes of all trials, and what is needed to say why."""

    alone: Days  # finishes by each project's own time, shared teams included
    finish: Days
    waits: tuple[Waiting, ...]  # in the order in which they were timed


class Simulator:
    """Runs a network on samples; what does not change between runs is kept."""

    def __init__(self, network: Network, like: Simulator | None = None, beside: Beside | None = None) -> None:
        """`like`: the run of the network as it is, whose expectations of neighbours stand in one that might be."""
        self.network = network
        self.start = np.array([one.start for one in network.projects], dtype=np.float32)
        self.due = np.array([np.inf if one.due is None else one.due for one in network.projects], dtype=np.float32)
        known = like.beside if like else beside
        self.beside: Beside = neighbours(network) if known is None else known
        self.calendars: dict[str | None, Calendar] = (
            like.calendars if like else calendars(network.working, int(LONGEST_DAYS))
        )
        self._project = [network.place_of[one.project_id] for one in network.packages]
        names = {one.package_id: number for number, one in enumerate(network.packages)}
        self._before = [names[one.before] for one in network.relations]
        self._into: dict[int, list[int]] = {}
        for number, one in enumerate(network.relations):
            self._into.setdefault(names[one.after], []).append(number)

    def project_of(self, package: int) -> int:
        return self._project[package]

    def before(self, relation: int) -> int:
        return self._before[relation]

    def slip(self, finish: Days) -> tuple[Days, Days]:
        """Days late over all promises and how many are missed, trial by trial."""
        total, count = np.zeros((2, finish.shape[1]), dtype=np.float32)
        for row, due in zip(finish, self.due.tolist(), strict=True):
            if np.isfinite(due):
                over = row - np.float32(due)
                count += over > 0
                total += np.maximum(over, 0.0, out=over)
        return total, count

    def run(self, sample: Sample) -> Passage:
        """The finishes of a sample."""
        days = compete(sample.days, self.start, self.beside)
        alone = days + self.start[:, None]
        finish = alone.copy()
        waits: list[Waiting] = []
        timed: dict[int, tuple[Days, Days]] = {}
        uses: Counter[int] = Counter(self._before)
        for number in self.network.order:
            waiting = self._time(number, sample, days, timed)
            for link, _ in waiting.links:
                before = self._before[link]
                uses[before] -= 1
                if not uses[before]:
                    del timed[before]
            if uses[number]:
                timed[number] = (waiting.begins, waiting.ends)
            if waiting.links:
                waits.append(waiting)
                place = self._project[number]
                np.maximum(finish[place], waiting.ends, out=finish[place])
        return Passage(alone, finish, tuple(waits))

    def _time(self, number: int, sample: Sample, days: Days, timed: dict[int, tuple[Days, Days]]) -> Waiting:
        """A piece of work that has not begun begins today at the earliest, however early its project comes to it."""
        package, place = self.network.packages[number], self._project[number]
        lasts = days[place] * np.float32(package.share)
        natural = days[place] * sample.place[number]
        natural -= lasts
        np.maximum(natural, 0.0, out=natural)
        if self.start[place]:
            natural += self.start[place]
        links = tuple(
            (link, self._allowed(self.network.relations[link], timed[self._before[link]], lasts, place))
            for link in self._into.get(number, ())
        )
        begins = natural
        for _, allowed in links:
            begins = np.maximum(begins, allowed)
        lasts += begins
        return Waiting(number, natural, begins, lasts, links)

    def _allowed(self, relation: Relation, before: tuple[Days, Days], lasts: Days, place: int) -> Days:
        """The earliest beginning by this relation alone."""
        moment = before[1] if relation.kind[0] == "F" else before[0]
        begins = relation.kind[1] == "S"
        moved = self._calendar(place).moved(moment, relation.lag, begins)
        return moved if begins else moved - lasts

    def _calendar(self, place: int) -> Calendar:
        name = self.network.projects[place].calendar
        return self.calendars.get(name, self.calendars[None])
