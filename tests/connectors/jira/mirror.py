"""What someone who only ever read the landed records holds of a site, and the site's own truth to compare it with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.sandbox.jira.selection import view
from tests.connectors.jira.syncing import Record, Site, Synced

_ALL = view(["*all"], [], default="*all", cap=100)
_OWN = ("summary", "status", "updated", "project", "assignee", "labels", "duedate", "timespent")


@dataclass
class Mirror:
    """The last word on every issue and worklog; syncs must be taken in order."""

    site: Site
    issues: dict[str, Record] = field(default_factory=dict)
    worklogs: dict[str, Record] = field(default_factory=dict)
    checkpoint: Mapping[str, Any] | None = None

    def sync(self, *, full: bool = False) -> Synced:
        return self.take(self.site.sync(self.checkpoint, full=full))

    def take(self, synced: Synced) -> Synced:
        for name, held in (("issue", self.issues), ("worklog", self.worklogs)):
            held |= {record.key: record for record in synced.records.get(name, [])}
        self.checkpoint = synced.checkpoint
        return synced

    @property
    def alive(self) -> set[int]:
        return {int(key) for key, record in self.issues.items() if not record.deleted}

    def held(self) -> dict[str, Any]:
        """What is held of every living issue, as far as it is the issue's own."""
        return {key: _own(record.payload) for key, record in self.issues.items() if not record.deleted}

    def hours(self) -> dict[str, int]:
        return {key: one.payload["timeSpentSeconds"] for key, one in self.worklogs.items() if not one.deleted}


def truth(site: Site) -> dict[str, Any]:
    """The same of every issue that the site shows to the account, by search or by id."""
    jira = site.jira.site
    ids = sorted(jira.shown.issues)  # type: ignore[attr-defined]
    return {doc["id"]: _own(doc) for doc in map(json.loads, jira.render(ids, _ALL))}


def true_hours(site: Site) -> dict[str, int]:
    return {str(log.id): log.seconds for log in site.jira.site.shown.worklogs.values()}  # type: ignore[attr-defined]


def _own(doc: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": doc["key"]} | {name: doc["fields"].get(name) for name in _OWN}


def classes(synced: Synced, key: str) -> dict[str, list[int]]:
    """The ids that a project's certificate names, by class."""
    found: dict[str, list[int]] = {}
    for entry in synced.certificate(key).missing:
        found.setdefault(entry["class"], []).append(int(entry["id"]))
    return {why: sorted(ids) for why, ids in found.items()}


def evidence(synced: Synced, key: str, issue: int) -> str:
    return next(entry["evidence"] for entry in synced.certificate(key).missing if entry["id"] == str(issue))


def buried(synced: Synced) -> list[tuple[str, str]]:
    return [(name, one.key) for name, records in synced.records.items() for one in records if one.deleted]
