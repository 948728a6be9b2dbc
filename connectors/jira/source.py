"""Jira, Cloud or Data Center, as a Source: settings in, records out. Construction does no I/O."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from connectors.http import Pause, Policy, Session
from connectors.jira import checkpoint as state_of
from connectors.jira import config, doctor, issues, signin, streams, wire
from connectors.jira.client import Client
from connectors.jira.loop import Loop
from connectors.jira.sync import Sync
from connectors.signing import Signer
from connectors.source import Clock, Finding, Hint, Item, Json, SiteConfig


class JiraSource:
    """`pause` and `sleep` are how to wait between two tries; tests give them another meaning."""

    type = "jira"
    streams = streams.STREAMS

    def __init__(
        self,
        config_: SiteConfig,
        clock: Clock,
        pause: Pause = asyncio.sleep,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.site = config_.site
        self._settings = config.read(config_)
        self._tokens = config_.tokens
        self._clock, self._pause, self._sleep = clock, pause, sleep
        self._hints: Sequence[Hint] = ()

    def hear(self, hints: Sequence[Hint]) -> None:
        self._hints = hints

    def sync(self, checkpoint: Mapping[str, Json] | None, *, full: bool = False) -> Iterator[Item]:
        state = state_of.load(checkpoint)
        with self._connected() as (loop, session, client):
            sync = Sync(self._settings, state, self._clock, loop, session, client)
            yield from sync.items(full=full, hints=self._hints)

    def changed(self, checkpoint: Mapping[str, Json] | None) -> bool:
        """Whether the youngest issue is one that is not held yet; one request."""
        state = state_of.load(checkpoint)
        if state.server_time is None or state.unfinished is not None or state.scope != self._settings.projects:
            return True
        since = wire.millis(state.server_time) - int(self._settings.lookback_minutes * 60_000)
        jql = f"{issues.scope(self._settings.projects)} AND updated >= {since} ORDER BY updated DESC"
        flavour = signin.flavour_of(self._settings)
        with self._connected() as (loop, session, _):
            page = loop.run(flavour.sample(session, jql, ["updated"], changelog=False))
        youngest = [(int(head.id), head.fields.updated) for head in page.heads if head.id.isdigit()]
        return any(state.recent.get(issue) != wire.stamp(told, wire.moment(told)) for issue, told in youngest)

    def check(self) -> list[Finding]:
        with self._connected(attempts=2) as (loop, session, client):
            return doctor.examine(self._settings, loop, session, client, self._clock)

    @contextmanager
    def _connected(self, attempts: int = 5) -> Iterator[tuple[Loop, Session, Client]]:
        settings = self._settings
        policy = Policy(
            in_flight=settings.in_flight,
            attempts=attempts,
            read_seconds=settings.timeout_seconds,
            longest_wait_seconds=settings.longest_wait_seconds,
        )
        signer = signin.signer_of(settings, self._tokens, self._clock, policy, self._pause)
        session = Session(settings.address, {}, self._clock, policy, self._pause, signer)
        version = signin.flavour_of(settings).version
        with Loop() as loop:
            client = Client(settings, version, self._clock, _Blocking(loop, signer), self._sleep)
            loop.run(session.__aenter__())
            try:
                yield loop, session, client
            finally:
                loop.still()
                loop.run(session.__aexit__(None, None, None))
                client.close()


@dataclass(frozen=True)
class _Blocking:
    """A signer for the `jira` package, which waits for its answers."""

    loop: Loop
    signer: Signer

    def header(self) -> str:
        return self.loop.run(self.signer.header())

    def renew(self, refused: str) -> bool:
        return self.loop.run(self.signer.renew(refused))
