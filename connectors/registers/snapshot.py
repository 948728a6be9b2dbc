"""Compares what the drop folder says now with what was landed before: which rows are new, changed, gone or held.

A file or row that cannot be read at present keeps its last good version; only what is truly gone is retired.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from connectors.registers.folder import RegisterFile
from connectors.registers.records import SheetRows
from connectors.registers.streams import STREAMS
from connectors.source import Batch, Completeness, Rejected

BATCH_ROWS = 5_000
LISTED_MISSING = 50  # a certificate names this many missing rows; the quarantine file has them all
Keys = dict[str, dict[str, str]]  # stream -> key -> hash of the row's content


@dataclass
class FileState:
    """One file as of one sync; the part that goes into the checkpoint has no payloads."""

    file: RegisterFile
    sha256: str | None = None
    problem: str = ""
    is_short: bool = False  # the file, or one of its sheets, could not be used at all
    keys: Keys = field(default_factory=dict)
    payloads: dict[tuple[str, str], bytes] = field(default_factory=dict)
    certificates: list[Completeness] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def take(self, rows: SheetRows, before: Mapping[str, Mapping[str, str]], site: str) -> None:
        """Add one sheet; refused rows and refused sheets keep what `before` (the last sync) knew of them."""
        stream = rows.sheet.stream
        keys = self.keys.setdefault(stream, {})
        known = before.get(stream, {})
        held = known if rows.is_refused else {key: known[key] for key in rows.refused_keys & known.keys()}
        keys.update({key: digest for key, digest in held.items() if key not in keys})
        loaded = 0
        for key, record in rows.records.items():
            if (stream, key) in self.payloads:
                place = f"{rows.file}#{rows.title}!{record['row']}"
                reason = f"{key} was already given in another sheet of the same file"
                rows.rejected.append(Rejected(stream, place, reason, orjson.dumps(record).decode()))
                continue
            loaded += 1
            keys[key] = _content_hash(record)
            self.payloads[stream, key] = orjson.dumps(record)
        self.rejected += rows.rejected
        self.is_short |= rows.is_refused
        certificate = _certificate(rows, loaded, site)
        if any(other.scope_id == certificate.scope_id for other in self.certificates):  # a second sheet of the kind
            certificate = replace(certificate, scope_id=f"{certificate.scope_id}#{rows.title}")
        self.certificates.append(certificate)

    def hold(self, before: Mapping[str, Any] | None, problem: str, site: str) -> None:
        """Keep the rows that the last sync read from this file, and say why they are not fresh."""
        self.problem, self.is_short = problem, True
        self.keys = {stream: dict(keys) for stream, keys in (before or {}).get("keys", {}).items()}
        self.certificates = [
            Completeness(
                scope_id=f"{site}:{self.file.name}#{stream}",
                scope_key=self.file.name,
                stream=stream,
                source_count=None,
                held_count=len(self.keys.get(stream, {})),
                status="partial",
                detail=f"{self.file.name} was not read: {problem}",
            )
            for stream in self.keys or ["*"]
        ]


def _content_hash(record: Mapping[str, object]) -> str:
    """Of the row's content alone: a row that merely moved down the sheet or into a new file has not changed."""
    content = {name: value for name, value in record.items() if name not in ("file", "row")}
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def _certificate(rows: SheetRows, loaded: int, site: str) -> Completeness:
    missing = tuple({"location": item.location, "reason": item.reason} for item in rows.rejected[:LISTED_MISSING])
    return Completeness(
        scope_id=f"{site}:{rows.file}#{rows.sheet.stream}",
        scope_key=f"{rows.file}#{rows.title}",
        stream=rows.sheet.stream,
        source_count=rows.row_count,
        held_count=loaded,
        status="partial" if rows.rejected else "complete",
        missing=missing,
        detail=f"{len(rows.rejected)} refused, see the quarantine" if rows.rejected else "",
    )


def winners(states: Sequence[FileState]) -> dict[tuple[str, str], FileState]:
    """Which file speaks for each (stream, key): the last one in the folder's order."""
    return {(stream, key): state for state in states for stream, keys in state.keys.items() for key in keys}


def compare(states: Sequence[FileState], landed: Keys, now: datetime, *, full: bool) -> Iterator[Batch]:
    """Batches of what differs from `landed`, which is brought up to date along the way."""
    speaking = winners(states)
    for stream in (declared.name for declared in STREAMS):
        batch = Batch(stream)
        known = landed.setdefault(stream, {})
        for (owner, key), state in speaking.items():
            payload = state.payloads.get((owner, key)) if owner == stream else None
            if payload is None or not (full or known.get(key) != state.keys[stream][key]):
                continue  # of another stream, held without content, or unchanged
            known[key] = state.keys[stream][key]
            batch.add(key, payload, state.file.modified_at)
            if len(batch) >= BATCH_ROWS:
                yield batch
                batch = Batch(stream)
        for key in [key for key in known if (stream, key) not in speaking]:
            del known[key]
            batch.add(key, b"{}", now, deleted=True)
        if len(batch):
            yield batch
