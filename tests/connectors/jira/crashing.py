"""Syncs that are killed: a warm process whose forks die where a test says, and the list of places there are."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.connectors.jira.homes import Home

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).with_name("sync_child.py")


def places() -> list[str]:
    """Every place of a sync where it may be killed, as the code names them: a new one is tested by itself."""
    text = "".join(path.read_text() for path in sorted((ROOT / "pipelines").rglob("*.py")))
    return sorted(set(re.findall(r'crashpoint\("((?:sync|landing|store)\.[^"]+)"\)', text)))


@dataclass(frozen=True)
class Ended:
    """How a sync in a process of its own ended, and what it said."""

    code: int
    said: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Forks:
    """One sync after the other, each in a fork."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def sync(self, home: Home, kill_at: str = "", *, full: bool = False) -> Ended:
        environment = {**home.environment, "SLIPSTREAM_CRASH_AT": kill_at}
        request = {"environment": environment, "site": "acme", "full": full}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._process.stdout.readline()))


@contextmanager
def forks() -> Iterator[Forks]:
    """Loading everything takes a second or two, a fork a few milliseconds: keep it for a whole module."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("SLIPSTREAM_", "JIRA_"))}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(CHILD)],
        env={**clean, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Forks(process)
        assert process.stdin is not None
        process.stdin.close()
