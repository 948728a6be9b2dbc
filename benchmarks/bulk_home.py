"""A home full of the sandbox's bulk issues, synced, built and published once for the benchmarks that read it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from line import sandbox
from measure import child

SLIPSTREAM = [sys.executable, "-m", "pipelines.cli"]
DONE = "bulk-home-is-built"


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's own, without the settings of any other home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLIPSTREAM_", "JIRA_"))}
    return kept | {"SLIPSTREAM_HOME": str(home)} | more


def built(home: Path, issues: int, *, publish: bool = True) -> Path:
    """Fill `home`; one that is already full is used as it stands."""
    mark = home / f"{DONE}-{issues}"
    if not mark.exists():
        home.mkdir(parents=True, exist_ok=True)
        with sandbox(issues) as (url, email, token):
            signed = {"JIRA_URL": url, "JIRA_EMAIL": email, "JIRA_API_TOKEN": token}
            child([*SLIPSTREAM, "sync", "jira", "--full"], environment(home, **signed))
        _build(home, ["build"])
        if publish:
            _build(home, ["forecast"])
        mark.touch()
    return home


def _build(home: Path, command: list[str]) -> Mapping[str, object]:
    return vars(child([*SLIPSTREAM, *command], environment(home)))
