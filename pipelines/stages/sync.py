"""One site's sync: from the source to a commit in the landing zone, or nothing at all.

It never takes the warehouse lock; two syncs of the same site exclude each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import orjson

from connectors.errors import ProtocolError, SourceError
from connectors.source import Batch, Completeness, Item, Listener, Outcome, Progress, Rejected, SiteConfig, Source
from pipelines.crashpoints import crashpoint
from pipelines.resources.landing import Commit, Landing
from pipelines.resources.landing_writer import SyncWriter
from pipelines.resources.ledger import Ledger
from pipelines.resources.locks import BusyError, hold
from pipelines.resources.spool import Spool, Waiting
from pipelines.settings import Settings
from pipelines.settings_secrets import scrub, scrubber

if TYPE_CHECKING:
    from pipelines.line import Teller


class SiteBusyError(BusyError):
    """Another sync of the same site is under way."""


@dataclass(frozen=True)
class SyncReport:
    """What a sync did, in figures."""

    type: str
    site: str
    sync_id: str
    status: str
    is_full: bool
    rows: dict[str, int]
    rejected: int
    requests: int
    certificates: tuple[Completeness, ...]
    seconds: float
    known_at: datetime
    server_time: datetime | None
    detail: str = ""
    quarantine: str | None = None
    hints: int = 0  # webhooks that this sync took into account
    resume_at: datetime | None = None

    def summary(self) -> str:
        """One sentence for a person."""
        landed = ", ".join(f"{count:,d} {stream}" for stream, count in sorted(self.rows.items())) or "nothing new"
        text = f"{self.site}: {self.status}, {landed} in {self.seconds:.1f} s with {self.requests:,d} requests"
        if self.rejected:
            text += f"; {self.rejected} rows refused, see {self.quarantine}"
        return text + (f" ({self.detail})" if self.detail else "")

    def to_json(self) -> str:
        return orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS, default=str).decode()


def sync_site(
    settings: Settings,
    site: SiteConfig,
    *,
    full: bool = False,
    progress: Teller | None = None,
    source: Source | None = None,
) -> SyncReport:
    """Sync one site and commit it. On a SourceError nothing is committed; its text holds no secret.

    `source` replaces the registry's connector, for tests.
    """
    started = time.monotonic()
    landing = Landing(settings.landing_dir, quarantine=settings.quarantine_dir)
    lock = settings.locks_dir / f"{site.type}-{site.site}.lock"
    with hold(lock, "sync", settings.lock_wait_seconds, f"The site '{site.site}'", SiteBusyError):
        landing.discard_uncommitted(site.type, site.site)
        checkpoint = landing.checkpoint(site.type, site.site)
        crashpoint("sync.begin")
        try:
            connector = source or _connector(site, landing)
            spool = Spool(settings.webhooks_dir, site.type, site.site)
            hints = _listen(connector, spool)
            with landing.begin(site.type, site.site, full=full or checkpoint is None) as writer:
                outcome = _land(_discreet(connector.sync(checkpoint, full=full), site), writer, progress)
                writer.finish(outcome)
                _certify(Ledger(settings.ledger_dir), writer, outcome)
                crashpoint("sync.certified")
                commit = writer.commit(outcome)
            if commit.status == "deferred":
                hints = []  # it may not have come to them: they wait for the next
            with suppress(OSError):  # heard again by the next sync, which does no harm
                spool.take(hints, commit.known_at)
        except Exception as error:
            raise _scrubbed(error, site) from None
    return _report(commit, outcome, writer.quarantine_path, time.monotonic() - started, len(hints))


def _connector(site: SiteConfig, landing: Landing) -> Source:
    from connectors import registry

    return registry.create(site, landing.clock())


def _listen(source: Source, spool: Spool) -> list[Waiting]:
    """Tell the source what its webhooks told us; what it does not listen to stays where it is."""
    if not isinstance(source, Listener):
        return []
    waiting = spool.waiting()
    source.hear([one.hint for one in waiting])
    return waiting


def _discreet(items: Iterator[Item], site: SiteConfig) -> Iterator[Item]:
    """What a source yields without secrets that somebody on the way repeated to it; records stay as they are."""
    clean = scrubber(site.options)
    with closing(cast(Any, items)):
        for item in items:
            yield item if isinstance(item, Batch) else _cleaned(item, clean)


def _cleaned(item: Rejected | Progress | Outcome, clean: Callable[[str], str]) -> Item:
    if isinstance(item, Rejected):
        return replace(item, location=clean(item.location), reason=clean(item.reason), raw=clean(item.raw))
    if isinstance(item, Progress):
        return replace(item, message=clean(item.message))
    proofs = (
        replace(
            proof,
            detail=clean(proof.detail),
            missing=tuple({name: clean(text) for name, text in entry.items()} for entry in proof.missing),
        )
        for proof in item.certificates
    )
    return replace(item, detail=clean(item.detail), certificates=tuple(proofs))


def _land(items: Iterator[Item], writer: SyncWriter, progress: Teller | None) -> Outcome:
    """Everything the source yields, up to its outcome, which is the last item."""
    outcome: Outcome | None = None
    with closing(cast(Any, items)):
        for item in items:
            crashpoint("sync.item")
            if outcome is not None:
                raise ProtocolError(f"The connector {writer.type} went on after its outcome.", "This is a fault in it.")
            if isinstance(item, Batch):
                writer.write(item)
            elif isinstance(item, Rejected):
                writer.reject(item)
            elif isinstance(item, Progress):
                if item.server_time is not None:
                    writer.hear(item.server_time)
                _tell(progress, writer.site, item)
            else:
                outcome = item
    if outcome is None:
        raise ProtocolError(f"The connector {writer.type} ended without an outcome.", "This is a fault in it.")
    return outcome


def _tell(progress: Teller | None, site: str, item: Progress) -> None:
    if progress is not None:
        of = "" if item.total is None else f" of {item.total:,d}"
        progress(f"{site}: {item.message}" + ("" if item.done is None else f" ({item.done:,d}{of})"))


def _certify(ledger: Ledger, writer: SyncWriter, outcome: Outcome) -> None:
    """What this sync proves, said before the commit: the view shows it only once the sync exists."""
    rows = [_certificate(writer, outcome, item) for item in outcome.certificates]
    if rows:
        ledger.append("completeness", rows, writer.sync_id)


def _certificate(writer: SyncWriter, outcome: Outcome, item: Completeness) -> dict[str, Any]:
    scope_id = item.scope_id if item.scope_id.startswith(f"{writer.site}:") else f"{writer.site}:{item.scope_id}"
    return {
        "completeness_id": f"{writer.sync_id}/{item.stream}/{scope_id}",
        "sync_id": writer.sync_id,
        "source_type": writer.type,
        "site_id": writer.site,
        "stream": item.stream,
        "scope_id": scope_id,
        "scope_key": item.scope_key,
        "completeness_status": item.status,
        "source_count": item.source_count,
        "held_count": item.held_count,
        "missing": orjson.dumps([dict(m) for m in item.missing]).decode(),
        "changelog_total": item.changelog_total,
        "changelog_held": item.changelog_held,
        "lag_seconds": item.lag_seconds,
        "detail": item.detail,
        "recorded_at": outcome.server_time or writer.known_at,
        "known_from": writer.known_at,
    }


def _scrubbed(error: Exception, site: SiteConfig) -> Exception:
    """The same error without secrets; what hangs on it (causes, with their own texts) is left behind."""
    if isinstance(error, SourceError):
        error.message, error.remedy = scrub(error.message, site.options), scrub(error.remedy, site.options)
        error.args = (error.message, error.remedy)
        return error
    if scrub(str(error), site.options) == str(error):
        return error
    return ProtocolError(f"{type(error).__name__}: {scrub(str(error), site.options)}")


def _report(commit: Commit, outcome: Outcome, quarantine: Path, seconds: float, hints: int) -> SyncReport:
    return SyncReport(
        type=commit.type,
        site=commit.site,
        sync_id=commit.sync_id,
        status=commit.status,
        is_full=commit.is_full,
        rows=commit.rows,
        rejected=commit.rejected,
        requests=commit.requests,
        certificates=outcome.certificates,
        seconds=round(seconds, 3),
        known_at=commit.known_at,
        server_time=commit.server_time,
        detail=commit.detail,
        quarantine=str(quarantine) if commit.rejected else None,
        hints=hints,
        resume_at=outcome.resume_at,
    )
