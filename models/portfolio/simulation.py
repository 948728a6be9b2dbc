"""One pass over all projects and a block of trials: finishes by max-plus over the network.

A piece of work begins when the project comes to it or, if that is later, when what it waits for allows, and takes its
share of the project's time; a project ends when its own time is over and its last piece that waited is done.
Relations are those of the precedence diagram (Fondahl 1961).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.portfolio.handover import Calendar, calendars
from models.portfolio.network import Network
from models.portfolio.sampling import LONGEST_DAYS, Days, Sample, slices
from models.portfolio.teams import Neighbours, compete, neighbours
from models.portfolio.waves import Group, Handover, plan


@dataclass(frozen=True)
class Waits:
    """How work that waits came to its end, rows as in the plan: what the project and each link by itself allowed."""

    natural: Days  # when its project came to it
    begins: Days
    ends: Days
    allowed: Days  # a row a link; until what it waits for is timed, nothing; until it is handed over, that moment


@dataclass(frozen=True)
class Passage:
    """Finishes of all trials, and what is needed to say why."""

    alone: Days  # finishes by each project's own time, shared teams included
    finish: Days
    waits: Waits


class Simulator:
    """Runs a network on samples; what does not change between runs is kept."""

    def __init__(
        self, network: Network, like: Simulator | None = None, beside: tuple[Neighbours, ...] | None = None
    ) -> None:
        """`like`: the run of the network as it is, whose expectations of neighbours stand in one that might be."""
        self.network = network
        self.start = np.array([one.start for one in network.projects], dtype=np.float32)
        self.due = np.array([np.inf if one.due is None else one.due for one in network.projects], dtype=np.float32)
        known = like.beside if like else beside
        self.beside: tuple[Neighbours, ...] = neighbours(network) if known is None else known
        self.calendars: dict[str | None, Calendar] = (
            like.calendars if like else calendars(network.working, int(LONGEST_DAYS))
        )
        self.plan = plan(network)

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
        sizes = [len(self.plan.projects)] * 3 + [len(self.plan.relations)]
        waits = Waits(*(np.empty((size, sample.trials), dtype=np.float32) for size in sizes))
        for wave in self.plan.waves:
            for one in wave.handovers:
                self._hand_over(one, waits.allowed[one.links])
            for group in wave.groups:
                self._time(group, sample, days, waits)
        for place, ended in zip(self.plan.projects, waits.ends, strict=True):
            np.maximum(finish[place], ended, out=finish[place])
        return Passage(alone, finish, waits)

    def _hand_over(self, one: Handover, moments: Days) -> None:
        calendar = self.calendars.get(one.calendar, self.calendars[None])
        for rows in slices(len(moments)):
            moments[rows] = calendar.moved(moments[rows], one.lag, one.begins)

    def _time(self, group: Group, sample: Sample, days: Days, waits: Waits) -> None:
        """A piece of work that has not begun begins today at the earliest, however early its project comes to it."""
        whole = days.take(group.projects, axis=0)
        natural = np.multiply(whole, sample.place.take(group.packages, axis=0), out=_room(waits.natural, group))
        lasts = np.multiply(whole, group.share, out=whole)
        natural -= lasts
        np.maximum(natural, 0.0, out=natural)
        if self.start.any():
            natural += self.start[group.projects, None]
        begins = _begun(group, natural, lasts, waits) if len(group.links) else natural
        ends = np.add(begins, lasts, out=_room(waits.ends, group))
        for moments, (links, rows) in ((ends, group.from_end), (begins, group.from_begin)):
            waits.allowed[links] = moments[rows]


def _room(rows: Days, group: Group) -> Days | None:
    """Where to put what is kept of work that waits; nothing is of other work."""
    return rows[group.waits] if len(group.links) else None


def _begun(group: Group, natural: Days, lasts: Days, waits: Waits) -> Days:
    """When work begins that waits. What may end on a day must begin as much earlier as it lasts."""
    for link, row in group.ending:
        waits.allowed[link] -= lasts[row]
    size = len(natural)
    begins = np.maximum(natural, waits.allowed.take(group.links[:size], axis=0), out=waits.begins[group.waits])
    for link, row in zip(group.links[size:].tolist(), group.rows[size:].tolist(), strict=True):
        np.maximum(begins[row], waits.allowed[link], out=begins[row])
    return begins
