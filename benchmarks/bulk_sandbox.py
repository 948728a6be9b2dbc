"""A sandbox Jira in a process of its own, so that its CPU is told apart from what is measured, and how to reach it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
OURS = ("SLIPSTREAM_", "JIRA_")


@dataclass(frozen=True)
class BulkSandbox:
    """Its process, its address and who may read it."""

    pid: int
    url: str
    email: str
    token: str

    def cpu(self) -> float:
        """Seconds of CPU that it took so far."""
        words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def environment(self, home: str | Path) -> dict[str, str]:
        """Of a slipstream that reads this sandbox into `home`."""
        signed = {"JIRA_URL": self.url, "JIRA_EMAIL": self.email, "JIRA_API_TOKEN": self.token}
        return environment(home) | signed

    def touch(self, count: int) -> None:
        """Have that many issues change, spread over all projects; its clock moves on by an hour."""
        self.ask(f"/sandbox/touch?count={count}", b"")

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        """The answer to one request; with a body it is a POST of JSON."""
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        request.add_header("Authorization", "Basic " + b64encode(f"{self.email}:{self.token}".encode()).decode())
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())


def environment(home: str | Path) -> dict[str, str]:
    """This process's own, with the settings of `home` and of no other."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return kept | {"SLIPSTREAM_HOME": str(home)}


@contextmanager
def bulk_sandbox(issues: int, latency_ms: int = 0) -> Iterator[BulkSandbox]:
    """Serve that many issues on a free port until the block ends."""
    command = [sys.executable, "-m", "pipelines.cli", "sandbox", "jira", "--port", "0", "--issues", str(issues)]
    command += ["--latency-ms", str(latency_ms)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        try:
            yield BulkSandbox(process.pid, *_sign_in(iter(process.stdout or ())))
        finally:
            process.terminate()


def _sign_in(lines: Iterator[str]) -> tuple[str, str, str]:
    """Of the line that it prints for a shell to take over."""
    told: Mapping[str, str] = {}
    for line in lines:
        if line.startswith("export "):
            told = dict(word.split("=", 1) for word in shlex.split(line)[1:])
            break
    else:
        raise SystemExit("The sandbox ended before it said how to sign in.")
    return told["JIRA_URL"], told["JIRA_EMAIL"], told["JIRA_API_TOKEN"]
