"""The order of the pass over the network: in waves, and within a wave what is alike side by side.

A wave waits for earlier ones only (its number is the length of the longest chain before it), so its pieces of work are
timed together, some rows at a time: numpy is at its best with many numbers a call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from models.portfolio.network import Network
from models.portfolio.sampling import Days, Index, slices

_Number = TypeVar("_Number", bound=np.generic)


@dataclass(frozen=True)
class Handover:
    """Links of one wave that move moments alike; links are numbered as in `Plan.relations`."""

    links: slice
    calendar: str | None
    lag: int
    begins: bool  # whether a beginning waits, not an end


@dataclass(frozen=True)
class Group:
    """Pieces of work that are timed together: a row each."""

    packages: Index
    projects: Index
    share: Days  # of the project's time, a column
    waits: slice  # their rows among all pieces that wait; nothing in the first wave
    links: Index  # what they wait for: the first link of each row, then the others
    rows: Index  # the row of each of those links
    ending: tuple[tuple[int, int], ...]  # link and row of those that tie an end
    from_end: tuple[Index, Index]  # links that go on from the ends of these, and the row of each
    from_begin: tuple[Index, Index]

    def by_link(self, rows: npt.NDArray[_Number]) -> npt.NDArray[_Number]:
        """Rows of pieces as rows of what they wait for: the same where each waits for one thing."""
        return rows if len(self.links) == len(rows) else rows.take(self.rows, axis=0)


@dataclass(frozen=True)
class Wave:
    """Handovers come before the groups that wait for them."""

    handovers: tuple[Handover, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Plan:
    """The waves, and what tells how links and pieces hang together."""

    waves: tuple[Wave, ...]
    relations: Index  # link → the network's relation
    before: tuple[tuple[int, int], ...]  # link → project, and row among what waits (-1: none), of what is waited for
    projects: tuple[int, ...]  # of each piece that waits
    links: tuple[tuple[int, ...], ...]  # that each of them waits for
    together: dict[int, tuple[int, ...]]  # project → its pieces that wait, in the order in which they are timed
    chained: frozenset[int]  # projects in which a piece that waits holds up another one


def plan(network: Network) -> Plan:
    """The same for the same network; work that neither waits nor is waited for has no part in it."""
    return _Planner(network).plan()


class _Planner:
    def __init__(self, network: Network) -> None:
        self._network = network
        names = {one.package_id: number for number, one in enumerate(network.packages)}
        self._project = [network.place_of[one.project_id] for one in network.packages]
        self._ends = [(names[one.before], names[one.after]) for one in network.relations]
        before = defaultdict(list)
        for first, then in self._ends:
            before[then].append(first)
        self._level: dict[int, int] = {}
        for number in network.order:
            self._level[number] = max((self._level[one] + 1 for one in before.get(number, ())), default=0)
        self._relations = sorted(range(len(self._ends)), key=self._alike)
        self._into, self._out = defaultdict(list), defaultdict(list)
        for link, relation in enumerate(self._relations):
            first, then = self._ends[relation]
            self._into[then].append(link)
            self._out[first].append(link)
        self._waiting = sorted(self._into, key=lambda number: self._into[number][0])  # so by waves, too
        self._row = {number: row for row, number in enumerate(self._waiting)}

    def plan(self) -> Plan:
        projects = tuple(self._project[number] for number in self._waiting)
        together: dict[int, list[int]] = defaultdict(list)
        for row, project in enumerate(projects):
            together[project].append(row)
        ends = [self._ends[relation] for relation in self._relations]
        before = tuple((self._project[first], self._row.get(first, -1)) for first, _ in ends)
        chained = frozenset(
            project for (project, row), (_, then) in zip(before, ends, strict=True)
            if row >= 0 and project == self._project[then]
        )  # fmt: skip
        relations = np.array(self._relations, dtype=np.intp)
        rows = {project: tuple(found) for project, found in together.items()}
        links = tuple(tuple(self._into[number]) for number in self._waiting)
        return Plan(tuple(self._waves()), relations, before, projects, links, rows, chained)

    def _alike(self, relation: int) -> tuple[object, ...]:
        """Sorts links by wave, and within it by what a handover does."""
        then, one = self._ends[relation][1], self._network.relations[relation]
        calendar = self._network.projects[self._project[then]].calendar
        return self._level[then], calendar is not None, calendar or "", one.lag, one.kind[1], relation

    def _waves(self) -> Iterator[Wave]:
        handovers = self._handovers()
        free = sorted(number for number in self._out if number not in self._into)
        yield Wave((), tuple(self._groups(free, first=-1)))
        for level, numbers in groupby(self._waiting, key=self._level.__getitem__):
            found = list(numbers)
            yield Wave(tuple(handovers[level]), tuple(self._groups(found, first=self._row[found[0]])))

    def _handovers(self) -> dict[int, list[Handover]]:
        """By the wave that they come in."""
        found: dict[int, list[Handover]] = defaultdict(list)
        numbered = enumerate(self._relations)
        for _, alike in groupby(numbered, key=lambda one: self._alike(one[1])[:-1]):
            links = [link for link, _ in alike]
            relation = self._relations[links[0]]
            one, then = self._network.relations[relation], self._ends[relation][1]
            calendar = self._network.projects[self._project[then]].calendar
            moves = Handover(slice(links[0], links[-1] + 1), calendar, one.lag, one.kind[1] == "S")
            found[self._level[then]].append(moves)
        return found

    def _groups(self, numbers: Sequence[int], first: int) -> Iterator[Group]:
        """`first`: the row of the first among what waits, -1 if these wait for nothing."""
        for rows in slices(len(numbers)):
            found = numbers[rows]
            into = [(self._into[number][0], row) for row, number in enumerate(found) if first >= 0]
            into += [(link, row) for row, number in enumerate(found) for link in self._into.get(number, ())[1:]]
            out = [(link, row) for row, number in enumerate(found) for link in self._out.get(number, ())]
            share = np.array([self._network.packages[number].share for number in found], dtype=np.float32)
            yield Group(
                np.array(found, dtype=np.intp),
                np.array([self._project[number] for number in found], dtype=np.intp),
                share[:, None],
                slice(first + rows.start, first + rows.stop) if first >= 0 else slice(0, 0),
                *_columns(into),
                tuple(one for one in into if self._kind(one[0])[1] == "F"),
                _columns([one for one in out if self._kind(one[0])[0] == "F"]),
                _columns([one for one in out if self._kind(one[0])[0] == "S"]),
            )

    def _kind(self, link: int) -> str:
        return self._network.relations[self._relations[link]].kind


def _columns(pairs: Sequence[tuple[int, int]]) -> tuple[Index, Index]:
    links, rows = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    return links, rows
