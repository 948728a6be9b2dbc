"""The only writer of the webhook spool: hints wait here, one file each, until a sync that heard them is committed.

A name appears with its whole content or not at all, and is on the disk before the sender is answered, so a kill or a
power cut loses nothing that was accepted. What was taken leaves an empty mark behind, as long as a replay of it would
still be fresh enough to be believed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from connectors.errors import SourceError
from connectors.source import Heard, Hint
from pipelines.crashpoints import crashpoint
from pipelines.resources.disk import explain_full_disk
from pipelines.resources.landing_store import LocalStore, sync_folder

_WAITING: Final = "waiting"
_TAKEN: Final = "taken"
_NAME: Final = re.compile(r"(\d{15})-([0-9a-f]{32})-([0-9a-f]{32})")
KEPT: Final = timedelta(hours=25)
"""How long it is known what came: older webhooks are refused by their age."""

_decoder: Final = msgspec.json.Decoder(Hint)


class SpoolError(SourceError):
    """A hint could not be stored."""


@dataclass(frozen=True)
class Waiting:
    """A hint in the spool, under its name there."""

    name: str
    hint: Hint


class Spool:
    """The hints of one site. Any process may read and take; adding belongs to one receiver (see `Door`)."""

    def __init__(self, root: Path, type: str, site: str) -> None:
        self.folder = root / f"{type}-{site}"
        self._store = LocalStore(self.folder)

    @property
    def lock(self) -> Path:
        """Held by the receiver as long as it listens."""
        return self.folder / "receiver.lock"

    def has_hints(self) -> bool:
        return any(self._named(_WAITING))

    def waiting(self) -> list[Waiting]:
        """All hints, oldest first. One that cannot be read says no more than: look again."""
        return [Waiting(name, self._read(name)) for name in self._named(_WAITING)]

    def names(self) -> Iterator[str]:
        """Of all hints, those that were taken too: by these a repetition is known."""
        yield from self._named(_WAITING)  # first: what is taken meanwhile stands among the taken by then
        yield from self._named(_TAKEN)

    def prepare(self) -> None:
        """Make the folders, durably, and sweep up what a kill left half-written."""
        for name in (_WAITING, _TAKEN):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
            sync_folder(self.folder / name)
            for draft in self._store.drafts(name):
                self._store.remove(f"{name}/{draft}")
        for folder in (self.folder, self.folder.parent, self.folder.parent.parent):
            sync_folder(folder)

    def add(self, heard: Heard) -> str:
        """Store a hint for good; its name."""
        name = name_of(heard)
        try:
            with explain_full_disk(SpoolError, "webhook"):
                crashpoint("spool.add")
                self._store.put_new(f"{_WAITING}/{name}", msgspec.json.encode(heard.hint))
                crashpoint("spool.added")
        except FileExistsError:
            pass  # the sender did not hear our answer
        return name

    def take(self, taken: Sequence[Waiting], now: datetime) -> None:
        """Remove these; call it only when what they led to is committed."""
        for one in taken:
            crashpoint("spool.take")
            (self.folder / _TAKEN).mkdir(parents=True, exist_ok=True)
            (self.folder / _TAKEN / one.name).touch()
            crashpoint("spool.marked")
            self._store.remove(f"{_WAITING}/{one.name}")
            crashpoint("spool.taken")
        for name in self._named(_TAKEN) if taken else ():
            if at_of(name) < now - KEPT:
                self._store.remove(f"{_TAKEN}/{name}")

    def _named(self, folder: str) -> Iterator[str]:
        return (name for name in self._store.names(folder) if _NAME.fullmatch(name))

    def _read(self, name: str) -> Hint:
        try:
            return _decoder.decode(self._store.read(f"{_WAITING}/{name}"))
        except (msgspec.DecodeError, FileNotFoundError):
            return Hint("unreadable", at_of(name))


def name_of(heard: Heard) -> str:
    """Sorts by time, and tells the delivery and its content from all others."""
    millis = int(heard.hint.at.timestamp() * 1000)
    return f"{millis:015d}-{heard.identifier[:32]}-{heard.digest[:32]}"


def at_of(name: str) -> datetime:
    return datetime.fromtimestamp(int(name[:15]) / 1000, UTC)
