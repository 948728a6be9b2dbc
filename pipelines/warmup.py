"""Loads dbt beside the first, mostly waiting steps of a run, so that the build need not wait.

What the rules and forecasts need is loaded in a process of its own: see `resources/worker.py`.
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SLOW = ("dbt.cli.main", "dbt.adapters.duckdb")


@contextmanager
def loading() -> Iterator[None]:
    """Import in a thread while the block runs; a block that ends early waits for one import at most."""
    over = threading.Event()
    thread = threading.Thread(target=_load, args=(over,), name="warmup", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _load(over: threading.Event) -> None:
    for name in SLOW:
        if over.is_set():
            return
        with suppress(Exception):  # whoever needs it meets the error again, where it can be told
            importlib.import_module(name)
