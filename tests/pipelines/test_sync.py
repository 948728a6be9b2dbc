"""Sync: a commit with all that the source gave, or nothing at all; the report tells the truth."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from connectors.errors import AuthenticationError, DeferredError, ProtocolError
from connectors.source import Batch, Completeness, Finding, Item, Outcome, Progress, Rejected, SiteConfig, Stream
from pipelines.resources.landing import Landing, LandingError
from pipelines.resources.locks import hold
from pipelines.settings import Settings
from pipelines.settings_secrets import SecretOptions
from pipelines.stages.sync import SiteBusyError, SyncReport, sync_site

SITE = SiteConfig("jira", "main", SecretOptions({"url": "https://x.test", "api_token": "hush-hush"}))
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CERTIFICATE = Completeness(
    "10", "ABC", "issue", 3, 2, "partial", ({"id": "7", "class": "deleted"},), lag_seconds=1.5, detail="one is gone"
)


class Script:
    """A source that yields what it is told, and notes how it was called."""

    type, site = "jira", "main"
    streams = (Stream("issue", "id", {}),)

    def __init__(self, *items: Item | Exception) -> None:
        self.items = items
        self.calls: list[tuple[Any, bool]] = []
        self.closed = False

    def sync(self, checkpoint: Mapping[str, Any] | None, *, full: bool = False) -> Iterator[Item]:
        self.calls.append((checkpoint, full))
        try:
            for item in self.items:
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed = True

    def changed(self, checkpoint: Mapping[str, Any] | None) -> bool:
        return True

    def check(self) -> list[Finding]:
        return []


def batch(*keys: str) -> Batch:
    result = Batch("issue")
    for key in keys:
        result.add(key, b"{}", NOON)
    return result


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, sources_dir=tmp_path / "sources", sites=(SITE,), lock_wait_seconds=0.05)


def run(settings: Settings, *items: Item | Exception, **options: Any) -> SyncReport:
    return sync_site(settings, SITE, source=Script(*items), **options)


def leftovers(settings: Settings) -> list[str]:
    found = (p for name in ("landing", "ledger", "quarantine") for p in (settings.home / name).rglob("*"))
    return sorted(p.name for p in found if p.is_file() and ".lock" not in p.name)


def test_all_that_the_source_gave_is_committed_and_reported(settings: Settings) -> None:
    said: list[str] = []
    report = run(
        settings,
        Progress("issues", 2, 3000),
        batch("1", "2"),
        Rejected("issue", "row 9", "bad", "raw"),
        batch("3"),
        Outcome({"cursor": 7}, "partial", (CERTIFICATE,), server_time=NOON, requests=4, detail="almost"),
        progress=said.append,
    )
    assert (report.status, report.rows, report.rejected, report.requests) == ("partial", {"issue": 3}, 1, 4)
    assert (report.is_full, report.certificates, report.server_time) == (True, (CERTIFICATE,), NOON)
    assert said == ["main: issues (2 of 3,000)"]
    assert "main: partial, 3 issue in" in report.summary()
    assert Path(str(report.quarantine)).read_text().count("row 9") == 1
    assert Landing(settings.landing_dir).checkpoint("jira", "main") == {"cursor": 7}
    told = json.loads(report.to_json())
    assert (told["sync_id"], told["certificates"][0]["missing"][0]["id"]) == (report.sync_id, "7")


def test_certificates_are_in_the_ledger_with_qualified_ids(settings: Settings) -> None:
    report = run(settings, Outcome({}, "complete", (CERTIFICATE,), server_time=NOON))
    (row,) = pq.read_table(settings.ledger_dir / "completeness" / f"{report.sync_id}.parquet").to_pylist()
    assert row["completeness_id"] == f"{report.sync_id}/issue/main:10"
    assert (row["scope_id"], row["scope_key"], row["completeness_status"]) == ("main:10", "ABC", "partial")
    assert (row["source_count"], row["held_count"], json.loads(row["missing"])[0]["class"]) == (3, 2, "deleted")
    assert (row["recorded_at"], row["known_from"]) == (NOON.replace(tzinfo=None),) * 2


def test_the_next_sync_starts_from_the_checkpoint_and_full_says_so(settings: Settings) -> None:
    run(settings, Outcome({"cursor": 1}, "complete"))
    source = Script(Outcome({"cursor": 2}, "complete"))
    assert not sync_site(settings, SITE, source=source).is_full
    assert sync_site(settings, SITE, source=source, full=True).is_full
    assert source.calls == [({"cursor": 1}, False), ({"cursor": 2}, True)]


@pytest.mark.parametrize(
    "error",
    [
        AuthenticationError("refused hush-hush", "check hush-hush"),
        DeferredError("quota of hush-hush", "later", resume_at=NOON),
        RuntimeError("GET /?token=hush-hush"),
        KeyError("plain fault"),
    ],
)
def test_an_error_commits_nothing_and_tells_no_secret(settings: Settings, error: Exception) -> None:
    run(settings, batch("1"), Outcome({"cursor": 1}, "complete"))
    before = leftovers(settings)
    with pytest.raises(Exception) as caught:  # noqa: PT011
        run(settings, batch("2"), Rejected("issue", "x", "y", "z"), error)
    assert "hush-hush" not in f"{caught.value!r} {caught.value} {caught.value.__cause__}"
    assert type(caught.value) is (ProtocolError if isinstance(error, RuntimeError) else type(error))
    assert leftovers(settings) == before
    assert Landing(settings.landing_dir).checkpoint("jira", "main") == {"cursor": 1}


def test_what_a_source_says_of_its_sync_tells_no_secret_either(settings: Settings) -> None:
    said: list[str] = []
    entry = {"id": "7", "class": "skipped", "evidence": "a proxy repeats hush-hush"}
    proof = Completeness("10", "ABC", "issue", 3, 2, "partial", (entry,), detail="403: hush-hush")
    report = run(
        settings,
        Progress("asking with hush-hush"),
        Rejected("issue", "row of hush-hush", "bad hush-hush", "raw hush-hush"),
        Outcome({}, "partial", (proof,), detail="; Authorization: Bearer of.another/kind=="),
        progress=said.append,
    )
    written = [path for path in settings.home.rglob("*") if path.is_file()]
    rows = pq.read_table(settings.ledger_dir / "completeness" / f"{report.sync_id}.parquet").to_pylist()
    texts = [*(path.read_bytes().decode("latin-1") for path in written), str(rows), str(said), report.to_json()]
    assert len(written) >= 3
    for secret in ("hush-hush", "of.another/kind"):
        assert not any(secret in text for text in [*texts, report.summary()])
    assert "raw ***" in Path(str(report.quarantine)).read_text()
    assert rows[0]["detail"] == "403: ***"


@pytest.mark.parametrize(
    "items", [(), (batch("1"),), (Outcome({}, "complete"), batch("1")), (Outcome({}, "complete"),) * 2]
)
def test_a_source_that_breaks_the_protocol_commits_nothing(settings: Settings, items: tuple[Item, ...]) -> None:
    with pytest.raises(ProtocolError):
        run(settings, *items)
    assert leftovers(settings) == []


def test_a_full_disk_ends_the_source_and_commits_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.resources.landing_parts.ROW_GROUP_BYTES", 1)
    monkeypatch.setattr("pipelines.resources.landing_store.LocalStore.create", refuse)
    source = Script(batch("1"), batch("2"), Outcome({}, "complete"))
    with pytest.raises(LandingError, match="disk is full"):
        sync_site(settings, SITE, source=source)
    assert source.closed
    assert leftovers(settings) == []


def test_a_second_sync_of_the_same_site_hears_who_is_at_work(settings: Settings) -> None:
    other = SiteConfig("jira", "other", {})
    errors: list[str] = []

    def second() -> None:
        try:
            run(settings, Outcome({}, "complete"))
        except SiteBusyError as error:
            errors.append(str(error))
        sync_site(settings, other, source=Script(Outcome({}, "complete")))

    with hold(settings.landing_dir / "_locks" / "jira-main.lock", "sync", 1, "The site 'main'"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert len(errors) == 1
    assert errors[0].startswith("The site 'main' is in use by 'sync' (process ")
    assert [c.site for c in Landing(settings.landing_dir).commits()] == ["other"]


@dataclass(frozen=True)
class SignedIn(Progress):
    """Progress of a source that knows the time."""

    server_time: datetime | None = None


def test_a_time_told_while_signing_in_is_used_from_the_first_record_on(settings: Settings) -> None:
    virtual = datetime(2024, 5, 6, 7, tzinfo=UTC)
    items = (SignedIn("signed in", server_time=virtual), batch("1"), Outcome({}, "complete", server_time=virtual))
    assert run(settings, *items).known_at == virtual
    (part,) = settings.landing_dir.rglob("*.parquet")
    assert part.name.endswith("-0000.parquet")  # written once
