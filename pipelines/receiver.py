"""Takes webhooks at the door: a genuine one is in the spool before it is answered, everything else leaves no trace.

Kept light (no Dagster, dbt or DuckDB), so that it starts at once and can run beside everything else for months.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from aiohttp import web

from connectors import registry
from connectors.errors import ConfigurationError, HookError
from connectors.source import Delivery, Heard, SiteConfig
from pipelines.clock import Clock
from pipelines.resources.locks import hold
from pipelines.resources.spool import KEPT, Spool, SpoolError, at_of, name_of
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.line import Teller

_LARGEST = 32 * 1024 * 1024  # more than Jira ever sends
_FORGET_EVERY = 10_000  # hints: then those are forgotten that would be refused by their age
_RELEARN_SECONDS = 30.0


class Door:
    """Where the webhooks of one site come in. It remembers what came, so that a repetition has no second effect."""

    def __init__(self, site: SiteConfig, spool: Spool) -> None:
        self.site, self.spool = site, spool
        self._receive = registry.receiver(site.type)
        self._guard = threading.Lock()
        spool.prepare()
        self._identifiers: dict[str, datetime] = {}
        self._digests: dict[str, datetime] = {}
        for name in spool.names():
            self._remember(name)

    def admit(self, delivery: Delivery, now: datetime) -> bool:
        """Store the hint; False where it came before. Raises HookError, and SpoolError where it cannot be stored."""
        heard = self._receive(self.site, delivery, now)
        with self._guard:
            if self._came(heard):
                return False
            self._remember(self.spool.add(heard))
            self._forget(now)
        return True

    def _came(self, heard: Heard) -> bool:
        _, identifier, digest = name_of(heard).split("-")
        if identifier in self._identifiers:
            return True
        if digest in self._digests:
            raise HookError("the same came before under another identifier: a replay")
        return False

    def _remember(self, name: str) -> None:
        _, identifier, digest = name.split("-")
        self._identifiers[identifier] = self._digests[digest] = at_of(name)

    def _forget(self, now: datetime) -> None:
        if len(self._identifiers) % _FORGET_EVERY == 0:
            self._identifiers = {one: at for one, at in self._identifiers.items() if at >= now - KEPT}
            self._digests = {one: at for one, at in self._digests.items() if at >= now - KEPT}


class Receiver:
    """All doors under one address: `/<type>/<site>`."""

    def __init__(self, settings: Settings, tell: Teller, clock: Callable[[], datetime] | None = None) -> None:
        self._settings, self._tell = settings, tell
        self._clock: Callable[[], datetime] = clock or Clock()
        self._relearns, self._learned = clock is None, float("-inf")
        self.doors = {
            (site.type, site.site): Door(site, Spool(settings.webhooks_dir, site.type, site.site))
            for site in _listening(settings)
        }

    async def take(self, request: web.Request) -> web.Response:
        door = self.doors.get((request.match_info["type"], request.match_info["site"]))
        if door is None:
            raise web.HTTPNotFound
        headers = {name.lower(): tuple(request.headers.getall(name)) for name in request.headers}
        query = tuple(request.query.items())
        delivery = Delivery(request.method, request.path, query, headers, await request.read())
        try:
            is_new = await asyncio.to_thread(self._admit, door, delivery)
        except HookError as error:
            self._tell(f"{door.site.site}: refused with {error.status}: {error.message}")
            return web.Response(status=error.status)
        except SpoolError as error:
            self._tell(f"{door.site.site}: {error}")
            return web.Response(status=503)
        return web.Response(status=202 if is_new else 200)

    def _admit(self, door: Door, delivery: Delivery) -> bool:
        try:
            return door.admit(delivery, self._clock())
        except HookError as error:
            if not (error.is_late and self._learn_clock()):
                raise
        return door.admit(delivery, self._clock())

    def _learn_clock(self) -> bool:
        """The calendar of the last sync: beside a sandbox, time is virtual. Asked seldom, for it reads the landing."""
        if not self._relearns or time.monotonic() < self._learned + _RELEARN_SECONDS:
            return False
        from pipelines.resources.landing import Landing

        self._learned = time.monotonic()
        self._clock = Landing(self._settings.landing_dir, quarantine=self._settings.quarantine_dir).clock()
        return True

    def application(self) -> web.Application:
        app = web.Application(client_max_size=_LARGEST)
        app.add_routes([web.post("/{type}/{site}", self.take)])
        return app


def _listening(settings: Settings) -> list[SiteConfig]:
    """The sites that could tell a genuine webhook from a forged one."""
    able = [site for site in settings.sites if site.type in registry.RECEIVERS]
    found = [site for site in able if any(name.startswith("webhook_") and "secret" in name for name in site.options)]
    if not found:
        names = ", ".join(site.site for site in able) or "none of a kind that sends any"
        raise ConfigurationError(
            f"No site is set up for webhooks (sites: {names}).",
            "Add `webhook_secret: ${NAME}` to the site's YAML and set that variable; see docs/operate.md.",
        )
    return found


def serve(settings: Settings, host: str, port: int, tell: Teller, on_ready: Callable[[str], None]) -> None:
    """Listen until SIGTERM or SIGINT. A second receiver of the same spool is refused, saying who is there."""
    with contextlib.ExitStack() as held:
        for site in _listening(settings):
            lock = Spool(settings.webhooks_dir, site.type, site.site).lock
            held.enter_context(hold(lock, "webhooks serve", 0.0, f"The webhook spool of '{site.site}'"))
        asyncio.run(_serve(Receiver(settings, tell), host, port, on_ready))


async def _serve(receiver: Receiver, host: str, port: int, on_ready: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(receiver.application(), access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} on {host} cannot be opened: {error.strerror}.", "Choose another --port or --host."
            ) from error
        address = f"http://{host}:{runner.addresses[0][1]}"
        for type_name, site in receiver.doors:
            on_ready(f"{address}/{type_name}/{site}")
        await stop.wait()
    finally:
        await runner.cleanup()
