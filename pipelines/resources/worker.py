"""A second process for the pure packages, so that their slow libraries load and work beside dbt and Dagster.

Rules and forecasts are table in, table out, and a page is drawn from files: they can be computed anywhere. Great
Expectations takes 5 s to import, which a thread of the same interpreter would only take from the
others. Nothing that writes state belongs there.
"""

from __future__ import annotations

import atexit
import importlib
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Protocol, TypeVar

T = TypeVar("T")

LIBRARIES = ("great_expectations", "models.registry", "altair", "vl_convert")
STOP_SECONDS = 10


class Compute(Protocol):
    """Where a pure function is computed."""

    def __call__(self, function: Callable[..., T], /, *arguments: object) -> T: ...


def here(function: Callable[..., T], /, *arguments: object) -> T:
    """In this process: what is used where nothing else is running."""
    return function(*arguments)


@contextmanager
def beside(libraries: Sequence[str] = LIBRARIES) -> Iterator[Compute]:
    """A process of its own until the block ends; it loads `libraries` while nobody asks it for anything."""
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks and connections
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, tuple(libraries)), name="slipstream-worker", daemon=True)
    process.start()
    theirs.close()  # so that each side sees the other's end, even after kill -9
    try:
        yield _Remote(ours)
    finally:
        ours.close()
        process.join(STOP_SECONDS)
        if process.is_alive():
            process.kill()


class _Remote:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __call__(self, function: Callable[..., T], /, *arguments: object) -> T:
        try:
            self._connection.send((function, arguments))
            done, value = self._connection.recv()
        except (EOFError, OSError):  # it was killed, or ran out of memory
            done, value = False, None
        if done:
            result: T = value
            return result
        return function(*arguments)  # it is pure: done again here, it fails, if it must, where somebody sees it


def _serve(connection: Connection, libraries: tuple[str, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run; its end closes the connection
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it complains that plotly is not there
    for name in libraries:
        if connection.poll():
            break  # somebody waits already: the rest loads when it is needed
        with suppress(Exception):  # whoever needs it meets the error again, where it can be told
            importlib.import_module(name)
    with suppress(EOFError, OSError):
        while True:
            function, arguments = connection.recv()
            try:
                answer = True, function(*arguments)
            except Exception:  # the asker meets it again
                answer = False, None
            connection.send(answer)
    atexit._run_exitfuncs()  # what libraries registered for their end ...
    os._exit(0)  # ... but not their unloading, one by one, for which the run would wait a second and a half
