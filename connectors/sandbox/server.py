"""Starts and stops the sandbox: blocking for the command line, in a thread for tests."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from aiohttp import web

from connectors.errors import ConfigurationError
from connectors.sandbox.jira.app import application
from connectors.sandbox.jira.context import Sandbox
from connectors.sandbox.jira.datacenter_site import DataCenterSite
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.factory import State, build, write_register
from connectors.sandbox.jira.options import SandboxOptions
from connectors.sandbox.jira.site import Site

_LOOPBACK = "127.0.0.1"
_Result = TypeVar("_Result")


def prepare(options: SandboxOptions, site: Site | None = None) -> Sandbox:
    """The sandbox with its saved state restored, time moved as asked, and the register written."""
    simulator = None
    if options.recorded and options.advance_days:  # told before it is loaded
        raise ConfigurationError("The clock of recorded data is fixed.", "Start it without moving time.")
    if site is None:
        site, simulator = build(options)
    state = State(options)
    saved = state.load()
    if saved is not None:
        site.restore(saved)
    if options.index_lag_seconds:
        site.do("set_index_lag", seconds=options.index_lag_seconds)
    if options.clock_skew_seconds:
        site.do("set_clock_skew", seconds=options.clock_skew_seconds)
    if options.advance_days:
        _advance(site, options.advance_days)

    def after_move() -> None:
        state.save(site)
        write_register(simulator, options.register_folder)

    after_move()
    # as a Data Center it answers all that the site behind it does
    shown = cast(Site, DataCenterSite(site)) if options.flavour == "datacenter" else site
    return Sandbox(shown, options, after_move)


def _advance(site: Site, days: int) -> None:
    try:
        site.advance(days)
    except JiraError as error:
        raise ConfigurationError(str(error), "Start it without moving time.") from error


async def _run(sandbox: Sandbox, stop: asyncio.Event, on_ready: Callable[[str], None]) -> None:
    runner = web.AppRunner(application(sandbox), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    sending = asyncio.create_task(sandbox.emitter.run())
    try:
        await _listen(web.TCPSite(runner, _LOOPBACK, sandbox.options.port), sandbox.options.port)
        on_ready(f"http://{_LOOPBACK}:{runner.addresses[0][1]}")
        await stop.wait()
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await runner.cleanup()


async def _listen(listener: web.TCPSite, port: int) -> None:
    try:
        await listener.start()
    except OSError as error:
        raise ConfigurationError(f"Port {port} cannot be opened: {error.strerror}.", "Choose another port.") from error


def serve(options: SandboxOptions, on_ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or SIGINT. `on_ready` gets the address once requests are answered."""
    sandbox = prepare(options)

    async def main() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await _run(sandbox, stop, on_ready)

    asyncio.run(main())


@dataclass
class Running:
    """A sandbox in a thread of this process."""

    url: str
    sandbox: Sandbox
    loop: asyncio.AbstractEventLoop

    @property
    def email(self) -> str:
        return self.sandbox.options.email

    @property
    def token(self) -> str:
        return self.sandbox.options.token

    @property
    def site(self) -> Site:
        return self.sandbox.site

    @property
    def requests(self) -> int:
        """How many requests it has answered, its own switches apart."""
        return self.sandbox.requests.total()

    def advance(self, days: int) -> None:
        self._do(lambda: self.sandbox.site.advance(days))

    def touch(self, count: int) -> list[int]:
        return self._do(lambda: self.sandbox.site.touch(count))

    def do(self, name: str, /, **args: Any) -> dict[str, Any]:
        """An edit or switch of the site by its name (`sandbox.jira.mutations`) between two requests; what it did."""
        return self._do(lambda: self.sandbox.site.do(name, **args))

    def change(self, edit: Callable[[], object]) -> None:
        """Run an edit of the site between two requests."""
        self._do(edit)

    def deliver(self) -> None:
        """Send every webhook that waits, and come back when they have arrived, or not."""
        asyncio.run_coroutine_threadsafe(self.sandbox.emitter.flush(), self.loop).result(timeout=120)

    def _do(self, work: Callable[[], _Result]) -> _Result:
        async def call() -> _Result:
            result = work()
            self.sandbox.moved()
            return result

        return asyncio.run_coroutine_threadsafe(call(), self.loop).result(timeout=120)


@contextlib.contextmanager
def running(options: SandboxOptions | None = None, site: Site | None = None) -> Iterator[Running]:
    """A sandbox on an ephemeral port for as long as the block lasts; `site` replaces the one the options ask for."""
    sandbox = prepare(options or SandboxOptions(), site)
    ready: Future[str] = Future()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def work() -> None:
        try:
            loop.run_until_complete(_run(sandbox, stop, ready.set_result))
        except Exception as error:
            if ready.done():
                logging.getLogger(__name__).exception("the sandbox stopped")
            else:
                ready.set_exception(error)
        finally:
            loop.close()

    thread = threading.Thread(target=work, name="sandbox-jira", daemon=True)
    thread.start()
    url = ready.result(timeout=60)
    try:
        yield Running(url, sandbox, loop)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)


__all__ = ["Running", "SandboxOptions", "running", "serve"]
