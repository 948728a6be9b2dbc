"""The id census: what is at the source, against what is held here, and what every difference means.

Absence alone never deletes: an absent issue of a project that is there is asked for by id, and what is still not to be
had is for `absence` to judge; where the whole project is out of sight, its issues are kept and the reason is told.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Final, Literal, TypeAlias

import numpy as np

from connectors.http import Session
from connectors.jira import wire
from connectors.jira.dimensions import Project
from connectors.jira.flavour import Flavour
from connectors.jira.held import Held, Ids
from connectors.jira.issues import ordered

Class: TypeAlias = Literal[
    "deleted",
    "not_visible",
    "archived",
    "trashed",
    "out_of_scope",
    "moved",
    "unresolved",
    "changelog_short",
    "comments_short",
]


@dataclass(frozen=True)
class Census:
    """Ids at the source, sorted, each with the number of the project that its key names."""

    ids: Ids
    owners: Ids
    names: Sequence[str]

    def without(self, gone: Ids) -> Census:
        keep = ~np.isin(self.ids, gone)
        return Census(self.ids[keep], self.owners[keep], self.names)

    def by_project(self, ids: Ids) -> dict[str, Ids]:
        """Of these ids, those of each project; meant for few ids."""
        among = np.isin(self.ids, ids)
        found, owners = self.ids[among], self.owners[among]
        return {self.names[number]: found[owners == number] for number in np.unique(owners).tolist()}

    def counts(self, held: Held, delivered: Ids) -> dict[str, int]:
        """Issues at the source per project; what was delivered in this sync counts where its payload says."""
        counts = held.count(delivered)
        others = self.owners[~np.isin(self.ids, delivered)]
        for name, tally in zip(self.names, np.bincount(others, minlength=len(self.names)).tolist(), strict=True):
            counts[name] = counts.get(name, 0) + tally
        return counts


def nothing() -> Census:
    """Where no project is visible at all."""
    return Census(np.empty(0, np.int64), np.empty(0, np.int64), ())


@dataclass
class Roll:
    """Ids as they are listed, page by page."""

    ids: array[int] = field(default_factory=lambda: array("q"))
    _owners: array[int] = field(default_factory=lambda: array("q"))
    _numbers: defaultdict[str, int] = field(default_factory=lambda: defaultdict(count().__next__))

    def take(self, page: wire.CensusPage) -> None:
        self.ids.extend([issue.id for issue in page.issues])
        self._owners.extend([self._numbers[issue.key.rpartition("-")[0]] for issue in page.issues])

    def census(self, projects: Sequence[Project]) -> Census:
        """Once all is listed."""
        known = {project.key: project.id for project in projects}
        ids, first = np.unique(np.array(self.ids, dtype=np.int64), return_index=True)
        names = [known.get(name, name) for name in self._numbers]
        return Census(ids, np.array(self._owners, dtype=np.int64)[first], names)


async def read(
    flavour: Flavour, session: Session, within: str, projects: Sequence[Project], reconcile: Sequence[int] = ()
) -> Census:
    roll = Roll()
    async for page in flavour.ids(session, ordered(within), reconcile):
        roll.take(page)
    return roll.census(projects)


@dataclass
class Differences:
    """What the census says against what is held: to be asked for by id, or explained without asking."""

    absent: list[int] = field(default_factory=list)  # held, not in the census, and believable one by one
    lacking: list[int] = field(default_factory=list)  # in the census, not held (or held under another project)
    hidden: dict[str, tuple[Class, Ids]] = field(default_factory=dict)  # project → why its issues are out of sight


def compare(
    held: Held, census: Census, fresh: Ids, projects: Sequence[Project], told: Collection[int] = ()
) -> Differences:
    """`fresh` came in this very sync: the index may be behind it, so its absence or old project means nothing.

    Of the `told` ones a webhook said that they were deleted: each is asked for by id, and they do not count as
    vanished in masses.
    """
    found = Differences()
    listed = {project.id: project for project in projects}
    reported = np.fromiter(told, dtype=np.int64)
    absent = held.ids[~(np.isin(held.ids, census.ids) | np.isin(held.ids, fresh)) | np.isin(held.ids, reported)]
    for name, ids in held.by_project(absent).items():
        why = _out_of_sight(listed.get(name))
        if why is None:
            found.absent += ids.tolist()
        else:
            found.hidden[name] = (why, ids)
    found.lacking = _lacking(held, census, fresh, listed).tolist()
    return found


def _lacking(held: Held, census: Census, fresh: Ids, listed: Container[str]) -> Ids:
    """Not held at all, or held under another project than the census names."""
    numbers = held.numbers_of(census.ids)
    expected = np.array([held.number(name) if name in listed else -2 for name in census.names], dtype=np.int64)
    named = expected[census.owners]
    lacking = (numbers < 0) | ((named != -2) & (numbers != named))
    wanted: Ids = census.ids[lacking & ~np.isin(census.ids, fresh)]
    return wanted


def _out_of_sight(project: Project | None) -> Class | None:
    """Why a project's issues are absent together; None where each may be asked for by itself."""
    if project is None:
        return "not_visible"
    if project.deleted:
        return "trashed"
    return "archived" if project.archived else None


_EVIDENCE: Final[dict[str, str]] = {
    "not_visible": "the project is no longer listed, neither live nor archived nor in the trash: a lost permission "
    "is likelier than deletion",
    "archived": "the project is archived at the source",
    "moved": "a fetch by id gives it under another project, which the settings do not name",
    "trashed": "the project is in the trash at the source",
    "out_of_scope": "the settings do not name its project any more: the last known state stands",
    "unresolved": "the census names it, a fetch by id does not give it",
    "changelog_short": "the source tells of more changes than it gives",
    "comments_short": "the source tells of more comments than it gives",
    "deleted": "absent from the id census and from a fetch by id, while its project is visible",
}


def evidence(why: Class) -> str:
    return _EVIDENCE[why]
