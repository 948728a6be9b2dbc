"""Webhooks that an app registered over REST: which events of which issues go where, and until when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.happenings import Happening
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.site import Site, searcher

LIFETIME = timedelta(days=30)
EVENTS = (
    *("jira:issue_created", "jira:issue_updated", "jira:issue_deleted"),
    *("comment_created", "comment_updated", "comment_deleted", "issue_property_set", "issue_property_deleted"),
)
"""No sprint, version or worklog among them."""


@dataclass
class Subscription:
    id: int
    url: str
    events: tuple[str, ...]
    jql: str
    ends: datetime
    filters: Doc = field(default_factory=dict)

    def doc(self) -> Doc:
        known = {"id": self.id, "url": self.url, "events": list(self.events), "jqlFilter": self.jql}
        return {**known, **self.filters, "expirationDate": clock.millis(self.ends)}


class Subscriptions:
    """Those that are alive; one that has expired is gone, as at Jira."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._held: dict[int, Subscription] = {}
        self._next = 10_000

    def alive(self) -> list[Subscription]:
        self._held = {number: one for number, one in self._held.items() if one.ends > self.site.now}
        return list(self._held.values())

    def register(self, url: str, asked: Doc) -> int:
        """Raises JiraError 400 with what is wrong."""
        events, jql = asked.get("events"), asked.get("jqlFilter")
        if not isinstance(events, list) or not events or not set(events) <= set(EVENTS):
            raise JiraError(400, f"The events must be among: {', '.join(EVENTS)}.")
        if not isinstance(jql, str) or not jql.strip():
            raise JiraError(400, "The JQL filter must not be empty.")
        searcher(self.site).run(jql)
        names = [name for name in ("fieldIdsFilter", "issuePropertyKeysFilter") if name in asked]
        self._next += 1
        filters = {name: asked[name] for name in names}
        ends = self.site.now + LIFETIME
        self._held[self._next] = Subscription(self._next, url, tuple(events), jql, ends, filters)
        return self._next

    def refresh(self, ids: Iterable[int]) -> datetime:
        """Unknown ones are passed over."""
        ends = self.site.now + LIFETIME
        alive = {one.id: one for one in self.alive()}
        for number in ids:
            if number in alive:
                alive[number].ends = ends
        return ends

    def remove(self, ids: Iterable[int]) -> None:
        for number in ids:
            self._held.pop(number, None)

    def of(self, happening: Happening) -> dict[str, list[int]]:
        """Where a happening goes: address → the webhooks it matches. What is deleted matches every filter."""
        found: dict[str, list[int]] = {}
        for one in self.alive():
            if happening.event in one.events and self._matches(one, happening):
                found.setdefault(one.url, []).append(one.id)
        return found

    def _matches(self, one: Subscription, happening: Happening) -> bool:
        if happening.event == "jira:issue_deleted":
            return True
        view = searcher(self.site)
        return happening.issue_id in view.index.ids[view.run(one.jql)[0]].tolist()
