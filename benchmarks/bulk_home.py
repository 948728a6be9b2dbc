"""A home full of the sandbox's bulk issues, synced, built and published once for the benchmarks that read it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from bulk_sandbox import bulk_sandbox, environment
from measure import child

SLIPSTREAM = [sys.executable, "-m", "pipelines.cli"]
DONE = "bulk-home-is-built"


def built(home: Path, issues: int, *, publish: bool = True) -> Path:
    """Fill `home`; one that is already full is used as it stands."""
    mark = home / f"{DONE}-{issues}"
    if not mark.exists():
        home.mkdir(parents=True, exist_ok=True)
        with bulk_sandbox(issues) as site:
            child([*SLIPSTREAM, "sync", "jira", "--full"], site.environment(home))
        _build(home, ["build"])
        if publish:
            _build(home, ["forecast"])
        mark.touch()
    return home


def _build(home: Path, command: list[str]) -> Mapping[str, object]:
    return vars(child([*SLIPSTREAM, *command], environment(home)))
