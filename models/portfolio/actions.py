"""What might be done, as a change of the network or of its draws: the same draws with and without tell the difference.

Common random numbers (Law, Simulation Modeling and Analysis, 2015, chapter 11): whatever strikes a project strikes it
with and without the action, so that the difference is far less noisy than either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.portfolio.findings import quantiles
from models.portfolio.network import Network
from models.portfolio.sampling import LEVELS, Days, Sample
from models.portfolio.simulation import Simulator
from models.portfolio.teams import TRANSFER

SLOWEST = 0.1  # of its pace is left to a project however many people are taken away
SURE = 1.96  # standard errors of an interval of 95 %


@dataclass(frozen=True)
class Action:
    """One thing that might be done. `kind` says what `subject` and `amount` are.

    cut_scope: a project, the share that is left out. add_people: a team, how many join (or leave, below 0).
    drop_dependency and start_earlier: a dependency; the second does first what is waited for. move_promise: a project,
    the days by which its promise moves.
    """

    kind: str
    subject: str
    amount: float = 1.0


@dataclass(frozen=True)
class Saving:
    """Days of slip that actions save over the whole portfolio, and promises that hold for them."""

    days: float
    low: float  # 95 % interval of the average
    high: float
    spread: Days  # the average's trials: p10, p50, p80, p95
    promises: float


class Bench:
    """One portfolio and its draws, for as many actions as one likes."""

    def __init__(self, network: Network, sample: Sample) -> None:
        self._sample = sample
        self._simulator = Simulator(network)
        self.network = network
        self.passage = self._simulator.run(sample)
        self._total, self._count = self._simulator.slip(self.passage.finish)

    @property
    def slip(self) -> float:
        """Days late on average, as it is."""
        return float(self._total.mean(dtype=np.float64))

    def saving(self, actions: Sequence[Action]) -> Saving:
        """What these do together."""
        network, sample = self.network, self._sample
        for action in actions:
            network, sample = apply(network, sample, action)
        simulator = Simulator(network, like=self._simulator)
        total, count = simulator.slip(simulator.run(sample).finish)
        saved = self._total - total
        half = len(saved) // 2
        pairs = (saved[:half] + saved[half:]).astype(np.float64) / 2.0  # antithetic: only pairs are independent
        mean, error = float(pairs.mean()), float(pairs.std(ddof=1) / np.sqrt(half)) if half > 1 else 0.0
        promises = float((self._count - count).mean(dtype=np.float64))
        spread = quantiles(saved[None, :].copy(), LEVELS)[0]
        return Saving(mean, mean - SURE * error, mean + SURE * error, spread, promises)


def apply(network: Network, sample: Sample, action: Action) -> tuple[Network, Sample]:
    """The network and the draws as they would be."""
    return _CHANGES[action.kind](network, sample, action)


def _cut_scope(network: Network, sample: Sample, action: Action) -> tuple[Network, Sample]:
    """Time goes with the number of items: so it does in the engine of the single forecasts."""
    days = sample.days.copy()
    days[network.place_of[action.subject]] *= np.float32(1.0 - action.amount)
    return network, replace(sample, days=days)


def _add_people(network: Network, sample: Sample, action: Action) -> tuple[Network, Sample]:
    """Spread over the team's projects as its people are. Who comes counts by TRANSFER, who goes in full."""
    given = network.staffing.given
    mine = {project: people for (team, project), people in given.items() if team == action.subject and people > 0}
    everybody = sum(mine.values())
    weight = TRANSFER if action.amount > 0 else 1.0
    days = sample.days.copy()
    for project, people in mine.items():
        if project in network.place_of:
            whole = sum(some for (_, other), some in given.items() if other == project)
            pace = 1.0 + weight * action.amount * people / everybody / whole
            days[network.place_of[project]] /= np.float32(max(pace, SLOWEST))
    return network, replace(sample, days=days)


def _drop_dependency(network: Network, sample: Sample, action: Action) -> tuple[Network, Sample]:
    left = tuple(one for one in network.relations if one.relation_id != action.subject)
    return replace(network, relations=left), sample


def _start_earlier(network: Network, sample: Sample, action: Action) -> tuple[Network, Sample]:
    before = next(one.before for one in network.relations if one.relation_id == action.subject)
    number = next(place for place, one in enumerate(network.packages) if one.package_id == before)
    place = sample.place.copy()
    place[number] = np.minimum(place[number], np.float32(network.packages[number].share))
    return network, replace(sample, place=place)


def _move_promise(network: Network, sample: Sample, action: Action) -> tuple[Network, Sample]:
    number = network.place_of[action.subject]
    projects = list(network.projects)
    due = projects[number].due
    projects[number] = replace(projects[number], due=None if due is None else due + action.amount)
    return replace(network, projects=tuple(projects)), sample


_CHANGES = {
    "cut_scope": _cut_scope,
    "add_people": _add_people,
    "drop_dependency": _drop_dependency,
    "start_earlier": _start_earlier,
    "move_promise": _move_promise,
}
