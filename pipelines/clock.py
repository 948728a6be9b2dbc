"""The only reader of the machine's clock, so that everything else takes its time as a value and can be replayed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """The wall clock, aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clock:
    """The wall clock shifted by what a source's own clock was ahead of it.

    Beside a sandbox with virtual time, everything we learn carries virtual times too, so `known_from` and `as_of`
    speak of the same calendar. `Landing.clock()` gives the clock of the last sync that told its server's time.
    """

    offset: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.offset


def stamp(instant: datetime) -> str:
    """An instant as text that sorts by time and may stand in a file name."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def parse_instant(text: str) -> datetime | None:
    """An ISO day (its last instant is meant) or instant, as aware UTC; None for an empty text."""
    if not text:
        return None
    instant = datetime.fromisoformat(text)
    if len(text) == len("2026-01-31"):
        instant = instant.replace(hour=23, minute=59, second=59)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
