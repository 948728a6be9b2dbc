"""Which site to serve: the simulated portfolio, a bulk of issues, or recorded data; and its state across restarts."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from connectors.errors import ConfigurationError
from connectors.sandbox.jira import hostile
from connectors.sandbox.jira.options import SandboxOptions
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.world_site import Mover, WorldSite


class State:
    """`state.json` in the state folder: which site this is and how far it has moved."""

    def __init__(self, options: SandboxOptions) -> None:
        self.path: Path | None = options.state_dir / "state.json" if options.state_dir else None
        self.identity = {"seed": options.seed, "issues": options.issues}

    def load(self) -> dict[str, Any] | None:
        if self.path is None or not self.path.exists():
            return None
        state: dict[str, Any] = orjson.loads(self.path.read_bytes())
        if {name: state.get(name) for name in self.identity} != self.identity:
            raise ConfigurationError(
                f"{self.path} belongs to another sandbox (seed {state.get('seed')}, issues {state.get('issues')}).",
                "Start it with the same seed and issues, or give another state folder.",
            )
        progress: dict[str, Any] = state["progress"]
        return progress

    def save(self, site: Site) -> None:
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(orjson.dumps({**self.identity, "progress": site.progress()}))
        fresh.replace(self.path)


def build(options: SandboxOptions) -> tuple[Site, Mover | None]:
    """The site as the options ask for it, and the simulator behind it if there is one."""
    zone = ZoneInfo(options.time_zone)
    if options.recorded is not None:
        recorded = importlib.import_module("connectors.sandbox.recorded.site")
        site: Site = recorded.load(options.recorded)
        return site, None
    if options.issues is not None:
        bulk = importlib.import_module("connectors.sandbox.jira.bulk_site")
        site = bulk.BulkSite(options.issues, options.seed, zone)
        return site, None
    simulator: Mover = importlib.import_module("connectors.sandbox.portfolio.simulator").Simulator(seed=options.seed)
    if options.hostile:
        hostile.add(simulator.world)
    return WorldSite(simulator, zone), simulator


def write_register(simulator: Mover | None, folder: Path | None) -> None:
    """The workbook of the simulated portfolio, where someone wants one."""
    if simulator is None or folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    importlib.import_module("connectors.sandbox.workbook").write(simulator, folder)
