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
_ROWS = 8  # at a time: what a core's cache holds


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
        self._seed, self._block = seed, block

    def take(self, trials: int) -> Sample:
        """That many trials, an even number of them: the second half mirrors the first."""
        half = max(trials // 2, 1)
        scores = np.empty((len(self._network.projects), 2 * half), dtype=np.float32)
        place = np.empty((len(self._network.packages), 2 * half), dtype=np.float32)
        inside: dict[str, list[int]] = {}
        for number, package in enumerate(self._network.packages):
            inside.setdefault(package.project_id, []).append(number)
        for row, project in zip(scores, self._network.projects, strict=True):
            stream = self._stream(f"project {project.project_id}")
            stream.standard_normal(dtype=np.float32, out=row[:half])
            for number in inside.get(project.project_id, ()):
                stream.random(dtype=np.float32, out=place[number, :half])
        self._correlate(scores)
        self._spread(place)
        return Sample(days_at(self._network.projects, scores), place)

    def _correlate(self, scores: Days) -> None:
        """Gives projects what they have in common; one without a programme or team has that factor to itself."""
        half = scores.shape[1] // 2
        pairs = [_factors(one) for one in self._network.projects]
        names = sorted({name for pair in pairs for name in pair if name is not None})
        shares = np.array([self._shocks.programme, self._shocks.team])
        factors = np.zeros((1 + len(names), half), dtype=np.float32)  # the first of those that have none
        for row, name in zip(factors[1:], names, strict=True):
            row[:] = self._normal(name, half, shares[int(name.startswith("team "))])
        number: dict[str | None, int] = {None: 0} | {name: place for place, name in enumerate(names, start=1)}
        found = np.array([[number[name] for name in pair] for pair in pairs], dtype=np.intp).reshape(-1, 2).T
        left = max(0.0, 1.0 - self._shocks.portfolio - float(shares.sum()))
        own = np.sqrt(left + shares @ (found == 0)).astype(np.float32)
        common = self._normal("portfolio", half, self._shocks.portfolio)
        for rows in slices(len(scores)):
            first = scores[rows, :half]
            first *= own[rows, None]
            first += common
            for factor in found:
                first += factors.take(factor[rows], axis=0)
            np.negative(first, out=scores[rows, half:])

    def _spread(self, place: Days) -> None:
        """When in its project's time each package ends: evenly drawn within its span.

        The last of n pieces in any order ends where the greatest of n uniforms lies: U to the power 1/n.
        """
        half = place.shape[1] // 2
        for rows in slices(len(place)):
            np.subtract(np.float32(1.0), place[rows, :half], out=place[rows, half:])
        for row, package in zip(place, self._network.packages, strict=True):
            low, high = package.span
            if package.items > 1:
                np.power(row, np.float32(1.0 / package.items), out=row)
            if (low, high) != (0.0, 1.0):
                row *= np.float32(high - low)
                row += np.float32(low)

    def _normal(self, name: str, half: int, share: float) -> Days:
        return self._stream(name).standard_normal(half, dtype=np.float32) * np.float32(np.sqrt(share))

    def _stream(self, name: str) -> np.random.Generator:
        """A stream of its own for each name and block."""
        named = _Named(f"{self._seed} {self._block} {name}")
        return np.random.Generator(np.random.SFC64(cast(SeedSequence, named)))  # numpy's types ask more than it does


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


class _Named(ISeedSequence):
    """The beginning of a stream is a hash of its name: a tenth of the time that mixing by SeedSequence takes."""

    def __init__(self, name: str) -> None:
        self._name = name.encode()

    def generate_state(self, n_words: int, dtype: Any = np.uint32) -> npt.NDArray[Any]:
        size = n_words * np.dtype(dtype).itemsize
        return np.frombuffer(hashlib.blake2b(self._name, digest_size=size).digest(), dtype=dtype)
