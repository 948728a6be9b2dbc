"""Turns a full disk, however a library words it, into an error that says what to do."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from connectors.errors import SourceError

_FULL = (errno.ENOSPC, errno.EDQUOT)
_WORDING = ("no space left on device", "disk quota exceeded", "disk full")


@contextmanager
def explain_full_disk(error: type[SourceError], what: str) -> Iterator[None]:
    """Raise `error` where the disk is full; every other error passes."""
    try:
        yield
    except SourceError:
        raise
    except Exception as cause:
        if not is_full_disk(cause):
            raise
        raise error(
            f"The disk is full: the {what} could not be written ({cause}). Nothing half-written is used.",
            "Free some space (or move SLIPSTREAM_HOME to a larger disk) and run it again.",
        ) from cause


def is_full_disk(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in _FULL:
        return True
    return any(words in str(error).lower() for words in _WORDING)
