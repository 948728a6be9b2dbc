"""A simulated world behind the endpoints: rendered on request, indexed anew whenever it moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from connectors.sandbox.jira import lag, sight
from connectors.sandbox.jira.catalog import Catalog
from connectors.sandbox.jira.clock import millis
from connectors.sandbox.jira.encoding import dumps
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.index import Facet, Index
from connectors.sandbox.jira.issue_fields import IssueFields
from connectors.sandbox.jira.mutations.registry import perform, plain
from connectors.sandbox.jira.references import API, Doc, category, plain_text
from connectors.sandbox.jira.selection import EXPANDABLE, View
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.world_catalog import catalog
from connectors.sandbox.world import Issue, World


class Mover(Protocol):
    """What the portfolio simulator offers."""

    @property
    def world(self) -> World: ...

    def advance(self, days: int) -> object: ...


class FixedWorld:
    """A world that stands still: recorded data, hand-made tests."""

    def __init__(self, world: World) -> None:
        self.world = world

    def advance(self, days: int) -> object:
        raise JiraError(409, "The clock of this site is fixed.")


class WorldSite:
    def __init__(self, mover: Mover, zone: ZoneInfo, version: int = 0) -> None:
        self.mover = mover
        self.zone = zone
        self.index: Index
        self.catalog: Catalog
        self.done: list[tuple[str, Doc]] = []  # all that happened here, in order: a restart plays it again
        self.skew = timedelta()
        self.lag = lag.IndexLag()
        self._searched: WorldSite | None = None
        self._load(version)

    def _load(self, version: int) -> None:
        world = self.mover.world
        self.shown = sight.visible(world)
        self.fields = IssueFields(self.shown, self.zone)
        self.index = build_index(sight.searchable(self.shown), version)
        self.catalog = catalog(self.fields)
        self._ids = sight.keys(self.shown)
        self.lag.note(world, version, self.now - self.skew)

    @property
    def world(self) -> World:
        return self.mover.world

    @property
    def now(self) -> datetime:
        return self.world.now

    def resolve(self, ident: str) -> int | None:
        if ident.isdigit():
            return int(ident) if int(ident) in self.shown.issues else None
        return self._ids.get(ident.upper())

    def key(self, issue_id: int) -> str:
        return self.shown.issues[issue_id].key

    def searched(self, reconciled: Sequence[int] = ()) -> Site:
        """The site as its search index shows it, with these issues as they truly are."""
        standing = self.lag.standing(self.now - self.skew)
        if standing is None:
            return self
        version = standing.version
        if reconciled:
            version = (standing.version << 32) + self.index.version
        elif self._searched and self._searched.index.version == version and self._searched.now == self.now:
            return self._searched
        earlier = WorldSite(FixedWorld(lag.as_indexed(standing, self.world, reconciled)), self.zone, version)
        if not reconciled:
            self._searched = earlier
        return earlier

    def render(self, ids: Sequence[int], view: View) -> list[bytes]:
        return [dumps(self.document(self.shown.issues[issue_id], view)) for issue_id in ids]

    def document(self, issue: Issue, view: View) -> Doc:
        doc: Doc = {"expand": EXPANDABLE, "id": str(issue.id), "self": f"{API}/issue/{issue.id}", "key": issue.key}
        if view.changelog:
            newest = [self.history(issue, n) for n in range(len(issue.histories) - 1, -1, -1)[: view.cap]]
            doc["changelog"] = changelog(newest, len(issue.histories), view.cap)
        if view.transitions:
            doc["transitions"] = self.fields.refs.transitions
        fields = self.issue_fields(issue)
        shown = view.shown(fields | {"description": plain_text(fields["description"])} if view.plain else fields)
        return doc if shown is None else doc | {"fields": shown}

    def issue_fields(self, issue: Issue) -> Doc:
        return self.fields.of(issue)

    def history(self, issue: Issue, number: int) -> Doc:
        return self.fields.history(issue.histories[number])

    def histories(self, issue_id: int) -> list[bytes]:
        issue = self.world.issues[issue_id]
        return [dumps(self.history(issue, number)) for number in range(len(issue.histories))]

    def comments(self, issue_id: int) -> list[Doc]:
        """All comments of an issue, oldest first."""
        return self.fields.comments(issue_id)

    def do(self, name: str, /, **args: Any) -> Doc:
        """One edit or switch of `mutations.registry` by its name; what it did. Raises JiraError where it is refused."""
        args = plain(args)
        done = perform(self, name, args)
        self.done.append((name, args))
        self._load(self.index.version + 1)
        return done

    def advance(self, days: int) -> None:
        self.do("advance", days=days)

    def work_through(self, days: int) -> None:
        """The mover's own days. One that sets the clock by its calendar knows nothing of a skewed one."""
        before = self.now
        self.mover.advance(days)
        if self.now < before + timedelta(days=days):
            self.world.now += self.skew

    def touch(self, count: int) -> list[int]:
        raise JiraError(409, "Only a bulk site can be touched; advance this one.")

    def progress(self) -> Doc:
        return {"done": self.done}

    def restore(self, progress: Doc) -> None:
        for name, args in progress["done"]:
            self.do(name, **args)


def changelog(newest: list[Doc], total: int, cap: int) -> Doc:
    """Embedded, newest first and capped; `total` tells the truth."""
    return {"startAt": 0, "maxResults": min(total, cap), "total": total, "histories": newest}


def build_index(world: World, version: int) -> Index:
    issues = [world.issues[number] for number in sorted(world.issues)]
    categories = {int(category(entry.category)["id"]): category(entry.category) for entry in world.statuses.values()}
    of_status = {entry.id: int(category(entry.category)["id"]) for entry in world.statuses.values()}
    return Index(
        ids=np.array([issue.id for issue in issues], dtype=np.int64),
        numbers=np.array([int(issue.key.rpartition("-")[2]) for issue in issues], dtype=np.int64),
        created=np.array([millis(issue.created) for issue in issues], dtype=np.int64),
        updated=np.array([millis(issue.updated) for issue in issues], dtype=np.int64),
        facets={
            "project": Facet.of(
                (issue.project_id for issue in issues),
                {
                    entry.id: (str(entry.id), entry.key, entry.name, *entry.old_keys)
                    for entry in world.projects.values()
                },
            ),
            "issuetype": Facet.of(
                (issue.type_id for issue in issues),
                {entry.id: (str(entry.id), entry.name) for entry in world.issue_types.values()},
            ),
            "status": Facet.of(
                (issue.status_id for issue in issues),
                {entry.id: (str(entry.id), entry.name) for entry in world.statuses.values()},
            ),
            "statuscategory": Facet.of(
                (of_status[issue.status_id] for issue in issues),
                {number: (str(number), doc["key"], doc["name"]) for number, doc in categories.items()},
            ),
        },
        version=version,
    )
