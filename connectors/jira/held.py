"""Which issues this side holds, compactly: id, project and changelog total of each, a few bytes an issue.

A connector remembers nothing between two syncs but its checkpoint, yet must tell what vanished at the source and
what the changelogs add up to. A million issues take about two megabytes of checkpoint.
"""

from __future__ import annotations

import base64
import zlib
from array import array
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ids: TypeAlias = NDArray[np.int64]


def pack(values: NDArray[Any]) -> str:
    return base64.b64encode(zlib.compress(values.astype("<i8").tobytes(), 6)).decode()


def unpack(text: str) -> Ids:
    return np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="<i8").astype(np.int64)


def pack_sorted(ids: Ids) -> str:
    return pack(np.diff(ids, prepend=np.int64(0)))


def unpack_sorted(text: str) -> Ids:
    return np.cumsum(unpack(text))


def distinct(*columns: Ids) -> Ids:
    """All their ids, sorted, each once. Numpy's `unique` and `union1d` hash integers: fifty times slower (measured)."""
    ids: Ids = np.sort(np.concatenate(columns))
    kept: Ids = ids[np.diff(ids, prepend=ids[:1] - 1) != 0]
    return kept


class Held:
    """Sorted columns, and what this sync adds to them until `settle`."""

    def __init__(self) -> None:
        self.projects: list[str] = []
        self._number: dict[str, int] = {}
        self.ids: Ids = np.empty(0, np.int64)
        self._project: Ids = np.empty(0, np.int64)
        self._total: Ids = np.empty(0, np.int64)
        self.short: dict[int, int] = {}  # issue → histories that the source has and we do not; 0: nobody knows how many
        self._new = (array("q"), array("q"), array("q"))

    def __len__(self) -> int:
        return len(self.ids)

    def put(self, issue: int, project: str, total: int) -> None:
        number = self._number.get(project)
        if number is None:
            number = self._number[project] = len(self.projects)
            self.projects.append(project)
        ids, projects, totals = self._new
        ids.append(issue)
        projects.append(number)
        totals.append(total)

    def settle(self) -> Ids:
        """Take in what was put (the last word on an id wins); the ids that were put."""
        new = [np.array(column, dtype=np.int64) for column in self._new]
        self._new = (array("q"), array("q"), array("q"))
        ids = np.concatenate([self.ids, new[0]])
        # the first of equal ids counts for np.unique, so the youngest stand first
        kept, first = np.unique(ids[::-1], return_index=True)
        at = len(ids) - 1 - first
        self.ids = kept
        self._project = np.concatenate([self._project, new[1]])[at]
        self._total = np.concatenate([self._total, new[2]])[at]
        return distinct(new[0])

    def totals(self, issues: Iterable[int]) -> dict[int, int]:
        """The changelog totals of these issues, as far as they are held."""
        wanted = np.unique(np.fromiter(issues, dtype=np.int64))
        wanted = wanted[self.has(wanted)]
        return dict(zip(wanted.tolist(), self._total[np.searchsorted(self.ids, wanted)].tolist(), strict=True))

    def set_total(self, issue: int, total: int) -> None:
        """Correct the changelog total of an issue that is held."""
        at = int(np.searchsorted(self.ids, issue))
        if at < len(self.ids) and self.ids[at] == issue:
            self._total[at] = total

    def drop(self, ids: Iterable[int]) -> None:
        gone = np.fromiter(ids, dtype=np.int64)
        if not len(gone):
            return
        keep = ~np.isin(self.ids, gone)
        self.ids, self._project, self._total = self.ids[keep], self._project[keep], self._total[keep]
        for issue in gone.tolist():
            self.short.pop(issue, None)

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        return np.isin(ids, self.ids)

    def holds(self, issue: int) -> bool:
        """Whether this one was held when the columns were last settled."""
        at = int(np.searchsorted(self.ids, issue))
        return at < len(self.ids) and int(self.ids[at]) == issue

    def numbers_of(self, ids: Ids) -> Ids:
        """For each id the number of the project it is held under, -1 where it is not held."""
        at = np.searchsorted(self.ids, ids)
        there = at < len(self.ids)
        there[there] = self.ids[at[there]] == ids[there]
        numbers = np.full(len(ids), -1, np.int64)
        numbers[there] = self._project[at[there]]
        return numbers

    def number(self, project: str) -> int:
        return self._number.get(project, -1)

    def by_project(self, ids: Ids) -> dict[str, Ids]:
        """Of these ids, those held under each project; meant for few ids."""
        own = self.numbers_of(ids)
        return {self.projects[number]: ids[own == number] for number in np.unique(own).tolist() if number >= 0}

    def projects_of(self, issues: Iterable[int]) -> dict[int, str]:
        """The project of each of these issues that is held."""
        ids = np.unique(np.fromiter(issues, dtype=np.int64))
        own = zip(ids.tolist(), self.numbers_of(ids).tolist(), strict=True)
        return {issue: self.projects[number] for issue, number in own if number >= 0}

    def count(self, ids: Ids) -> dict[str, int]:
        """How many of these ids are held under each project."""
        own = self.numbers_of(ids)
        tallies = np.bincount(own[own >= 0], minlength=len(self.projects)).tolist()
        return {name: tally for name, tally in zip(self.projects, tallies, strict=True) if tally}

    def counts(self) -> dict[str, tuple[int, int, int]]:
        """Per project: issues, changelog rows the source told of, rows held."""
        size = len(self.projects)
        issues = np.bincount(self._project, minlength=size).tolist()
        totals = np.zeros(size, np.int64)
        np.add.at(totals, self._project, self._total)
        short = np.zeros(size, np.int64)
        for issue, rows in self.short.items():
            at = int(np.searchsorted(self.ids, issue))
            if at < len(self.ids) and self.ids[at] == issue:
                short[self._project[at]] += rows
        told, lacking = totals.tolist(), short.tolist()
        return {
            name: (issues[number], told[number], told[number] - lacking[number])
            for number, name in enumerate(self.projects)
            if issues[number]
        }

    def dump(self) -> dict[str, Any]:
        return {
            "projects": self.projects,
            "ids": pack_sorted(self.ids),
            "project": pack(self._project),
            "total": pack(self._total),
            "short": {str(issue): rows for issue, rows in self.short.items()},
        }

    @staticmethod
    def load(stored: Mapping[str, Any]) -> Held:
        held = Held()
        held.projects = list(stored["projects"])
        held._number = {name: number for number, name in enumerate(held.projects)}
        held.ids = unpack_sorted(stored["ids"])
        held._project = unpack(stored["project"])
        held._total = unpack(stored["total"])
        held.short = {int(issue): int(rows) for issue, rows in stored["short"].items()}
        return held
