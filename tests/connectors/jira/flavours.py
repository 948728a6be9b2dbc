"""How the tests sync other sites than Cloud with an API token: a Data Center, the gateway, OAuth."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.jira.source import JiraSource
from connectors.sandbox.server import Running
from connectors.sandbox.world import World
from connectors.source import SiteConfig
from tests.connectors.jira.syncing import CLOCK, Site, connect
from tests.fixtures.sandbox import running_world, small_world


@contextmanager
def datacenter(world: World | None = None, faults: tuple[str, ...] = (), **options: Any) -> Iterator[Site]:
    with running_world(world or small_world(), faults=faults, flavour="datacenter") as jira:
        waits: list[float] = []
        pat = jira.sandbox.options.pat
        yield Site(jira, connect(jira.url, waits, jira.email, pat, auth="pat", **options), waits)
        settle(jira)


def settle(jira: Running) -> None:
    """Rounds in which the server sees that our connections are closed, before it stops."""
    for _ in range(5):
        jira.change(lambda: None)


@dataclass
class Store:
    """A token store in memory; `writes` are in order, `error` is what the next write ends in."""

    text: str | None = None
    writes: list[str] = field(default_factory=list)
    error: Exception | None = None
    lock: Any = field(default_factory=threading.RLock)
    turns: int = 0

    @contextmanager
    def locked(self) -> Iterator[None]:
        with self.lock:
            self.turns += 1
            yield

    def read(self) -> str | None:
        return self.text

    def write(self, text: str) -> None:
        if self.error is not None:
            raise self.error
        self.text = text
        self.writes.append(text)


def at_gateway(jira: Running, auth: str, store: Store | None = None, **options: Any) -> JiraSource:
    """A source that signs in at the gateway, by `scoped` token or `oauth`."""
    known = jira.sandbox.options
    identity = {
        "scoped": {"email": known.email, "api_token": known.scoped_token},
        "oauth": {
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "refresh_token": known.refresh_token,
            "token_url": f"{jira.url}/oauth/token",
        },
    }[auth]
    place = {"url": jira.url, "gateway": jira.url, "auth": auth, "cloud_id": known.cloud_id}

    async def pause(seconds: float) -> None:
        return None

    config = SiteConfig("jira", "acme", {**place, **identity, **options}, store)
    return JiraSource(config, lambda: CLOCK, pause=pause, sleep=lambda _: None)
