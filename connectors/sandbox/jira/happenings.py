"""What happened on a site since someone last looked, in the words of Jira's webhooks.

Found by comparing, not told by whoever changes the world: however an edit is made, it is seen. Several edits of one
issue between two looks are one event.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np
import orjson

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.index import Numbers
from connectors.sandbox.jira.references import API, Doc
from connectors.sandbox.jira.selection import view
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.world_site import WorldSite

Docs: TypeAlias = dict[str, Doc]
_SHOWN = view((), (), default="*navigable", cap=0)


@dataclass(frozen=True)
class Happening:
    """One event: `body` is what Jira sends of it, beside event and time."""

    event: str
    at: datetime
    body: Doc
    issue_id: int | None = None


@dataclass(frozen=True)
class _Standing:
    """The site as it was at one look."""

    ids: Numbers
    updated: Numbers
    keys: Mapping[int, str]
    docs: Mapping[str, Docs] = field(default_factory=dict)  # project, version, sprint, worklog


class Watcher:
    """Looks at a site again and again and tells what is different."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.last = _standing(site, {})

    def look(self) -> list[Happening]:
        before, self.last = self.last, _standing(self.site, self.last.keys)
        return [*self._issues(before, self.last), *self._others(before.docs, self.last.docs)]

    def _issues(self, before: _Standing, now: _Standing) -> Iterator[Happening]:
        for issue in np.setdiff1d(before.ids, now.ids).tolist():
            doc = {"id": str(issue), "self": f"{API}/issue/{issue}", "key": before.keys[issue]}
            yield self._issue("jira:issue_deleted", "issue_deleted", issue, doc)
        stayed, then, here = np.intersect1d(before.ids, now.ids, return_indices=True)
        updated = stayed[before.updated[then] != now.updated[here]].tolist()
        for issue in np.setdiff1d(now.ids, before.ids).tolist():
            yield self._issue("jira:issue_created", "issue_created", issue, self._document(issue))
        for issue in updated:
            yield self._issue("jira:issue_updated", "issue_generic", issue, self._document(issue))

    def _issue(self, event: str, kind: str, issue: int, doc: Doc) -> Happening:
        users = self.site.catalog.users
        user = {"user": users[0]} if users else {}
        return Happening(event, self.site.now, {"issue_event_type_name": kind, **user, "issue": doc}, issue)

    def _document(self, issue: int) -> Doc:
        found: Doc = orjson.loads(self.site.render([issue], _SHOWN)[0])
        return found

    def _others(self, before: Mapping[str, Docs], now: Mapping[str, Docs]) -> Iterator[Happening]:
        for kind, docs in now.items():
            held = before.get(kind, {})
            for ident in [*docs, *(ident for ident in held if ident not in docs)]:
                event = _event(kind, held.get(ident), docs.get(ident))
                if event:
                    yield Happening(event, self.site.now, {kind: docs.get(ident) or held[ident]})


def _event(kind: str, before: Doc | None, now: Doc | None) -> str | None:
    """The name that Jira gives to the difference; None where there is none."""
    prefix = "jira:" if kind == "version" else ""
    if before is None or now is None:
        return f"{prefix}{kind}_{'created' if before is None else 'deleted'}"
    if before == now:
        return None
    if kind == "sprint" and before["state"] != now["state"]:
        return {"active": "sprint_started", "closed": "sprint_closed"}.get(now["state"], "sprint_updated")
    if kind == "version" and before["released"] != now["released"]:
        return "jira:version_released" if now["released"] else "jira:version_unreleased"
    return f"{prefix}{kind}_updated"


def _standing(site: Site, keys: Mapping[int, str]) -> _Standing:
    """The truth, not the index, which may lag behind it."""
    if isinstance(site, WorldSite):
        issues = site.world.issues
        ids = np.array(sorted(issues), dtype=np.int64)
        updated = np.array([clock.millis(issues[issue].updated) for issue in ids.tolist()], dtype=np.int64)
        return _Standing(ids, updated, {issue: issues[issue].key for issue in ids.tolist()}, _docs(site))
    return _Standing(site.index.ids, site.index.updated.copy(), keys, _docs(site))


def _docs(site: Site) -> dict[str, Docs]:
    catalog = site.catalog
    return {
        "project": _by_id(
            {name: value for name, value in doc.items() if name != "insight"} for doc in catalog.projects
        ),
        "version": _by_id(doc for docs in catalog.versions.values() for doc in docs),
        "sprint": _by_id(doc for docs in catalog.sprints.values() for doc in docs),
        "worklog": dict(catalog.worklogs),
    }


def _by_id(docs: Iterable[Doc]) -> Docs:
    return {str(doc["id"]): doc for doc in docs}
