"""`slipstream dev`: whoever stops it stops everything that it started."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.nightly]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int, process: subprocess.Popen[bytes]) -> bool:
    while process.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError):
            return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5).status == 200)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    return False


def group_of(leader: int) -> list[str]:
    """The commands of every process of a group, but for code servers, which end once nobody speaks to them."""
    found = []
    for place in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            words = (place / "stat").read_text().rpartition(")")[2].split()
            if int(words[2]) == leader and words[0] != "Z":
                found.append((place / "cmdline").read_text().replace("\0", " "))
    return [command for command in found if "code-server" not in command and " api grpc" not in command]


def test_stopped_as_a_shells_background_job_it_leaves_no_server_and_no_daemon(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "pipelines.cli", "dev", "--port", str(port)]
    ignoring = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a shell does for jobs in the background
    try:
        process = subprocess.Popen(
            command,
            env={**os.environ, "SLIPSTREAM_HOME": str(tmp_path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, ignoring)
    try:
        assert answers(port, process)
        assert len(group_of(process.pid)) > 1
        process.terminate()
        assert process.wait(timeout=60) == 0
        assert group_of(process.pid) == []
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
