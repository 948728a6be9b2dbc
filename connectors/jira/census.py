"""The id census: what is at the source, against what is held here, and what every difference means.

Absence alone never deletes. An absent issue is asked for by id first; and where a whole project, or a good part of
one, is absent at once, a lost permission is likelier than a thousand deletions: then nothing is buried, and the
certificate says so.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

import numpy as np

from connectors.http import Session
from connectors.jira import wire
from connectors.jira.dimensions import Project
from connectors.jira.held import Held, Ids
from connectors.jira.issues import SEARCH, ordered
from connectors.jira.pages import by_token

PAGE: Final = 5_000  # Jira gives that many where only ids and keys are asked for
_FEW: Final = 5  # so many may vanish from any project and be believed
_SHARE: Final = 0.2  # and this share of a larger one

Class: TypeAlias = Literal["deleted", "not_visible", "archived", "trashed", "moved", "unresolved", "changelog_short"]


@dataclass(frozen=True)
class Census:
    """Ids at the source: as they came (by creation), sorted, and by the project their key names."""

    listed: Sequence[int]
    ids: Ids
    by_project: Mapping[str, Ids]

    def counts(self, held: Held, delivered: Ids) -> dict[str, int]:
        """Issues at the source per project; what was delivered in this sync counts where its payload says."""
        here = {name: len(ids) for name, ids in held.by_project(delivered).items()}
        there = {name: len(np.setdiff1d(ids, delivered)) for name, ids in self.by_project.items()}
        return {name: here.get(name, 0) + there.get(name, 0) for name in {**there, **here}}


def nothing() -> Census:
    """Where no project is visible at all."""
    return Census((), np.empty(0, np.int64), {})


async def read(session: Session, within: str, projects: Sequence[Project]) -> Census:
    ids, owners = array("q"), array("q")
    body = {"jql": ordered(within), "maxResults": PAGE, "fields": ["key"]}
    names: dict[str, int] = {}
    async for page in by_token(session, SEARCH, body, wire.id_page):
        for issue in page.issues:
            ids.append(int(issue.id))
            owners.append(names.setdefault(issue.key.rpartition("-")[0], len(names)))
    known = {project.key: project.id for project in projects}
    listed, owner = np.array(ids, dtype=np.int64), np.array(owners, dtype=np.int64)
    by_project = {known.get(name, name): np.unique(listed[owner == number]) for name, number in names.items()}
    return Census(ids, np.unique(listed), by_project)


@dataclass
class Differences:
    """What the census says against what is held: to be asked for by id, or explained without asking."""

    absent: list[int] = field(default_factory=list)  # held, not in the census, and believable one by one
    lacking: list[int] = field(default_factory=list)  # in the census, not held (or held under another project)
    hidden: dict[str, tuple[Class, Ids]] = field(default_factory=dict)  # project → why its issues are out of sight


def compare(held: Held, census: Census, fresh: Ids, projects: Sequence[Project]) -> Differences:
    """`fresh` came in this very sync: the index may be behind it, so its absence means nothing."""
    found = Differences()
    seen = np.union1d(census.ids, fresh)
    absent = held.by_project(np.setdiff1d(held.ids, seen, assume_unique=True))
    holdings = held.by_project(held.ids)
    listed = {project.id: project for project in projects}
    for name, ids in absent.items():
        why = _out_of_sight(listed.get(name), len(ids), len(holdings[name]))
        if why is None:
            found.absent += ids.tolist()
        else:
            found.hidden[name] = (why, ids)
    for name, ids in census.by_project.items():
        own = holdings.get(name, np.empty(0, np.int64)) if name in listed else held.ids
        lacking = np.setdiff1d(ids, own, assume_unique=True)
        # a fresh one under another project has just moved: the payload is younger than the index
        found.lacking += np.setdiff1d(lacking, fresh).tolist()
    return found


def _out_of_sight(project: Project | None, absent: int, held: int) -> Class | None:
    """Why a project's issues are absent together; None where each may be asked for by itself."""
    if project is None:
        return "not_visible"
    if project.deleted:
        return "trashed"
    if project.archived:
        return "archived"
    return "not_visible" if absent > max(_FEW, int(held * _SHARE)) else None


_EVIDENCE: Final[dict[str, str]] = {
    "not_visible": "the project, or a large part of it, is out of sight at once: a lost permission is likelier "
    "than deletion",
    "archived": "the project is archived at the source",
    "trashed": "the project is in the trash at the source",
    "unresolved": "the census names it, a fetch by id does not give it",
    "changelog_short": "the source tells of more changes than it gives",
    "deleted": "absent from the id census and from a fetch by id, while its project is visible",
}


def evidence(why: Class) -> str:
    return _EVIDENCE[why]
