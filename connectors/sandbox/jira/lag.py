"""A search index that runs behind: searches see the site as it stood a while ago, fetches by id see the truth.

What a search could once see and the user may no longer see is withheld at once, as Jira checks permissions late.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.world import World


@dataclass(frozen=True)
class Standing:
    """The world at one moment; `copy` stands still while the world goes on."""

    at: datetime
    version: int
    copy: bytes


@dataclass
class IndexLag:
    """`seconds` is how far searches are behind; 0 keeps no copies at all."""

    seconds: int = 0
    _standings: list[Standing] = field(default_factory=list)

    def note(self, world: World, version: int, at: datetime) -> None:
        """Call after every change of the world; `at` is the true time, whatever the server's clock says."""
        if self.seconds:
            self._standings.append(Standing(at, version, pickle.dumps(world)))

    def turn(self, seconds: int) -> None:
        """A lag that begins shows the site as it stands at the next `note`; one that ends shows everything at once."""
        self.seconds = seconds
        if not seconds:
            self._standings.clear()

    def standing(self, now: datetime) -> Standing | None:
        """The youngest one that searches can see, or None where they see the truth."""
        seen_until = now - timedelta(seconds=self.seconds)
        while len(self._standings) > 1 and self._standings[1].at <= seen_until:
            del self._standings[0]
        caught_up = len(self._standings) == 1 and self._standings[0].at <= seen_until
        return None if caught_up or not self._standings else self._standings[0]


def as_indexed(standing: Standing, world: World, reconciled: Sequence[int]) -> World:
    """The world that searches see: an earlier one, but for the issues to be reconciled and what is withheld today."""
    earlier: World = pickle.loads(standing.copy)  # noqa: S301 - our own bytes, never off the wire
    earlier.now, earlier.unbrowsable, earlier.secured = world.now, world.unbrowsable, world.secured
    for project in earlier.projects.values():
        now = world.projects[project.id]
        project.trashed, project.archived = now.trashed, now.archived
    for issue in reconciled:
        earlier.issues.pop(issue, None)
        earlier.deleted.discard(issue)
        if issue in world.issues:
            earlier.issues[issue] = world.issues[issue]
        if issue in world.deleted:
            earlier.deleted.add(issue)
    return earlier
