"""Named places where a test may kill this process, to prove that a crash between two steps leaves nothing half-true.

Without SLIPSTREAM_CRASH_AT a crash point does nothing.
"""

from __future__ import annotations

import os
import signal
from collections import Counter

from pipelines.settings import crash_at

_visits: Counter[str] = Counter()


def crashpoint(name: str) -> None:
    """Die here, as by `kill -9`, when SLIPSTREAM_CRASH_AT is `name` (first visit), `name:3` (third) or `any:3`."""
    wanted, _, visit = crash_at().partition(":")
    if wanted not in (name, "any"):
        return
    _visits[wanted] += 1
    if _visits[wanted] == int(visit or 1):
        os.kill(os.getpid(), signal.SIGKILL)
