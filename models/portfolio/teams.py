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
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from models.portfolio.network import Network
from models.portfolio.sampling import Days, days_at

# Half of a person's time: newcomers cost those who know the work theirs (Brooks, The Mythical Man-Month, 1975). It is
# an assumption, not a measurement: nothing in the real data tells of teams.
TRANSFER = 0.5
_CELLS = 64
_LEVELS = 20


@dataclass(frozen=True)
class Neighbours:
    """Who works beside one project, and what they are expected to set free until any day: linear between even steps."""

    others: tuple[tuple[int, float], ...]  # project, and the share of this project's people that it holds
    origin: float
    step: float
    freed: Days

    def on_average(self, ends: Days) -> Days:
        cells = ends - np.float32(self.origin)
        cells *= np.float32(1.0 / self.step)
        index = np.minimum(cells.astype(np.int32), _CELLS - 1)
        cells -= index
        cells *= np.diff(self.freed).take(index, mode="clip")
        cells += self.freed.take(index, mode="clip")
        return cells


def neighbours(network: Network, expected: Days | None = None) -> dict[int, Neighbours]:
    """By project; those who share nobody have none.

    `expected` holds equally likely days of each project, by default those of its own forecast.
    """
    shares = _shares(network)
    if not shares:
        return {}
    start = np.array([one.start for one in network.projects], dtype=np.float32)
    ends = (_typical(network) if expected is None else expected) + start[:, None]
    found = {}
    for one, others in shares.items():
        origin = float(start[one])
        top = max(origin + 1.0, *(float(ends[other].max()) for other, _ in others))
        step = (top - origin) / (_CELLS - 1)
        knots = origin + step * np.arange(_CELLS + 1)  # the last step lies beyond every end, where nothing bends
        theirs = np.concatenate([ends[other] for other, _ in others])
        weights = np.repeat([share / ends.shape[1] for _, share in others], ends.shape[1])
        freed = np.maximum(knots[:, None] - theirs[None, :], 0.0) @ weights
        found[one] = Neighbours(others, origin, step, freed.astype(np.float32))
    return found


def compete(days: Days, start: Days, beside: dict[int, Neighbours]) -> Days:
    """Days with what neighbours take or give; of projects without neighbours as they were."""
    if not beside:
        return days
    found = days.copy()
    ends = days + start[:, None]
    work, freed = np.empty_like(days[0]), np.empty_like(days[0])
    for one, company in beside.items():
        np.negative(company.on_average(ends[one]), out=freed)
        for other, share in company.others:
            np.subtract(ends[one], ends[other], out=work)
            np.maximum(work, 0.0, out=work)
            work *= np.float32(share)
            freed += work
        freed *= np.float32(TRANSFER)
        np.subtract(days[one], freed, out=found[one])
        np.maximum(found[one], np.float32(1.0 - TRANSFER) * days[one], out=found[one])
    return found


def _shares(network: Network) -> dict[int, tuple[tuple[int, float], ...]]:
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
