"""What a simulation says: chances, chains and delays, added up over blocks of trials."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from models.portfolio.chains import LAST, Chains, Marks, Numbers, means, shares
from models.portfolio.network import Network
from models.portfolio.sampling import Days, Draws, Shocks, slices
from models.portfolio.simulation import Passage, Simulator

BLOCK = 5_000  # trials at a time, each with streams of its own
FEW, THREADS = 200, 2  # of fewer projects a second thread is not worth its start; threads


@dataclass(frozen=True)
class Findings:
    """What one passage says of projects (rows as in the network) and of relations."""

    late: Numbers  # share of trials late
    critical: Numbers  # of the chain to the last finish
    promise_critical: Numbers  # of a chain to a missed promise
    received: Numbers  # days that links add to the finish, on average
    late_days: Numbers  # days late, on average
    link_critical: npt.NDArray[np.float64]
    link_promise_critical: npt.NDArray[np.float64]
    link_delay: Numbers  # days that the waiting project ends later because of this link alone
    link_wait: Numbers  # days that the waiting piece begins later because of this link alone
    total_slip: Days  # days late over all promises, trial by trial
    late_count: npt.NDArray[np.int32]  # promises missed, trial by trial
    last: Days  # the portfolio's last finish, trial by trial
    finish: Days  # projects by trials


def simulate(network: Network, seed: int, trials: int, shocks: Shocks | None = None) -> Findings:
    """Draws and studies `trials` trials; the same for the same network, seed and number, on however many cores."""
    simulator, trials = Simulator(network), max(trials // 2, 1) * 2  # in pairs
    finish = np.empty((len(network.projects), trials), dtype=np.float32)

    def block(begin: int) -> Findings:
        size = min(BLOCK, trials - begin)
        sample = Draws(network, seed, shocks, begin // BLOCK).take(size)
        found = study(simulator, simulator.run(sample))
        finish[:, begin : begin + size] = found.finish
        return replace(found, finish=finish[:, begin : begin + size])

    begins = range(0, trials, BLOCK)
    if len(network.projects) < FEW:
        return _added([block(begin) for begin in begins], finish)
    with ThreadPoolExecutor(THREADS) as pool:  # numpy lets go of the interpreter while it computes
        return _added(list(pool.map(block, begins)), finish)


def _added(parts: list[Findings], finish: Days) -> Findings:
    """Shares and means weigh by their trials; what is told trial by trial is put one after the other."""
    weights = np.array([len(part.last) for part in parts], dtype=np.float64)
    found = {}
    for item in fields(Findings):
        if item.name != "finish":
            values = [getattr(part, item.name) for part in parts]
            by_trial = item.name in ("total_slip", "late_count", "last")
            found[item.name] = np.concatenate(values) if by_trial else np.average(values, axis=0, weights=weights)
    return Findings(**found, finish=finish)


def study(simulator: Simulator, passage: Passage) -> Findings:
    """Chains, delays and promises of a passage."""
    finish = passage.finish
    last = finish.max(axis=0) if len(finish) else np.zeros(finish.shape[1], dtype=np.float32)
    marks, late_days, total, count = _promises(simulator, finish, last)
    received = np.zeros(len(finish))
    waiting = np.array(sorted(simulator.plan.together), dtype=np.intp)
    for rows in slices(len(waiting)):
        places = waiting[rows]
        received[places] = means(finish.take(places, axis=0) - passage.alone.take(places, axis=0))
    late = shares(marks)[1]
    links = Chains(simulator, passage, marks).links()  # marks what chains of others run through
    critical, promised = shares(marks)
    return Findings(
        late, critical, promised, received, late_days, links[0], links[1], links[2], links[3],
        total, count, last, finish,
    )  # fmt: skip


def _promises(simulator: Simulator, finish: Days, last: Days) -> tuple[Marks, Numbers, Days, npt.NDArray[np.int32]]:
    """Projects that end last or late, by trial; days late of each on average; days and promises of each trial."""
    total: Days = np.zeros(len(last), dtype=np.float32)
    count: npt.NDArray[np.int32] = np.zeros(len(last), dtype=np.int32)
    marks: Marks = np.empty(finish.shape, dtype=np.uint8)
    late_days: Numbers = np.zeros(len(finish))
    for rows in slices(len(finish)):
        np.equal(finish[rows], last, out=marks[rows].view(np.bool_))
        marks[rows] *= LAST
        over = finish[rows] - simulator.due[rows, None]  # without a promise endlessly early
        is_late = over > 0.0
        marks[rows] |= is_late
        count += np.add.reduce(is_late, axis=0, dtype=np.uint8)  # of so few rows
        late_days[rows] = means(np.maximum(over, 0.0, out=over))
        total += np.add.reduce(over, axis=0)
    return marks, late_days, total, count


def quantiles(rows: Days, levels: tuple[float, ...]) -> Days:
    """Per row the least value that at least such a share of trials does not exceed (no interpolation); in place."""
    if len(rows) < FEW:
        return _quantiles(rows, levels)
    with ThreadPoolExecutor(THREADS) as pool:
        return np.concatenate(list(pool.map(partial(_quantiles, levels=levels), np.array_split(rows, THREADS))))


def _quantiles(rows: Days, levels: tuple[float, ...]) -> Days:
    """One level at a time, each within what the one before left above it.

    numpy's partition is seven times as fast for one place as for several at once.
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
