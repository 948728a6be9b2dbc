"""The embedded sandbox beside a run: started as a child on loopback, stopped when we are done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml

from connectors.errors import UnreachableError
from connectors.sandbox.jira.options import SandboxOptions
from pipelines import settings

READY = "ready "
SITE = "demo"
REGISTERS_SITE = "demo_registers"


@dataclass(frozen=True)
class SandboxHome:
    """Where the demo keeps its sites, the sandbox's state and the register's drop folder."""

    home: Path

    @property
    def sources(self) -> Path:
        return self.home / "sources"

    @property
    def state(self) -> Path:
        return self.home / "sandbox"

    @property
    def inbox(self) -> Path:
        return self.home / "inbox" / REGISTERS_SITE

    @property
    def is_there(self) -> bool:
        return (self.sources / f"{SITE}.yaml").exists()


@contextmanager
def running(
    place: SandboxHome, *, advance_days: int = 0, meanwhile: Callable[[], object] = lambda: None
) -> Iterator[str]:
    """Start the sandbox (resuming its state), point the demo's sites at it and give its address.

    `meanwhile` is done while the sandbox simulates its portfolio.
    """
    command = [sys.executable, "-m", "pipelines.cli", "sandbox", "jira", "--port", "0", "--state", str(place.state)]
    command += ["--register-folder", str(place.inbox), "--advance-days", str(advance_days)]
    place.state.mkdir(parents=True, exist_ok=True)
    log = (place.state / "server.log").open("wb")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env=settings.child_environment()) as child:
        try:
            meanwhile()
            url = _wait_until_ready(child, place)
            _write_sites(place, url)
            yield url
        finally:
            child.terminate()
            child.wait(timeout=20)


def _wait_until_ready(child: subprocess.Popen[bytes], place: SandboxHome) -> str:
    for raw in child.stdout or ():
        text = raw.decode(errors="replace").strip()
        if text.startswith(READY):
            return text.removeprefix(READY)
    raise UnreachableError("The sandbox Jira did not start.", f"Its log is {place.state / 'server.log'}.")


def _write_sites(place: SandboxHome, url: str) -> None:
    place.sources.mkdir(parents=True, exist_ok=True)
    place.inbox.mkdir(parents=True, exist_ok=True)
    login = SandboxOptions()
    jira = {"type": "jira", "site": SITE, "url": url, "email": login.email, "api_token": login.token}
    registers = {"type": "registers", "site": REGISTERS_SITE, "folder": str(place.inbox), "project_site": SITE}
    for site in (jira, registers):
        path = place.sources / f"{site['site']}.yaml"
        text = "# Written by `slipstream demo`: the sandbox on this machine.\n" + yaml.safe_dump(site, sort_keys=False)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
