"""Projects that share a team compete for it: a fluid share of the team, of which only the unforeseen is passed on.

A team's capacity flows to its open projects in proportion to the people each has (generalised processor sharing:
Parekh and Gallager, IEEE/ACM Transactions on Networking 1, 1993). Once project j is done, its share w of the team is
free; project i can use a part of it (TRANSFER), so that i ends sooner by TRANSFER x w x (days between j's end and its
own). A single forecast rests on what i has done beside its neighbours, and is calibrated on how such forecasts came
true, so what they set free on average is in it already. Passed on is therefore the difference between what neighbours
set free on average and what they set free in this trial: one that takes longer than expected holds people back, one
that ends early gives them. On average over the others' fortunes, and where nothing is shared, a project takes as long
as its forecast says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from models.portfolio.network import Network
from models.portfolio.sampling import Days, Index, days_at, slices

# Half of a person's time: newcomers cost those who know the work theirs (Brooks, The Mythical Man-Month, 1975). It is
# an assumption, not a measurement: nothing in the real data tells of teams.
TRANSFER = 0.5
_CELLS = 64
_LEVELS = 20

Shares = tuple[tuple[int, float], ...]  # neighbours of a project, and the share of its people that each holds


@dataclass(frozen=True)
class Neighbours:
    """Some projects, who works beside each, and what those are expected to set free until any day, linear by steps.

    Columns and tables have a row for each of these projects. What others set free is counted by TRANSFER.
    """

    projects: Index
    others: tuple[tuple[Index, Days], ...]  # the first, second, ... neighbour of each; share of the people it holds
    pace: Days  # steps a day
    offset: Days  # of the first step among those of all rows
    last: Days  # within the row's last step
    level: Days  # what is expected within a step: level + slope x day
    slope: Days

    def on_average(self, ends: Days) -> Days:
        steps = ends * self.pace
        steps += self.offset
        index = np.minimum(steps, self.last, out=steps).astype(np.int32)
        found: Days = self.slope.take(index, out=steps, mode="clip")  # other modes go by way of a copy
        found *= ends
        found += self.level.take(index)
        return found

    def freed(self, ends: Days, days: Days) -> Iterator[Days]:
        """What each neighbour in turn sets free until these ends."""
        for others, share in self.others:
            found = days.take(others, axis=0)
            np.subtract(ends, found, out=found)
            np.maximum(found, 0.0, out=found)
            found *= share
            yield found


def neighbours(network: Network, expected: Days | None = None) -> tuple[Neighbours, ...]:
    """Some projects at a time; those who share nobody are left out.

    `expected` holds equally likely days of each project, by default those of its own forecast.
    """
    shares = _shares(network)
    if not shares:
        return ()
    start = np.array([one.start for one in network.projects], dtype=np.float32)
    ends = (_typical(network) if expected is None else expected) + start[:, None]
    # a row of few does not wait for one of many; who works together is found in the cache together
    projects = sorted(shares, key=lambda one: (len(shares[one]), min(one, shares[one][0][0])))
    return tuple(_some(projects[rows], shares, start, ends) for rows in slices(len(projects)))


def _some(projects: list[int], shares: Mapping[int, Shares], start: Days, ends: Days) -> Neighbours:
    most = len(shares[projects[-1]])  # who has fewer is beside itself, which frees nothing
    padded = [(*shares[one], *[(one, 0.0)] * (most - len(shares[one]))) for one in projects]
    others = [
        (np.array([other for other, _ in column]), np.array([[share * TRANSFER] for _, share in column]))
        for column in zip(*padded, strict=True)
    ]
    origin = start[projects].astype(np.float64)[:, None]
    highest = ends.max(axis=1)
    top = np.array([[max(float(highest[other]) for other, _ in shares[one])] for one in projects])
    step = (np.maximum(origin + 1.0, top) - origin) / (_CELLS - 1)
    knots = origin + step * np.arange(_CELLS + 1)  # the last step lies beyond every end, where nothing bends
    freed = np.zeros_like(knots)
    for other, share in others:
        freed += np.maximum(knots[:, :, None] - ends[other][:, None, :], 0.0).mean(axis=2) * share
    slope = np.diff(freed, axis=1) / step
    level = freed[:, :-1] - slope * knots[:, :-1]
    first = np.arange(len(projects))[:, None] * (_CELLS + 1.0) + 1.0  # one more each, for what is rounded down
    tables = [np.concatenate([table[:, :1], table], axis=1).ravel() for table in (level, slope)]
    kept = (found.astype(np.float32) for found in (1.0 / step, first - origin / step, first + _CELLS - 0.5, *tables))
    return Neighbours(np.array(projects), tuple((one, share.astype(np.float32)) for one, share in others), *kept)


def compete(days: Days, start: Days, beside: tuple[Neighbours, ...]) -> Days:
    """Days with what neighbours take or give; of projects without neighbours as they were."""
    if not beside:
        return days
    found = days.copy()
    ends = days + start[:, None]
    for company in beside:
        own, mine = (rows.take(company.projects, axis=0) for rows in (days, ends))
        least = own * np.float32(1.0 - TRANSFER)
        own += company.on_average(mine)
        for freed in company.freed(mine, ends):
            own -= freed
        found[company.projects] = np.maximum(own, least, out=own)
    return found


def _shares(network: Network) -> dict[int, Shares]:
    """Project → its neighbours, each with the share of the project's people that it holds now.

    A project of several teams counts each by the part of its people that come from there.
    """
    by_team: dict[str, dict[int, float]] = defaultdict(dict)
    total: dict[int, float] = defaultdict(float)
    places = network.place_of
    for (team, project), people in sorted(network.staffing.given.items()):
        if project in places and people > 0:
            by_team[team][places[project]] = people
            total[places[project]] += people
    found: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for members in by_team.values():
        everybody = sum(members.values())
        for one, people in members.items():
            for other, theirs in members.items():
                if other != one:
                    found[one][other] += people / total[one] * theirs / everybody
    return {one: tuple(sorted(others.items())) for one, others in sorted(found.items())}


def _typical(network: Network) -> Days:
    scores = ndtri((np.arange(_LEVELS) + 0.5) / _LEVELS).astype(np.float32)
    return days_at(network.projects, np.repeat(scores[None, :], len(network.projects), axis=0))
