"""Runs one adapter as a child and says what the operating system accounted to it, and how it ended."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.environments import HERE, Peer

_OURS = ("SLIPSTREAM_", "JIRA_", "PYTHON", "DAGSTER_", "DBT_")
_QUIET = {
    "DO_NOT_TRACK": "1",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "AIRBYTE_OFFLINE_MODE": "1",  # else it asks its registry on every start
    "PYTHONWARNINGS": "ignore",
}


@dataclass(frozen=True)
class Ran:
    """`status` None: it was stopped, for the reason in `stopped`. Memory is that of the largest process."""

    seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    status: int | None
    stopped: str = ""


def environment(peer: Peer, out: Path) -> dict[str, str]:
    """A clean one: nothing of the caller's settings, no home but the output folder, no word to the outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    ours = {"PYTHONPATH": str(HERE.parents[1])} if peer.is_ours else {}
    return {**kept, **_QUIET, **ours, **peer.settings, "HOME": str(out), "TMPDIR": str(out)}


def run(
    peer: Peer, login: tuple[str, str, str], out: Path, limit: float, endless: Callable[[], bool] = lambda: False
) -> Ran:
    """To its end, to `limit` seconds, or until `endless` says that it will never end."""
    command = [str(peer.python()), str(peer.script), "run", *login, str(out)]
    started = time.perf_counter()
    with (out / "log.txt").open("ab") as log:
        child = subprocess.Popen(
            command,
            env=environment(peer, out),
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            cwd=out,  # some keep a cache where they are started
            start_new_session=True,
        )
    stopped, looked = "", started
    while True:
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        now = time.perf_counter()
        if pid:
            break
        if not stopped and now - looked > 0.5:
            looked = now
            stopped = f"{limit:.0f} s" if now - started > limit else "endless" if endless() else ""
            if stopped:
                os.killpg(child.pid, signal.SIGKILL)
        time.sleep(0.005)
    child.returncode = os.waitstatus_to_exitcode(status)
    return Ran(
        seconds=now - started,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_memory_mb=usage.ru_maxrss / 1024,
        status=None if stopped else child.returncode,
        stopped=stopped,
    )


def count(peer: Peer, out: Path) -> dict[str, int] | str:
    """What it delivered, as the adapter counts it; or why that cannot be told."""
    command = [str(peer.python(counting=True)), str(peer.script), "count", str(out)]
    ran = subprocess.run(command, env=environment(peer, out), capture_output=True, text=True, check=False)
    if ran.returncode:
        return f"cannot be counted: {(ran.stderr.strip().splitlines() or ['no word'])[-1][:200]}"
    counted: dict[str, int] = json.loads(ran.stdout)
    return counted


def last_words(out: Path) -> str:
    """The last line of its log that names an error, for the report."""
    lines = (out / "log.txt").read_text(errors="replace").splitlines()
    telling = [line.strip() for line in lines if "Error" in line or "error" in line]
    return (telling or [line.strip() for line in lines if line.strip()] or [""])[-1][:160]
