"""What a simulation says: chances, chains and delays, added up over blocks of trials.

Criticality is the share of trials in which something lies on the chain that decides (Van Slyke, Operations Research
11, 1963): the chain to the portfolio's last finish, and any chain to a promise that is missed.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from models.portfolio.network import Network
from models.portfolio.sampling import Days, Draws, Shocks
from models.portfolio.simulation import Passage, Simulator, Waiting

BLOCK = 5_000  # trials at a time, each with streams of its own
FEW, THREADS = 200, 2  # projects for which a second thread is not worth its start; threads
LATE, LAST = np.uint8(1), np.uint8(2)
Marks = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Findings:
    """What one passage says of projects (rows as in the network) and of relations."""

    late: npt.NDArray[np.float64]  # share of trials late
    critical: npt.NDArray[np.float64]  # of the chain to the last finish
    promise_critical: npt.NDArray[np.float64]  # of a chain to a missed promise
    received: npt.NDArray[np.float64]  # days that links add to the finish, on average
    late_days: npt.NDArray[np.float64]  # days late, on average
    link_critical: npt.NDArray[np.float64]
    link_promise_critical: npt.NDArray[np.float64]
    link_delay: npt.NDArray[np.float64]  # days that the waiting project ends later because of this link alone
    link_wait: npt.NDArray[np.float64]  # days that the waiting piece begins later because of this link alone
    total_slip: Days  # days late over all promises, trial by trial
    late_count: npt.NDArray[np.int32]  # promises missed, trial by trial
    last: Days  # the portfolio's last finish, trial by trial
    finish: Days  # projects by trials


def simulate(network: Network, seed: int, trials: int, shocks: Shocks | None = None) -> Findings:
    """Draws and studies `trials` trials; the same for the same network, seed and number, on however many cores."""
    simulator = Simulator(network)
    sizes = [min(BLOCK, trials - begin) for begin in range(0, trials, BLOCK)]

    def block(number: int) -> Findings:
        sample = Draws(network, seed, shocks, number).take(sizes[number])
        return study(simulator, simulator.run(sample))

    if len(network.projects) < FEW:
        return _added([block(number) for number in range(len(sizes))])
    with ThreadPoolExecutor(THREADS) as pool:  # numpy lets go of the interpreter while it computes
        return _added(list(pool.map(block, range(len(sizes)))))


def _added(parts: list[Findings]) -> Findings:
    """Shares and means weigh by their trials; what is told trial by trial is put one after the other."""
    if len(parts) == 1:
        return parts[0]
    weights = np.array([len(part.last) for part in parts], dtype=np.float64)
    found = {}
    for item in fields(Findings):
        values = [getattr(part, item.name) for part in parts]
        by_trial = item.name in ("total_slip", "late_count", "last", "finish")
        found[item.name] = np.concatenate(values, axis=-1) if by_trial else np.average(values, axis=0, weights=weights)
    return Findings(**found)


def study(simulator: Simulator, passage: Passage) -> Findings:
    """Chains, delays and promises of a passage."""
    finish = passage.finish
    trials = finish.shape[1]
    last = finish.max(axis=0) if len(finish) else np.zeros(trials, dtype=np.float32)
    total, count = np.zeros(trials, dtype=np.float32), np.zeros(trials, dtype=np.int32)
    marks = np.empty(finish.shape, dtype=np.uint8)
    late, late_days, received = np.zeros((3, len(finish)))
    for place, row in enumerate(finish):
        np.equal(row, last, out=marks[place].view(np.bool_))
        marks[place] *= LAST
        if np.isfinite(simulator.due[place]):
            over = row - simulator.due[place]
            is_late = over > 0
            np.maximum(over, 0.0, out=over)
            total += over
            count += is_late
            marks[place] |= is_late
            late[place], late_days[place] = np.count_nonzero(is_late) / trials, _mean(over)
    for place in {simulator.project_of(waiting.package) for waiting in passage.waits}:
        received[place] = _mean(finish[place] - passage.alone[place])
    link_critical, link_promised, link_delay, link_wait = _links(simulator, passage, marks)
    critical, promised = np.array([(_share(row >> 1), _share(row & LATE)) for row in marks]).reshape(-1, 2).T
    return Findings(
        late, critical, promised, received, late_days, link_critical, link_promised, link_delay, link_wait,
        total, count, last, finish,
    )  # fmt: skip


def _mean(values: Days) -> float:
    return float(np.add.reduce(values)) / len(values)  # of float32 in pairs, without the detours of mean()


def _share(marks: Marks) -> float:
    """Of marks that are 0 or 1."""
    return np.count_nonzero(marks.view(np.bool_)) / len(marks)


def _links(simulator: Simulator, passage: Passage, marks: Marks) -> npt.NDArray[np.float64]:
    """Backwards through what waited: chains and delays of each link; `marks` gains the projects on a chain."""
    found = np.zeros((4, len(simulator.network.relations)))
    own = marks.copy()  # whether the project's own finish counts, before chains of others run through it
    onward: dict[int, Marks] = {}
    together: dict[int, list[Waiting]] = defaultdict(list)
    for waiting in passage.waits:
        together[simulator.project_of(waiting.package)].append(waiting)
    for waiting in reversed(passage.waits):
        place = simulator.project_of(waiting.package)
        mark = own[place] * (waiting.ends == passage.finish[place])
        if waiting.package in onward:
            mark |= onward.pop(waiting.package)
            marks[place] |= mark
        for link, allowed in waiting.links:
            on_chain = mark * (allowed == waiting.begins)
            without = _without(simulator, together[place], link, passage.alone[place])
            delay, wait = _mean(passage.finish[place] - without), _mean(waiting.begins - _others(waiting, link))
            found[:, link] = _share(on_chain >> 1), _share(on_chain & LATE), delay, wait
            before = simulator.before(link)
            onward[before] = onward[before] | on_chain if before in onward else on_chain
    for package, mark in onward.items():
        marks[simulator.project_of(package)] |= mark
    return found


def _without(simulator: Simulator, waits: list[Waiting], link: int, alone: Days) -> Days:
    """When a project would finish without one of its links, everything else in it moving along."""
    finish = alone
    sooner: dict[int, Days] = {}
    for waiting in waits:
        begins = waiting.natural
        for other, allowed in waiting.links:
            if other != link:
                gain = sooner.get(simulator.before(other))
                begins = np.maximum(begins, allowed if gain is None else allowed - gain)
        gained = waiting.begins - begins
        sooner[waiting.package] = gained
        finish = np.maximum(finish, waiting.ends - gained)
    return finish


def _others(waiting: Waiting, link: int) -> Days:
    """When the piece would have begun without this link."""
    found = waiting.natural
    for other, allowed in waiting.links:
        if other != link:
            found = np.maximum(found, allowed)
    return found


def quantiles(rows: Days, levels: tuple[float, ...]) -> Days:
    """Per row the least value that at least such a share of trials does not exceed (no interpolation); in place.

    One level at a time, each within what the one before left above it: numpy's partition is seven times as fast for
    one place as for several at once.
    """
    size, begin = rows.shape[-1], 0
    found = np.empty((*rows.shape[:-1], len(levels)), dtype=np.float32)
    for number, level in enumerate(levels):
        place = max(begin, int(np.ceil(level * size - 1e-9)) - 1)
        rest = rows[..., begin:]
        rest.partition(place - begin, axis=-1)
        found[..., number] = rest[..., place - begin]
        begin = place
    return found
