"""What one sync leaves for the next: JSON-serialisable, versioned, and small even for a million issues."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from connectors.errors import ConfigurationError
from connectors.jira.held import Held, pack, pack_sorted, unpack, unpack_sorted

VERSION: Final = 1


@dataclass
class Range:
    """A disjoint part of a search; `token` is where to go on when a sync was cut short.

    `reconcile` are ids that Jira looks up afresh for this search; they must be the same on its every page.
    """

    jql: str
    token: str | None = None
    reconcile: list[int] = field(default_factory=list)


@dataclass
class Unfinished:
    """The rest of a sync that a quota stopped: it is taken up where it stood.

    While `is_open`, the last range holds all that is not listed yet: it is to be cut before it is read.
    """

    full: bool
    server_time: datetime
    ranges: list[Range] = field(default_factory=list)
    is_open: bool = False


@dataclass
class State:
    """`server_time` is the source's clock at the start of the last whole sync; None before the first."""

    server_time: datetime | None = None
    scope: tuple[str, ...] = ()  # the projects filter that all this was read under
    held: Held = field(default_factory=Held)
    recent: dict[int, int] = field(default_factory=dict)  # issue → updated, for what the next look back meets again
    overflow: dict[int, int] = field(default_factory=dict)  # issue → updated, where the changelog is not whole yet
    short_comments: dict[int, int] = field(default_factory=dict)  # issue → updated, where comments are lacking
    dimensions: dict[str, dict[str, str]] = field(default_factory=dict)  # stream → key → hash
    worklogs: dict[str, dict[int, int]] = field(default_factory=dict)  # feed → worklog → time, as `recent`
    worklogs_until: datetime | None = None
    unfinished: Unfinished | None = None
    due: set[int] = field(default_factory=set)  # issues to be asked for by id as soon as they are in sight
    keys: dict[str, str] = field(default_factory=dict)  # project → its key, which issues bear without an update
    clock_offset: float | None = None  # seconds by which the source's clock was ahead of ours


def dump(state: State) -> dict[str, Any]:
    return {
        "version": VERSION,
        "server_time": _text(state.server_time),
        "scope": list(state.scope),
        "held": state.held.dump(),
        "recent": _pairs(state.recent),
        "overflow": _pairs(state.overflow),
        "short_comments": _pairs(state.short_comments),
        "dimensions": state.dimensions,
        "worklogs": {feed: _pairs(seen) for feed, seen in state.worklogs.items()},
        "worklogs_until": _text(state.worklogs_until),
        "unfinished": _unfinished(state.unfinished),
        "due": pack_sorted(np.array(sorted(state.due), dtype=np.int64)),
        "keys": state.keys,
        "clock_offset": state.clock_offset,
    }


def load(stored: Mapping[str, Any] | None) -> State:
    if not stored:
        return State()
    if stored.get("version") != VERSION:
        raise ConfigurationError(
            f"The checkpoint is of version {stored.get('version')!r}; this Slipstream reads {VERSION}.",
            "Run one full sync (`slipstream sync jira --full`), or use the version that wrote it.",
        )
    rest = stored["unfinished"]
    return State(
        server_time=_time(stored["server_time"]),
        scope=tuple(stored["scope"]),
        held=Held.load(stored["held"]),
        recent=_mapping(stored["recent"]),
        overflow=_mapping(stored["overflow"]),
        short_comments=_mapping(stored["short_comments"]) if "short_comments" in stored else {},
        dimensions={stream: dict(hashes) for stream, hashes in stored["dimensions"].items()},
        worklogs={feed: _mapping(seen) for feed, seen in stored["worklogs"].items()},
        worklogs_until=_time(stored["worklogs_until"]),
        unfinished=rest
        and Unfinished(
            rest["full"],
            datetime.fromisoformat(rest["server_time"]),
            [Range(*part) for part in rest["ranges"]],
            rest.get("is_open", False),
        ),
        # checkpoints of the first releases know none of these
        due=set(unpack_sorted(stored["due"]).tolist()) if "due" in stored else set(),
        keys=dict(stored.get("keys", {})),
        clock_offset=stored.get("clock_offset"),
    )


def _unfinished(rest: Unfinished | None) -> dict[str, Any] | None:
    if rest is None:
        return None
    ranges = [[part.jql, part.token, part.reconcile] for part in rest.ranges]
    return {"full": rest.full, "server_time": _text(rest.server_time), "ranges": ranges, "is_open": rest.is_open}


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat()


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _pairs(seen: Mapping[int, int]) -> list[str]:
    ids = sorted(seen)
    return [pack_sorted(np.array(ids, dtype=np.int64)), pack(np.array([seen[i] for i in ids], dtype=np.int64))]


def _mapping(stored: list[str]) -> dict[int, int]:
    return dict(zip(unpack_sorted(stored[0]).tolist(), unpack(stored[1]).tolist(), strict=True))
