"""A home that the tests of the Jira connector land in: real syncs into a real landing zone, read back as tables are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from connectors.jira.source import JiraSource
from connectors.sandbox.server import Running
from connectors.source import SiteConfig, Source
from pipelines import cli
from pipelines.resources.landing import Commit, Landing
from pipelines.settings import Settings, load
from pipelines.stages.sync import SyncReport, sync_site


@dataclass(frozen=True)
class Version:
    """One landed version of one record."""

    stream: str
    key: str
    deleted: bool
    payload_hash: str
    payload: str
    updated: datetime | None

    @property
    def document(self) -> Any:
        return json.loads(self.payload)


def _is_older(version: Version, other: Version | None) -> bool:
    if other is None or version.updated is None or other.updated is None:
        return False
    return version.stream == "issue" and version.updated < other.updated


@dataclass
class Home:
    """State under one folder, for the one site `acme`; `options` go into its YAML."""

    folder: Path
    options: dict[str, Any] = field(default_factory=dict)
    lock_wait: float = 20

    def point_at(self, jira: Running, **options: Any) -> None:
        login = {"url": jira.url, "email": jira.email, "api_token": jira.token}
        self.options = {**login, **options}
        sources = self.folder / "sources"
        sources.mkdir(parents=True, exist_ok=True)
        (sources / "acme.yaml").write_text(yaml.safe_dump({"type": "jira", "site": "acme", **self.options}))

    @property
    def environment(self) -> dict[str, str]:
        return {"SLIPSTREAM_HOME": str(self.folder), "SLIPSTREAM_LOCK_WAIT": str(self.lock_wait)}

    @property
    def settings(self) -> Settings:
        return load(self.environment)

    @property
    def site(self) -> SiteConfig:
        return self.settings.site("acme")

    @property
    def landing(self) -> Landing:
        return Landing(self.folder / "landing", quarantine=self.folder / "quarantine")

    @property
    def last(self) -> Commit | None:
        return self.landing.last_commit("jira", "acme")

    @property
    def checkpoint(self) -> dict[str, Any] | None:
        return self.landing.checkpoint("jira", "acme")

    def sync(self, source: Source | None = None, *, full: bool = False) -> SyncReport:
        return sync_site(self.settings, self.site, full=full, source=source)

    def versions(self) -> list[Version]:
        """Everything committed, in the order in which it became known."""
        return [version for commit in self.landing.commits() for version in self.versions_of(commit)]

    def versions_of(self, commit: Commit) -> list[Version]:
        rows = []
        for file in commit.files:
            columns = ["_key", "_deleted", "_payload_hash", "payload", "_source_updated_at"]
            table = pq.read_table(self.landing.address(file), columns=columns).to_pydict()
            rows += [Version(file.stream, *row) for row in zip(*(table[name] for name in columns), strict=True)]
        return rows

    def held(self) -> dict[tuple[str, str], Version]:
        """What the tables show of every record: deletion goes by the order of observation, an issue's content by
        the source's clock.
        """
        return self.shown(self.versions())

    @staticmethod
    def shown(versions: list[Version]) -> dict[tuple[str, str], Version]:
        last, content = dict[tuple[str, str], Version](), dict[tuple[str, str], Version]()
        for version in versions:
            name = (version.stream, version.key)
            last[name] = version
            if not version.deleted and not _is_older(version, content.get(name)):
                content[name] = version
        return {name: content[name] for name, version in last.items() if not version.deleted}


def impatient(source: JiraSource, seconds: float = 0.25) -> JiraSource:
    """The same connector with less patience than its settings may ask for."""
    source._settings = replace(source._settings, timeout_seconds=seconds)
    return source


@contextmanager
def fake_time() -> Iterator[Waits]:
    """Waits that pass at once, and the sandbox's limits measure them."""
    from connectors.sandbox.jira import fault_refusals

    waits, real = Waits(), fault_refusals.now
    fault_refusals.now = lambda: real() + waits.over
    try:
        yield waits
    finally:
        fault_refusals.now = real


class Waits(list[float]):
    """What the connector waited, all of which is over."""

    @property
    def over(self) -> float:
        return sum(self)


def slipstream(home: Home, patch: pytest.MonkeyPatch, *arguments: str) -> int:
    """The command in this process; the exit code, what it says goes to stdout and stderr."""
    for name, value in home.environment.items():
        patch.setenv(name, value)
    patch.setattr(sys, "argv", ["slipstream", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return int(stop.value.code or 0)
