"""One sync on its way into the landing zone: parts are written as records come, the commit file last."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Self

from connectors.source import Batch, Outcome, Rejected
from pipelines.crashpoints import crashpoint
from pipelines.resources import landing_commits, landing_parts
from pipelines.resources.disk import explain_full_disk
from pipelines.resources.landing_commits import Commit, LandedFile, LandingError
from pipelines.resources.landing_parts import Buffer, PartWriter
from pipelines.resources.landing_store import Store

# Only at its end does a first sync learn that the source lives in another time; smaller differences are latency.
_SAME_TIME = timedelta(seconds=60)


@dataclass
class SyncWriter:
    """Lands one sync of one site. As a context manager it removes what was written unless `commit` was reached."""

    store: Store
    sync_id: str
    type: str
    site: str
    started_at: datetime
    known_at: datetime
    not_before: datetime  # knowledge only grows: a site's later sync is known later, whatever the clocks say
    wall_clock: Callable[[], datetime]
    offset: timedelta
    quarantine: Path
    full: bool = False
    settles: bool = True  # whether known_at follows the server's time; a time given by the caller stands
    rejected: int = 0
    committed: bool = False
    _buffers: dict[str, Buffer] = field(default_factory=dict)
    _parts: dict[str, PartWriter] = field(default_factory=dict)
    _files: list[LandedFile] | None = None
    _created: list[str] = field(default_factory=list)
    _rejects: IO[str] | None = None
    _thread: ThreadPoolExecutor | None = None
    _pending: Future[None] | None = None
    _told: datetime | None = None

    def __post_init__(self) -> None:
        self._clock_then = self.offset  # the connector's clock, until the source tells its own time

    @property
    def quarantine_path(self) -> Path:
        return self.quarantine / f"{self.sync_id}.jsonl"

    def write(self, batch: Batch) -> None:
        """Take records over; they reach the disk in row groups, in another thread."""
        if len(batch):
            self._buffers.setdefault(batch.stream, Buffer(batch.stream)).extend(batch)
            if sum(b.size for b in self._buffers.values()) >= landing_parts.ROW_GROUP_BYTES:
                self._flush(max(self._buffers, key=lambda stream: self._buffers[stream].size))

    def hear(self, server_time: datetime) -> None:
        """The source's time in this run. Told before anything is on the disk, nothing need be written again at the end.

        It goes before the outcome's: a sync that takes up another vouches from when that one was begun.
        """
        self._told = self._told or server_time
        if self._thread is None:
            self.known_at = self._known_at(server_time)

    def reject(self, item: Rejected) -> None:
        """Keep a refused record, with its place and the reason, in the quarantine."""
        line = {"stream": item.stream, "location": item.location, "reason": item.reason, "raw": item.raw}
        with explain_full_disk(LandingError, "landing"):
            if self._rejects is None:
                self.quarantine.mkdir(parents=True, exist_ok=True)
                self._rejects = self.quarantine_path.open("w", encoding="ascii")
            self._rejects.write(json.dumps(line) + "\n")  # ASCII: raw text may hold lone surrogates
        self.rejected += 1

    def finish(self, outcome: Outcome) -> None:
        """Bring everything to the disk and settle when it became known; the sync still does not exist."""
        if self._files is not None:
            return
        for stream in list(self._buffers):
            self._flush(stream)
        self._wait()
        with explain_full_disk(LandingError, "landing"):
            for part in self._parts.values():
                part.close()
            if self._rejects is not None:
                self._rejects.close()
        files = [file for part in self._parts.values() for file in part.files]
        told = self._told or outcome.server_time
        if told is not None:
            self.offset = told - self.started_at
            known_at = self._known_at(told)
            if known_at != self.known_at:
                files = [self._moved(file, known_at) for file in files]
                self.known_at = known_at
        self._files = files
        crashpoint("landing.finished")

    def commit(self, outcome: Outcome) -> Commit:
        """Make the sync exist: the commit file is the last thing written, and only if nobody took its name."""
        self.finish(outcome)
        commit = Commit(
            sync_id=self.sync_id,
            type=self.type,
            site=self.site,
            started_at=self.started_at,
            committed_at=max(self.wall_clock(), self.started_at),
            known_at=self.known_at,
            server_time=outcome.server_time,
            clock_offset_seconds=self.offset.total_seconds(),
            status=outcome.status,
            detail=outcome.detail,
            requests=outcome.requests,
            is_full=self.full,
            rejected=self.rejected,
            files=tuple(self._files or ()),
            resume_at=outcome.resume_at and outcome.resume_at - self._clock_then,
        )
        self._check_sizes(commit)
        data = landing_commits.encode(commit, outcome.checkpoint)
        crashpoint("landing.before_commit")
        try:
            with explain_full_disk(LandingError, "landing"):
                self.store.put_new(f"{landing_commits.FOLDER}/{self.sync_id}.json", data)
        except FileExistsError:
            raise LandingError(f"The sync {self.sync_id} is already committed.", "Start a new one.") from None
        self.committed = True
        self._stop_thread()
        crashpoint("landing.committed")
        return commit

    def abort(self) -> None:
        """Remove what was written, as far as possible; readers never saw it."""
        with suppress(Exception):
            self._wait()
        self._stop_thread()
        for part in self._parts.values():
            with suppress(Exception):
                part.abandon()
        for name in [*self._created, *(n for part in self._parts.values() for n in part.opened)]:
            with suppress(Exception):
                self.store.remove(name)
        if self._rejects is not None:
            with suppress(OSError):
                self._rejects.close()
            with suppress(OSError):
                self.quarantine_path.unlink()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if not self.committed:
            self.abort()

    def _known_at(self, server_time: datetime) -> datetime:
        known_at = max(server_time, self.not_before)
        return known_at if self.settles and abs(known_at - self.known_at) > _SAME_TIME else self.known_at

    def _flush(self, stream: str) -> None:
        """Hand a stream's records to the writing thread, after the row group before them is done: memory is bounded."""
        waiting = self._buffers.pop(stream)
        self._wait()
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "landing")
        self._pending = self._thread.submit(self._write, waiting)
        crashpoint("landing.flush")

    def _write(self, waiting: Buffer) -> None:
        stream = waiting.stream
        if stream not in self._parts:
            self._parts[stream] = PartWriter(self.store, f"{self.type}/{self.site}/{stream}", stream, self.sync_id)
        table, damaged = landing_parts.as_table(waiting, self.site, self.sync_id, self.known_at)
        for item in damaged:
            self.reject(item)
        self._parts[stream].write(table)
        crashpoint("landing.part")

    def _wait(self) -> None:
        pending, self._pending = self._pending, None
        if pending is not None:
            with explain_full_disk(LandingError, "landing"):
                pending.result()

    def _stop_thread(self) -> None:
        if self._thread is not None:
            self._thread.shutdown(wait=True)

    def _moved(self, file: LandedFile, known_at: datetime) -> LandedFile:
        """The file again, known at another instant; the first one goes."""
        with explain_full_disk(LandingError, "landing"):
            moved = landing_parts.rewrite(self.store, file, self._created, known_at)
            crashpoint("landing.moved")
            self.store.remove(file.path)
        return moved

    def _check_sizes(self, commit: Commit) -> None:
        """Never commit what is not there: another machine may have cleaned up behind us."""
        for file in commit.files:
            try:
                size = self.store.size(file.path)
            except FileNotFoundError:
                size = -1
            if size != file.bytes:
                raise LandingError(
                    f"{self.store.address(file.path)} changed while it was landed; nothing is committed.",
                    "Run the sync again, and let only one process land a site at a time.",
                )
