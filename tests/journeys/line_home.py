"""A small portfolio, homes to run the line in, and a quick way to run `slipstream` in them; for the journeys' tests."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from connectors.sandbox import workbook
from connectors.sandbox.jira.world_site import WorldSite
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.server import Running, SandboxOptions, running

ROOT = Path(__file__).parents[2]
CHILD = Path(__file__).with_name("line_child.py")
TOKEN = "not-to-be-shown-7c1f"


@dataclass(frozen=True)
class Done:
    """How a command ended and all it said."""

    code: int
    said: str

    @property
    def was_killed(self) -> bool:
        return self.code == -signal.SIGKILL


class Slipstream:
    """Runs commands one after the other, each in a fork of one warm process."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self.process, self.folder = process, folder
        self.at_most_seconds = 240  # a command that hangs is a failed test, not a build that never ends

    def __call__(self, home: Path, *arguments: str, kill_at: str = "", **environment: str) -> Done:
        output = self.folder / "output.txt"
        given = {"SLIPSTREAM_HOME": str(home), "SLIPSTREAM_LOCK_WAIT": "1", "SLIPSTREAM_CRASH_AT": kill_at}
        request = {
            "arguments": arguments,
            "environment": {**given, "COLUMNS": "200", **environment},
            "output": str(output),
            "seconds": self.at_most_seconds,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Done(json.loads(self.process.stdout.readline()), output.read_text(errors="replace"))


@contextmanager
def slipstream(folder: Path) -> Iterator[Slipstream]:
    """The warm process, in which dbt has read its project."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLIPSTREAM_", "JIRA_"))}
    warm = {**clean, "SLIPSTREAM_HOME": str(folder / "warm"), "PYTHONPATH": str(ROOT)}
    with (
        (folder / "child.log").open("w") as log,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", str(CHILD)],
            env=warm,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", (folder / "child.log").read_text()
        yield Slipstream(process, folder)
        assert process.stdin is not None
        process.stdin.close()


@contextmanager
def portfolio(token: str = TOKEN) -> Iterator[tuple[Running, Simulator]]:
    """Three projects behind a Jira; its clock stands still, so two runs see the same present."""
    simulator = Simulator(seed=11, projects=3, days=150)
    with running(SandboxOptions(token=token), WorldSite(simulator, ZoneInfo("Europe/Berlin"))) as jira:
        yield jira, simulator


def new_home(home: Path, sites: Mapping[str, Mapping[str, str]]) -> Path:
    """A home with these sites."""
    (home / "sources").mkdir(parents=True)
    for name, options in sites.items():
        (home / "sources" / f"{name}.yaml").write_text(yaml.safe_dump({"site": name, **options}))
    return home


def jira_site(jira: Running) -> dict[str, str]:
    return {"type": "jira", "url": jira.url, "email": jira.email, "api_token": jira.token}


def two_sites(jira: Running) -> dict[str, dict[str, str]]:
    return {"acme": jira_site(jira), "pmo": {"type": "registers", "project_site": "acme"}}


def write_register(simulator: Simulator, home: Path) -> Path:
    (home / "inbox" / "pmo").mkdir(parents=True, exist_ok=True)
    return workbook.write(simulator, home / "inbox" / "pmo")


def copy_home(home: Path, target: Path) -> Path:
    """The same state elsewhere, file times included (a register is told by them)."""
    shutil.copytree(home, target, symlinks=True)
    return target


@contextmanager
def mailbox() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A channel that takes every message: its address for SLIPSTREAM_NOTIFY, and what it got."""
    letters: list[dict[str, str]] = []

    class Box(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            letters.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            return

    with http.server.HTTPServer(("127.0.0.1", 0), Box) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"json://127.0.0.1:{server.server_port}/", letters
        server.shutdown()
        thread.join()


class Watch:
    """Calls something again and again while a block runs, and raises there what it raised."""

    def __init__(self, look: Callable[[], object]) -> None:
        self._look, self._stop, self.looks = look, threading.Event(), 0
        self.error: BaseException | None = None

    def _work(self) -> None:
        while not self._stop.wait(0.4):
            try:
                self._look()
                self.looks += 1
            except BaseException as error:
                self.error = error
                return

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._work)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        if self.error is not None:
            raise self.error
