"""The network a simulation runs over: projects, the work in them that others wait for, and what waits for what.

Links between projects are links between pieces of their work (issues, epics, tasks). A project goes on with other work
while one piece waits, so the piece is what waits, and the project is held up only where the piece then ends last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import TopologicalSorter

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

KINDS = ("FS", "SS", "FF", "SF")


@dataclass(frozen=True)
class Project:
    """One project; days count from the portfolio's day."""

    project_id: str
    days: tuple[float, float, float, float]  # p10, p50, p80 and p95 of the days it takes by itself
    start: float = 0.0  # the day its own forecast begins, at most 0
    due: float | None = None  # end of the day it is promised for
    programme: str | None = None
    team: str | None = None  # the team that gives most
    calendar: str | None = None
    open_count: int = 1


@dataclass(frozen=True)
class Package:
    """A piece of a project's work that waits or is waited for."""

    package_id: str
    project_id: str
    share: float = 1.0  # of the project's time that it takes
    span: tuple[float, float] = (0.0, 1.0)  # shares of the project's time between which it ends; equal: just then
    items: int = 1  # open items in it: of many, the last to be done is likely to come late


@dataclass(frozen=True)
class Relation:
    """`after` waits for `before`; the lag is in working days of the calendar of `after`."""

    relation_id: str
    before: str
    after: str
    kind: str = "FS"
    lag: int = 0


@dataclass(frozen=True)
class Staffing:
    """Who works on what: full-time equivalents by (team, project), and how many people a team has."""

    given: Mapping[tuple[str, str], float] = field(default_factory=dict)
    size: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Network:
    """Everything in the order of ids; relations in a circle are set apart, and `order` lets every package be timed."""

    projects: tuple[Project, ...]
    packages: tuple[Package, ...]
    relations: tuple[Relation, ...]  # without those in a circle
    circular: Mapping[str, str]  # relation → the circle's least package
    staffing: Staffing
    working: Mapping[str, npt.NDArray[np.bool_]]  # calendar → whether each day from the portfolio's day on is worked
    order: tuple[int, ...]

    @cached_property
    def place_of(self) -> dict[str, int]:
        return {one.project_id: number for number, one in enumerate(self.projects)}


def build(
    projects: Sequence[Project],
    packages: Sequence[Package] = (),
    relations: Sequence[Relation] = (),
    staffing: Staffing | None = None,
    working: Mapping[str, npt.NDArray[np.bool_]] | None = None,
) -> Network:
    """The network of these, whatever order they come in."""
    inside = tuple(sorted(packages, key=lambda one: one.package_id))
    links = sorted(relations, key=lambda one: one.relation_id)
    circular = circles(inside, links)
    open_links = tuple(one for one in links if one.relation_id not in circular)
    return Network(
        tuple(sorted(projects, key=lambda one: one.project_id)),
        inside,
        open_links,
        circular,
        staffing or Staffing(),
        working or {},
        _order(inside, open_links),
    )


def circles(packages: Sequence[Package], relations: Sequence[Relation]) -> dict[str, str]:
    """Relations of which neither end can come first, as `fct_dependency` tells them: strongly connected components."""
    names = sorted(one.package_id for one in packages)
    number = {name: place for place, name in enumerate(names)}
    before = np.array([number[one.before] for one in relations], dtype=np.int32)
    after = np.array([number[one.after] for one in relations], dtype=np.int32)
    size = len(names)
    if not len(before):
        return {}
    graph = coo_array((np.ones(len(before), dtype=np.int8), (before, after)), shape=(size, size)).tocsr()
    _, label = connected_components(graph, directed=True, connection="strong")
    least: dict[int, str] = {}
    for name, part in zip(names, label.tolist(), strict=True):
        least.setdefault(part, name)
    same = label[before] == label[after]
    return {one.relation_id: least[int(label[number[one.before]])]
            for one, is_same in zip(relations, same.tolist(), strict=True) if is_same}  # fmt: skip


def _order(packages: Sequence[Package], relations: Sequence[Relation]) -> tuple[int, ...]:
    """Kahn's order (1962), the same for the same network."""
    number = {one.package_id: place for place, one in enumerate(packages)}
    sorter: TopologicalSorter[int] = TopologicalSorter({place: () for place in range(len(packages))})
    for one in relations:
        sorter.add(number[one.after], number[one.before])
    return tuple(sorter.static_order())
