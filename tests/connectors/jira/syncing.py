"""How the tests of the Jira connector sync: against a running sandbox, with waits recorded instead of slept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.jira.source import JiraSource
from connectors.sandbox.server import Running
from connectors.sandbox.world import World
from connectors.source import Batch, Item, Outcome, Rejected, SiteConfig
from tests.fixtures.sandbox import running_world, small_world

CLOCK = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@dataclass
class Record:
    key: str
    payload: dict[str, Any]
    updated: datetime | None
    deleted: bool


@dataclass
class Synced:
    """Everything one sync yielded."""

    records: dict[str, list[Record]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        assert len(self.outcomes) == 1
        return self.outcomes[0]

    @property
    def checkpoint(self) -> Any:
        """As the next sync reads it: through JSON."""
        return json.loads(json.dumps(self.outcome.checkpoint))

    def keys(self, stream: str) -> list[str]:
        return [record.key for record in self.records.get(stream, [])]

    def count(self) -> int:
        return sum(len(records) for records in self.records.values())

    def certificate(self, key: str, stream: str = "issue") -> Any:
        return next(one for one in self.outcome.certificates if (one.scope_key, one.stream) == (key, stream))


def collect(items: Iterator[Item]) -> Synced:
    synced = Synced()
    for item in items:
        if isinstance(item, Batch):
            rows = zip(item.keys, item.payloads, item.updated, item.deleted, strict=True)
            synced.records.setdefault(item.stream, []).extend(
                Record(key, json.loads(payload), updated, deleted) for key, payload, updated, deleted in rows
            )
        elif isinstance(item, Rejected):
            synced.rejected.append(item)
        elif isinstance(item, Outcome):
            synced.outcomes.append(item)
    return synced


@dataclass
class Site:
    """A sandbox, a connector that reads it, and how long the connector would have waited."""

    jira: Running
    source: JiraSource
    waits: list[float]

    def sync(self, checkpoint: Mapping[str, Any] | None = None, *, full: bool = False) -> Synced:
        return collect(self.source.sync(checkpoint, full=full))

    def do(self, name: str, /, **args: Any) -> dict[str, Any]:
        """Something happens at the site: an edit of `connectors.sandbox.jira.mutations` by its name."""
        return self.jira.do(name, **args)

    def edit(self, change: Callable[[World], object]) -> None:
        """Change the world behind Jira's back and let the index see it."""
        site = self.jira.site

        def work() -> None:
            change(site.world)
            site._load(site.index.version + 1)

        self.jira.change(work)


def connect(url: str, waits: list[float], email: str, token: str, **options: Any) -> JiraSource:
    async def pause(seconds: float) -> None:
        waits.append(seconds)

    config = SiteConfig("jira", "acme", {"url": url, "email": email, "api_token": token, **options})
    return JiraSource(config, lambda: CLOCK, pause=pause, sleep=waits.append)


@contextmanager
def site(
    world: World | None = None, faults: tuple[str, ...] = (), largest_answer: int | None = None, **options: Any
) -> Iterator[Site]:
    with running_world(world or small_world(), faults=faults, largest_answer=largest_answer) as jira:
        waits: list[float] = []
        try:
            yield Site(jira, connect(jira.url, waits, jira.email, jira.token, **options), waits)
        finally:
            for _ in range(5):  # rounds in which the server sees that our connections are closed, before it stops
                jira.change(lambda: None)
