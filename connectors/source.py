"""The protocol every connector answers, so that landing, Dagster and tests treat all sources alike.

Nothing about one product (Jira, Excel ...) belongs here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

Json: TypeAlias = Any
Clock: TypeAlias = Callable[[], datetime]
"""Gives the present as aware UTC. Injected: connectors never ask the machine's clock themselves."""


def offset_of(clock: Clock) -> timedelta:
    """By how much a clock was moved to a source's calendar, away from the machine's; nothing for a plain one."""
    moved: timedelta = getattr(clock, "offset", timedelta())
    return moved


Status: TypeAlias = Literal["complete", "partial", "deferred"]


@dataclass(frozen=True)
class Stream:
    """One kind of record a source offers.

    `fields` is the declared DuckDB structure of the payload (`{"id": "VARCHAR", "fields": "JSON"}`):
    what staging reads with `from_json`, and what the seam test compares with dbt's source columns.
    `snapshot` streams are small dimensions read in full at every sync; the others are incremental by `cursor`.
    """

    name: str
    key: str
    fields: Mapping[str, str]
    cursor: str | None = None
    snapshot: bool = False


@dataclass
class Batch:
    """Record versions of one stream, column by column (cheap to build, cheap to land).

    `payloads` are the raw JSON bytes as received. `updated` is the source's own time of the
    version (aware UTC) or None. `deleted` marks a tombstone.
    """

    stream: str
    keys: list[str] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    updated: list[datetime | None] = field(default_factory=list)
    deleted: list[bool] = field(default_factory=list)

    def add(self, key: str, payload: bytes, updated: datetime | None = None, *, deleted: bool = False) -> None:
        self.keys.append(key)
        self.payloads.append(payload)
        self.updated.append(updated)
        self.deleted.append(deleted)

    def __len__(self) -> int:
        return len(self.keys)


@dataclass(frozen=True)
class Completeness:
    """What one sync can prove about one scope (a project, or a file) of one stream.

    `status` is `complete`, `partial` (something there is missing here, see `missing`),
    `unavailable` (the site does not offer the interface), or `deferred` (the sync was put off before it could
    prove anything; `detail` says why and until when).
    """

    scope_id: str
    scope_key: str
    stream: str
    source_count: int | None
    held_count: int
    status: Literal["complete", "partial", "unavailable", "deferred"]
    missing: tuple[Mapping[str, str], ...] = ()
    changelog_total: int | None = None
    changelog_held: int | None = None
    lag_seconds: float | None = None
    detail: str = ""


@dataclass(frozen=True)
class Rejected:
    """A record refused at the door: where it stood, why, and the raw text, for the quarantine."""

    stream: str
    location: str
    reason: str
    raw: str


@dataclass(frozen=True)
class Progress:
    """A human-readable step of a long sync; `done` of `total` records where known.

    A source with a clock of its own tells `server_time` as early as it knows it, so that what is landed from
    then on carries it at once.
    """

    message: str
    done: int | None = None
    total: int | None = None
    server_time: datetime | None = None


@dataclass
class Outcome:
    """How a sync ended: the last item a source yields.

    `checkpoint` is stored in the commit file only after all batches are on disk. `server_time` is the
    source's own clock at the start of the sync (aware UTC), of the one that was put off where this takes it up;
    None where it has none. `resume_at` is when a deferred sync may go on; it has `deferred` certificates.
    """

    checkpoint: Mapping[str, Json]
    status: Status
    certificates: tuple[Completeness, ...] = ()
    server_time: datetime | None = None
    requests: int = 0
    detail: str = ""
    resume_at: datetime | None = None


Item: TypeAlias = Batch | Rejected | Progress | Outcome


@dataclass(frozen=True)
class Finding:
    """One line of `slipstream doctor`: what was tried, whether it holds, and how to mend it."""

    check: str
    ok: bool
    detail: str
    remedy: str = ""


class TokenStore(Protocol):
    """Where a site's changing secret (a rotating refresh token) survives; who keeps it knows where and how safely."""

    def locked(self) -> AbstractContextManager[None]:
        """One holder at a time, in whatever process: a token that may be used once must not be used twice."""
        ...

    def read(self) -> str | None:
        """What was written last; None where nothing ever was."""
        ...

    def write(self, text: str) -> None:
        """Durable once it returns: old or new, never half of either. Raises SourceError where it cannot be kept."""
        ...


@dataclass(frozen=True)
class Hint:
    """Word from a source that something changed there: a reason to ask, never data.

    `keys` are the records it speaks of (none: just look again), `at` is when it happened by the source's clock.
    """

    event: str
    at: datetime
    keys: tuple[str, ...] = ()
    deleted: bool = False
    actor: str = ""


@dataclass(frozen=True)
class Delivery:
    """A request that reached our door, as it came; names of headers in lower case, each with all its values."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, tuple[str, ...]] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Heard:
    """A delivery that is genuine: what it hints at, and what tells it from every other one.

    A sender that tries again repeats `identifier`; `digest` is of what is signed, so the same under another
    identifier is a replay.
    """

    hint: Hint
    identifier: str
    digest: str


Receive: TypeAlias = Callable[["SiteConfig", Delivery, datetime], Heard]
"""Takes a site, a delivery and the present; raises a `connectors.errors.HookError` where it is not to be believed."""


@dataclass(frozen=True)
class SiteConfig:
    """One site of one source as `settings` resolved it from YAML: secrets are already filled in."""

    type: str
    site: str
    options: Mapping[str, Json]
    tokens: TokenStore | None = field(default=None, compare=False, repr=False)


@runtime_checkable
class Listener(Protocol):
    """A source that takes hints into account."""

    def hear(self, hints: Sequence[Hint]) -> None:
        """Ask for what these speak of in the next sync; that the site is polled as ever goes without saying."""
        ...


class Source(Protocol):
    """A configured site. Construction does no I/O."""

    type: str
    site: str
    streams: tuple[Stream, ...]

    def sync(self, checkpoint: Mapping[str, Json] | None, *, full: bool = False) -> Iterator[Item]:
        """Yield batches (and rejections, progress) and, last, exactly one Outcome.

        Raises a `connectors.errors.SourceError` when the sync cannot go on; the caller then commits nothing.
        """
        ...

    def changed(self, checkpoint: Mapping[str, Json] | None) -> bool:
        """Cheaply say whether a sync would find something new (used by the change sensor)."""
        ...

    def check(self) -> list[Finding]:
        """Test the connection step by step for `slipstream doctor`; never raises SourceError."""
        ...
