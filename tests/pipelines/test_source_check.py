"""The check of a site's sync is green only where the sync proved that everything is here; otherwise it says why."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from connectors.source import Completeness, Status
from pipelines.components import source
from pipelines.line import Line
from pipelines.stages import sync
from tests.connectors.jira.listening import settings_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _report(status: Status, *certificates: Completeness, detail: str = "") -> sync.SyncReport:
    resume_at = NOON if status == "deferred" else None
    figures = {"is_full": False, "rows": {}, "rejected": 0, "requests": 1, "seconds": 0.1, "known_at": NOON}
    told = {"server_time": NOON, "detail": detail, "resume_at": resume_at}
    return sync.SyncReport("jira", "acme", "s1", status, certificates=certificates, **figures, **told)  # type: ignore[arg-type]


def _proof(status: Status) -> Completeness:
    return Completeness("10", "ABC", "issue", 3, 2, status, detail="why")


@pytest.mark.parametrize(
    ("report", "passed"),
    [
        (_report("complete", _proof("complete")), True),
        (_report("partial", _proof("partial")), False),
        (_report("deferred", detail="the quota is used up"), False),
    ],
)
def test_the_check_of_a_site_passes_only_where_its_sync_was_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, report: sync.SyncReport, passed: bool
) -> None:
    monkeypatch.setattr(sync, "sync_site", lambda *_, **__: report)
    line = Line.of(settings_of(tmp_path))
    (site,) = line.settings.sites
    assets = [*(source.definitions(site, (site,)).assets or ())]
    ran = dg.materialize(assets, resources={"line": line})  # type: ignore[arg-type]
    (check,) = ran.get_asset_check_evaluations()
    told = {name: value.value for name, value in check.metadata.items()}
    assert (check.passed, check.severity) == (passed, dg.AssetCheckSeverity.WARN)
    assert (told["status"], told.get("detail", "")) == (report.status, report.detail)
    assert told.get("resume_at") == ("2026-03-01T12:00:00+00:00" if report.status == "deferred" else None)
