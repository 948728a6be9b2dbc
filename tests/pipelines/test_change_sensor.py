"""The change sensor: a webhook in the spool is reason enough to sync; otherwise the source is asked.

Where a quota is used up, nobody asks until it is refilled.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import dagster as dg
import pytest

from connectors.source import Heard, Hint, Outcome
from pipelines.clock import now
from pipelines.components import source
from pipelines.line import Line
from pipelines.resources.spool import Spool
from tests.connectors.jira.listening import settings_of

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_the_sensor_fires_for_a_hint_without_asking_and_rests_when_it_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def create(site: object, clock: object) -> object:
        return SimpleNamespace(changed=lambda checkpoint: bool(asked.append("x")))

    monkeypatch.setattr("connectors.registry.create", create)
    line = Line.of(settings_of(tmp_path))
    (site,) = line.settings.sites
    (sensor,) = source.definitions(site, (site,)).sensors or ()
    assert isinstance(sensor, dg.SensorDefinition)
    spool = Spool(line.settings.webhooks_dir, "jira", "acme")

    def fired() -> bool:
        return isinstance(sensor(dg.build_sensor_context(resources={"line": line})), dg.RunRequest)

    assert (fired(), asked) == (False, ["x"])
    spool.add(Heard(Hint("sprint_closed", NOW), "a" * 64, "b" * 64))
    assert (fired(), asked) == (True, ["x"])
    spool.take(spool.waiting(), NOW)
    assert (fired(), asked) == (False, ["x", "x"])


@pytest.mark.parametrize(("minutes", "asks"), [(30, 0), (-1, 1)])
def test_the_sensor_asks_nobody_while_a_quota_is_used_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, minutes: int, asks: int
) -> None:
    asked: list[str] = []
    changed = SimpleNamespace(changed=lambda checkpoint: bool(asked.append("x")))
    monkeypatch.setattr("connectors.registry.create", lambda site, clock: changed)
    line = Line.of(settings_of(tmp_path))
    (site,) = line.settings.sites
    (sensor,) = source.definitions(site, (site,)).sensors or ()
    assert isinstance(sensor, dg.SensorDefinition)
    resume_at = now() + timedelta(minutes=minutes)
    line.landing.begin("jira", "acme").commit(Outcome({}, "deferred", server_time=NOW, resume_at=resume_at))
    skipped = sensor(dg.build_sensor_context(resources={"line": line}))
    assert isinstance(skipped, dg.SkipReason)
    assert len(asked) == asks
    assert ("quota of acme is used up" in str(skipped.skip_message)) == (asks == 0)
