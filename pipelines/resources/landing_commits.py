"""What a commit file says: the one thing that makes a sync exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from connectors.errors import SourceError
from connectors.source import Status
from pipelines.clock import stamp

FOLDER = "_commits"


class LandingError(SourceError):
    """The landing zone cannot be written, or what lies there is damaged."""


class LandedFile(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file of a sync; `path` is relative to the landing root."""

    stream: str
    path: str
    rows: int
    bytes: int
    sha256: str


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """One sync that exists. Its checkpoint, which may be big, is read apart: `Landing.checkpoint`.

    `started_at` and `committed_at` are wall-clock times; `known_at` is on the source's calendar (see `clock.Clock`).
    """

    sync_id: str
    type: str
    site: str
    started_at: datetime
    committed_at: datetime
    known_at: datetime
    server_time: datetime | None
    clock_offset_seconds: float
    status: Status
    detail: str
    requests: int
    is_full: bool
    rejected: int
    files: tuple[LandedFile, ...]
    resume_at: datetime | None = None  # wall clock: a used-up quota lets nobody in before

    @property
    def rows(self) -> dict[str, int]:
        """Landed record versions per stream."""
        counts: Counter[str] = Counter()
        for file in self.files:
            counts[file.stream] += file.rows
        return dict(counts)


class _Checkpoint(msgspec.Struct):
    type: str
    site: str
    checkpoint: dict[str, Any]


def encode(commit: Commit, checkpoint: Mapping[str, Any]) -> bytes:
    content = msgspec.structs.asdict(commit) | {"checkpoint": checkpoint}
    return msgspec.json.encode(content)


def decode(data: bytes, place: str) -> Commit:
    try:
        return msgspec.json.decode(data, type=Commit)
    except msgspec.DecodeError as error:
        raise _damaged(place, error) from None


def decode_checkpoint(data: bytes, place: str) -> tuple[str, str, dict[str, Any]]:
    """(type, site, checkpoint) of a commit file."""
    try:
        found = msgspec.json.decode(data, type=_Checkpoint)
    except msgspec.DecodeError as error:
        raise _damaged(place, error) from None
    return found.type, found.site, found.checkpoint


def new_sync_id(type: str, site: str, started_at: datetime, token: str) -> str:
    """An id that sorts by time and tells the site, so that a site's commits are found without opening the others."""
    return f"{stamp(started_at)}_{type}_{site}_{token}"


def may_belong(sync_id: str, type: str, site: str) -> bool:
    """Whether an id may be of this site (names with `_` can look alike; the commit itself decides)."""
    return f"_{type}_{site}_" in sync_id


def _damaged(place: str, error: Exception) -> LandingError:
    return LandingError(
        f"The commit file {place} is damaged ({error}).",
        "Restore it from your backup. Without one, move it away, sync that site with --full and rebuild the warehouse.",
    )
