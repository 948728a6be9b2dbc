"""One way to hold an OS lock: bounded wait, and an error that names who holds it.

The lock frees itself when its process dies, so a crash never needs a person to clean up.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from filelock import FileLock, Timeout

from connectors.errors import SourceError
from pipelines.clock import now


class BusyError(SourceError):
    """Someone else is at work here, and did not end within the bounded wait."""

    exit_code = 4


@dataclass
class _Slot:
    """This process's share of one lock: threads queue here, and the same thread may enter again."""

    threads: threading.RLock
    os_lock: FileLock
    depth: int = 0


_slots: dict[Path, _Slot] = {}
_guard = threading.Lock()


@contextmanager
def hold(path: Path, holder: str, wait_seconds: float, what: str, busy: type[BusyError] = BusyError) -> Iterator[None]:
    """Hold the lock file `path` as `holder`; `what` names the locked thing in the error of whoever comes second."""
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    slot = _slot(path)
    deadline = time.monotonic() + wait_seconds
    if not slot.threads.acquire(timeout=wait_seconds):
        raise busy(*_who(path, what, wait_seconds))
    try:
        if slot.depth == 0:
            _acquire(slot, path, holder, deadline, lambda: busy(*_who(path, what, wait_seconds)))
        slot.depth += 1
        try:
            yield
        finally:
            slot.depth -= 1
            if slot.depth == 0:
                _note(path).unlink(missing_ok=True)
                slot.os_lock.release()
    finally:
        slot.threads.release()


def _slot(path: Path) -> _Slot:
    with _guard:
        if path not in _slots:
            _slots[path] = _Slot(threading.RLock(), FileLock(path, thread_local=False))
        return _slots[path]


def _acquire(slot: _Slot, path: Path, holder: str, deadline: float, failure: Callable[[], BusyError]) -> None:
    try:
        slot.os_lock.acquire(timeout=max(0.0, deadline - time.monotonic()), poll_interval=0.02)
    except Timeout:
        raise failure() from None
    with suppress(OSError):  # saying who holds it is a courtesy: a full disk must not stop the work itself
        note = {"holder": holder, "pid": os.getpid(), "since": now().strftime("%Y-%m-%d %H:%M:%S UTC")}
        _note(path).write_bytes(orjson.dumps(note))


def _who(path: Path, what: str, waited: float) -> tuple[str, str]:
    try:
        note = orjson.loads(_note(path).read_bytes())
        who = f"'{note['holder']}' (process {note['pid']}, since {note['since']})"
    except (OSError, ValueError, KeyError, TypeError):
        who = "another process"
    return (
        f"{what} is in use by {who}; waited {waited:g} s.",
        "Try again when it has ended, or wait longer with SLIPSTREAM_LOCK_WAIT=<seconds>.",
    )


def _note(path: Path) -> Path:
    return path.with_name(path.name + ".holder")
