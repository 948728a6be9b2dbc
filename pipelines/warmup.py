"""Loads the slow libraries beside the first, mostly waiting steps of a run, so that the later ones need not wait.

Great Expectations, dbt and Prophet take 8 to 15 s to import; the sync spends that time on the network.
"""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SLOW = ("dbt.cli.main", "dbt.adapters.duckdb", "great_expectations", "prophet")


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
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)  # it complains that plotly is not there
    for name in SLOW:
        if over.is_set():
            return
        with suppress(Exception):  # whoever needs it meets the error again, where it can be told
            importlib.import_module(name)
