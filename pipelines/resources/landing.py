"""The only writer of raw data: append-only Parquet per source, site and stream; a sync exists once it is committed.

Readers go by the commit files and never list the data folders, so a crash at any point leaves nothing half-true.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.clock import Clock, now
from pipelines.resources import landing_commits as commits_file
from pipelines.resources.landing_commits import Commit, LandedFile, LandingError
from pipelines.resources.landing_store import open_store
from pipelines.resources.landing_writer import SyncWriter

_FORMAT = "%Y%m%dT%H%M%S%fZ"
_ABANDONED_AFTER = timedelta(days=1)
"""No sync lasts so long: what is older than that and not committed was left behind, on whatever machine."""


class Landing:
    """The landing zone below a folder, or below an object-store URL."""

    def __init__(
        self,
        root: str | Path,
        *,
        quarantine: Path | None = None,
        wall_clock: Callable[[], datetime] = now,
        only: Collection[str] | None = None,
    ) -> None:
        self.root = str(root)
        self.store = open_store(root)
        self._is_shared = "://" in self.root
        beside = Path() if self._is_shared else Path(root).parent
        self._quarantine = quarantine or beside / "quarantine"
        self._wall_clock = wall_clock
        self._only = only

    def begin(self, type: str, site: str, known_at: datetime | None = None, *, full: bool = False) -> SyncWriter:
        """Start landing a sync; it exists only after `SyncWriter.commit`."""
        started_at = self._after_last_commit(self._wall_clock())
        offset, last = self.clock().offset, self.last_commit(type, site)
        not_before = last.known_at + timedelta(microseconds=1) if last else datetime.min.replace(tzinfo=UTC)
        sync_id = commits_file.new_sync_id(type, site, started_at, secrets.token_hex(4))
        return SyncWriter(
            store=self.store,
            sync_id=sync_id,
            type=type,
            site=site,
            started_at=started_at,
            known_at=known_at or max(started_at + offset, not_before),
            not_before=not_before,
            wall_clock=self._wall_clock,
            offset=offset,
            settles=known_at is None,
            quarantine=self._quarantine,
            full=full,
        )

    def commit_ids(self) -> list[str]:
        """The ids of all syncs that exist (of those that `only` names), in order of their start."""
        # A crash between writing and linking leaves a hidden draft; `names` does not show it.
        found = [n.removesuffix(".json") for n in self.store.names(commits_file.FOLDER) if n.endswith(".json")]
        return found if self._only is None else [sync_id for sync_id in found if sync_id in self._only]

    def commit(self, sync_id: str) -> Commit:
        name = f"{commits_file.FOLDER}/{sync_id}.json"
        return commits_file.decode(self.store.read(name), self.store.address(name))

    def commits(self) -> Iterator[Commit]:
        """All syncs that exist, in order of their start."""
        return (self.commit(sync_id) for sync_id in self.commit_ids())

    def last_commit(self, type: str, site: str) -> Commit | None:
        """A site's latest sync."""
        for sync_id in reversed(self.commit_ids()):
            if commits_file.may_belong(sync_id, type, site):
                commit = self.commit(sync_id)
                if (commit.type, commit.site) == (type, site):
                    return commit
        return None

    def checkpoint(self, type: str, site: str) -> dict[str, Any] | None:
        """Where the site's last committed sync stopped; None before its first."""
        last = self.last_commit(type, site)
        if last is None:
            return None
        name = f"{commits_file.FOLDER}/{last.sync_id}.json"
        return commits_file.decode_checkpoint(self.store.read(name), self.store.address(name))[2]

    def clock(self) -> Clock:
        """The wall clock moved to the calendar of the source that last told its time."""
        last = self._last_with_server_time()
        return Clock(timedelta(seconds=last.clock_offset_seconds)) if last else Clock()

    def server_time(self) -> datetime | None:
        """The source's time as the last sync heard it: the default `as_of`."""
        last = self._last_with_server_time()
        return last.server_time if last else None

    def address(self, file: LandedFile) -> str:
        """What DuckDB opens."""
        return self.store.address(file.path)

    def inspect(self, file: LandedFile) -> None:
        """Cheaply make sure that a file is there and whole (size and Parquet's end mark), before anyone reads it."""
        place = self.address(file)
        try:
            size, mark = self.store.size(file.path), self.store.tail(file.path, 4)
        except FileNotFoundError:
            raise _damaged(place, "is missing") from None
        except OSError as error:
            raise _damaged(place, f"cannot be read ({error})") from None
        if size != file.bytes:
            raise _damaged(place, f"is damaged: {size} bytes where {file.bytes} were committed")
        if mark != b"PAR1":
            raise _damaged(place, "is damaged: it does not end as a Parquet file does")

    def verify(self) -> list[str]:
        """Read every committed file and compare its hash with the commit: one line for each that is damaged."""
        problems = []
        for commit in self.commits():
            for file in commit.files:
                try:
                    self.inspect(file)
                    if hashlib.sha256(self.store.read(file.path)).hexdigest() != file.sha256:
                        raise _damaged(self.address(file), "is damaged: its content is not what was committed")
                except LandingError as error:
                    problems.append(str(error))
        return problems

    def discard_uncommitted(self, type: str, site: str) -> int:
        """Remove what crashed syncs of a site left behind; call it only while holding that site's lock.

        That lock is of this machine: in an object store, what another may be writing is left alone for a day.
        """
        committed, removed = set(self.commit_ids()), 0
        for stream in self.store.folders(f"{type}/{site}"):
            folder = f"{type}/{site}/{stream}"
            for name in self.store.names(folder):
                sync_id = name.rsplit("-", 1)[0]
                if sync_id not in committed and not self._may_go_on(sync_id):
                    self.store.remove(f"{folder}/{name}")
                    removed += 1
        for name in self.store.drafts(commits_file.FOLDER):
            if commits_file.may_belong(name, type, site):
                self.store.remove(f"{commits_file.FOLDER}/{name}")
        for path in self._quarantine.glob(f"*_{type}_{site}_*.jsonl"):
            if path.stem not in committed:
                path.unlink(missing_ok=True)
        return removed

    def _may_go_on(self, sync_id: str) -> bool:
        """Whether another machine may still be at work on it."""
        if not self._is_shared:
            return False
        with suppress(ValueError):
            started_at = datetime.strptime(sync_id.split("_", 1)[0], _FORMAT).replace(tzinfo=UTC)
            return self._wall_clock() - started_at < _ABANDONED_AFTER
        return True

    def _last_with_server_time(self) -> Commit | None:
        for sync_id in reversed(self.commit_ids()):
            commit = self.commit(sync_id)
            if commit.server_time is not None:
                return commit
        return None

    def _after_last_commit(self, instant: datetime) -> datetime:
        """`instant`, moved behind the last commit if the wall clock was set back: ids must sort as syncs happened."""
        ids = self.commit_ids()
        with suppress(ValueError, IndexError):
            last = datetime.strptime(ids[-1].split("_", 1)[0], _FORMAT).replace(tzinfo=UTC)
            return max(instant, last + timedelta(microseconds=1))
        return instant


def _damaged(place: str, what: str) -> LandingError:
    return LandingError(
        f"The landing file {place} {what}.",
        "Restore it from your backup. Without one, move its sync's file out of landing/_commits, "
        "sync that site with --full and rebuild the warehouse.",
    )


__all__ = ["Commit", "LandedFile", "Landing", "LandingError", "SyncWriter"]
