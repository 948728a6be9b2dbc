"""Draws how long every project takes by itself: the single forecasts as margins, common shocks as their dependence.

The margin of a project is its calibrated forecast: the logarithm of its days is linear between the quantiles that were
said, in units of the normal score, and goes on straight beyond them. What ties projects together is a Gaussian copula
(Li, Journal of Fixed Income 9, 2000) with one factor for the portfolio, one per programme and one per team: two
projects of a team have a correlation of all three shares, two of nothing in common that of the portfolio. Draws come
in antithetic pairs, from one stream a project or factor, so that no project's time depends on who else is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISeedSequence, SeedSequence
from scipy.special import ndtri

from models.portfolio.network import Network, Project

Days = npt.NDArray[np.float32]
Index = npt.NDArray[np.intp]

LEVELS = (0.10, 0.50, 0.80, 0.95)
LONGEST_DAYS = 3652.0  # as in the single forecasts: what takes longer has no finite finish
_LOW, _HIGH = float(ndtri(LEVELS[0])), float(ndtri(LEVELS[2]))
_HIGHEST = float(ndtri(LEVELS[3]))
_ROWS = 16  # at a time: what a core's cache holds


@dataclass(frozen=True)
class Shocks:
    """Shares of variance of the normal score: what strikes all, a programme, a team; the rest is a project's own.

    Set on 2026-11-26 by the correlation of normal scores of how a project's days to its end grew within a year, less
    their trend: New York's capital projects (225 project-years) .017 for two of one date and different agencies, .045
    of one agency; the British government's major projects (434) -.017 and .073 of one department. Quarterly changes of
    throughput of Jira projects (349): .011. Of teams nothing is measured: they have what a programme has.
    """

    portfolio: float = 0.02
    programme: float = 0.05
    team: float = 0.05


@dataclass(frozen=True)
class Sample:
    """One set of draws, projects by trials and packages by trials, for a network as it is and as it might be."""

    days: Days
    place: Days  # share of the project's time at which each package ends

    @property
    def trials(self) -> int:
        return int(self.days.shape[1])


class Draws:
    """Seeded draws for a network: one block of trials."""

    def __init__(self, network: Network, seed: int, shocks: Shocks | None = None, block: int = 0) -> None:
        self._network, self._shocks = network, shocks or Shocks()
        self._common = _stream(seed, block, "portfolio")
        self._own = [_stream(seed, block, f"project {one.project_id}") for one in network.projects]
        names = {name for one in network.projects for name in _factors(one) if name is not None}
        self._factors = {name: _stream(seed, block, name) for name in sorted(names)}
        number = {None: 0} | {name: place for place, name in enumerate(self._factors, start=1)}
        self._factors_of = np.array([[number[name] for name in _factors(one)] for one in network.projects]).reshape(-1, 2).T

    def take(self, trials: int) -> Sample:
        """That many trials, an even number of them: the second half mirrors the first."""
        half = max(trials // 2, 1)
        return Sample(days_at(self._network.projects, self._scores(half)), self._places(half))

    def _scores(self, half: int) -> Days:
        """Correlated normal scores; a project without a programme or team has that factor to itself."""
        shares = np.array([self._shocks.programme, self._shocks.team])
        left = max(0.0, 1.0 - self._shocks.portfolio - float(shares.sum()))
        own = np.sqrt(left + shares @ (self._factors_of == 0)).astype(np.float32)
        common = _normal(self._common, half, self._shocks.portfolio)
        factors = np.zeros((1 + len(self._factors), half), dtype=np.float32)  # the first of those that have none
        for row, (name, stream) in zip(factors[1:], self._factors.items(), strict=True):
            row[:] = _normal(stream, half, shares[int(name.startswith("team "))])
        found = np.empty((len(own), 2 * half), dtype=np.float32)
        for rows in slices(len(own)):
            first = found[rows, :half]
            for row, stream in zip(first, self._own[rows], strict=True):
                stream.standard_normal(dtype=np.float32, out=row)
            first *= own[rows, None]
            first += common
            for factor in self._factors_of:
                first += factors[factor[rows]]
            np.negative(first, out=found[rows, half:])
        return found

    def _places(self, half: int) -> Days:
        """When in its project's time each package ends: evenly drawn within its span.

        The last of n pieces in any order ends where the greatest of n uniforms lies: U to the power 1/n.
        """
        found = np.empty((len(self._network.packages), 2 * half), dtype=np.float32)
        for row, package in zip(found, self._network.packages, strict=True):
            low, high = package.span
            if high <= low:
                row[:] = low
                continue
            self._own[self._network.place_of[package.project_id]].random(dtype=np.float32, out=row[:half])
            np.subtract(np.float32(1.0), row[:half], out=row[half:])
            if package.items > 1:
                np.power(row, np.float32(1.0 / package.items), out=row)
            if (low, high) != (0.0, 1.0):
                row *= np.float32(high - low)
                row += np.float32(low)
        return found


def days_at(projects: tuple[Project, ...], scores: Days) -> Days:
    """Days at normal scores (one row a project), in place of the scores."""
    log = np.log(np.maximum([one.days for one in projects] or np.ones((0, 4)), 1.0))
    middle = log[:, 1].astype(np.float32)
    slope = np.diff(log, axis=1) / np.diff([_LOW, 0.0, _HIGH, _HIGHEST])
    first, second, third = slope.astype(np.float32).T if len(log) else np.zeros((3, 0), np.float32)
    for rows in slices(len(scores)):
        z = scores[rows]
        above = np.maximum(z, 0.0)
        z -= above  # what is below the median
        z *= first[rows, None]
        near = np.minimum(above, np.float32(_HIGH))
        above -= near
        near *= second[rows, None]
        above *= third[rows, None]
        z += near
        z += above
        z += middle[rows, None]
        np.exp(z, out=z)
        np.maximum(z, np.float32(1.0), out=z)
        np.minimum(z, np.float32(LONGEST_DAYS), out=z)
    return scores


def slices(size: int) -> Iterator[slice]:
    """Some rows at a time, so that each step finds in a core's cache what the one before left there."""
    return (slice(begin, min(begin + _ROWS, size)) for begin in range(0, size, _ROWS))


def _factors(project: Project) -> tuple[str | None, str | None]:
    programme = None if project.programme is None else f"programme {project.programme}"
    return programme, None if project.team is None else f"team {project.team}"


def _normal(stream: np.random.Generator, half: int, share: float) -> Days:
    return stream.standard_normal(half, dtype=np.float32) * np.float32(np.sqrt(share))


class _Named(ISeedSequence):
    """The beginning of a stream is a hash of its name: a tenth of the time that mixing by SeedSequence takes."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> npt.NDArray[Any]:
        size = n_words * np.dtype(dtype).itemsize
        return np.frombuffer(hashlib.blake2b(self._name, digest_size=size).digest(), dtype=dtype)


def _stream(seed: int, block: int, name: str) -> np.random.Generator:
    """A stream of its own for each name and block."""
    named = _Named(f"{seed} {block} {name}")
    return np.random.Generator(np.random.SFC64(cast(SeedSequence, named)))  # numpy's types ask for more than it does
