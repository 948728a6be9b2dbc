"""A sandbox that sends webhooks, the receiver they go to, and syncs that land: all of it over real HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pyarrow.parquet as pq
from aiohttp import web

from connectors.sandbox.server import Running
from connectors.sandbox.world import World
from connectors.source import SiteConfig
from pipelines.receiver import Receiver
from pipelines.resources.landing import Landing
from pipelines.resources.spool import Spool
from pipelines.settings import Settings
from pipelines.stages.sync import SyncReport, sync_site
from tests.connectors.jira.syncing import connect
from tests.fixtures.sandbox import NOW, running_world, small_world

SECRET = "a-secret-of-the-administrator"
APP_SECRET = "a-secret-of-the-app"
SOMEWHERE = {"url": "http://127.0.0.1:9", "email": "demo@slipstream.test", "api_token": "sandbox-token"}
SECRETS = {"webhook_secret": SECRET, "webhook_app_secret": APP_SECRET}

EVENT = {"timestamp": int(NOW.timestamp() * 1000), "webhookEvent": "jira:issue_updated", "issue": {"id": "10002"}}


def signed(body: bytes, *, method: str = "sha256", secret: str = SECRET, identifier: str = "one") -> dict[str, str]:
    kind = {"sha256": hashlib.sha256, "sha1": hashlib.sha1, "sha512": hashlib.sha512}[method]
    told = hmac.new(secret.encode(), body, kind).hexdigest()
    return {"X-Hub-Signature": f"{method}={told}", "X-Atlassian-Webhook-Identifier": identifier}


def event(**more: Any) -> bytes:
    return json.dumps(EVENT | more).encode()


def settings_of(home: Path, **options: Any) -> Settings:
    site = SiteConfig("jira", "acme", {**SOMEWHERE, **SECRETS, **options})
    return Settings(home=home, sources_dir=home / "sources", sites=(site,), lock_wait_seconds=0.05)


@dataclass
class Door:
    """Where the receiver listens, and what it said."""

    url: str
    said: list[str]

    def post(self, body: bytes, headers: Mapping[str, str], url: str = "") -> int:
        request = urllib.request.Request(url or self.url, data=body, method="POST", headers=dict(headers))
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code


@contextmanager
def receiving(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Door]:
    said: list[str] = []
    ready: Future[str] = Future()
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def main() -> None:
        runner = web.AppRunner(Receiver(settings, said.append, clock).application(), shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        ready.set_result(f"http://127.0.0.1:{runner.addresses[0][1]}/jira/acme")
        await stop.wait()
        await runner.cleanup()

    def work() -> None:
        try:
            loop.run_until_complete(main())
        finally:
            loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield Door(ready.result(timeout=20), said)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


@dataclass
class Listening:
    """The whole way of a webhook: sandbox → receiver → spool → sync → landing."""

    jira: Running
    door: Door
    settings: Settings
    options: dict[str, Any]
    waits: list[float] = field(default_factory=list)

    @property
    def emitter(self) -> Any:
        return self.jira.sandbox.emitter

    @property
    def spool(self) -> Spool:
        return Spool(self.settings.webhooks_dir, "jira", "acme")

    @property
    def landing(self) -> Landing:
        return Landing(self.settings.landing_dir, quarantine=self.settings.quarantine_dir)

    def events(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(one.hint.event, one.hint.keys) for one in self.spool.waiting()]

    def change(self, edit: Callable[[World], object], *, index: bool = True) -> None:
        """Change the world; without `index` the search does not see it yet, as if its index lagged behind."""
        site: Any = self.jira.site

        def work() -> None:
            edit(site.world)
            if index:
                site._load(site.index.version + 1)

        self.jira.change(work)

    def update(self, issue: int, text: str, *, index: bool = True) -> None:
        def edit(world: World) -> None:
            world.now += timedelta(seconds=1)
            world.issues[issue].summary, world.issues[issue].updated = text, world.now

        self.change(edit, index=index)

    def delete(self, *issues: int, index: bool = True) -> None:
        self.change(lambda world: [world.issues.pop(issue) for issue in issues], index=index)

    def sync(self, *, full: bool = False, **options: Any) -> SyncReport:
        login = (self.jira.email, self.jira.token)
        source = connect(self.jira.url, self.waits, *login, **SECRETS, **self.options, **options)
        return sync_site(self.settings, self.settings.sites[0], full=full, source=source)

    def rows(self, report: SyncReport | None = None) -> list[dict[str, Any]]:
        """Issue versions in the order in which they landed: of one sync, or of all."""
        found: list[dict[str, Any]] = []
        for commit in self.landing.commits():
            for file in commit.files:
                if file.stream == "issue" and (report is None or commit.sync_id == report.sync_id):
                    found += pq.read_table(self.landing.address(file)).to_pylist()
        return found

    def held(self) -> dict[str, str]:
        """What a reader of the landing believes: the last word on each issue that is not deleted."""
        last = {row["_key"]: row for row in self.rows()}
        texts = {key: orjson.loads(row["payload"]) for key, row in last.items() if not row["_deleted"]}
        return {key: f"{doc['fields']['summary']}|{doc['fields']['updated']}" for key, doc in texts.items()}

    def there(self) -> dict[str, str]:
        """What is at the source, straight from its world."""
        site: Any = self.jira.site
        issues = site.world.issues.values()
        docs = {str(issue.id): site.fields.of(issue) for issue in issues}
        return {key: f"{doc['summary']}|{doc['updated']}" for key, doc in docs.items()}


@contextmanager
def listening(home: Path, world: World | None = None, *, admin: bool = True, **spoiled: Any) -> Iterator[Listening]:
    """`spoiled` are the sandbox's options; those of the connector are in `Listening.options`."""
    chosen = world or small_world()
    settings = settings_of(home)
    with receiving(settings, lambda: chosen.now) as door:
        sending = {"webhook_secret": SECRET, "webhook_app_secret": APP_SECRET, "webhook_retry_seconds": 0.0}
        url = door.url if admin else None
        with running_world(chosen, webhook_url=url, **sending, **spoiled) as jira:
            jira.sandbox.emitter.held = True
            try:
                yield Listening(jira, door, settings, {})
            finally:
                for _ in range(5):  # rounds in which the server sees that our connections are closed
                    jira.change(lambda: None)
