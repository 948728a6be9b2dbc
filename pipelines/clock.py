"""The only reader of the machine's clock, so that everything else takes its time as a value and can be replayed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

STAMP = "%Y%m%dT%H%M%S%fZ"


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


def without_zone(instant: datetime) -> datetime:
    """The instant in UTC without zone, as the warehouse and the ledger keep it (one without is taken as UTC)."""
    return instant.astimezone(UTC).replace(tzinfo=None) if instant.tzinfo else instant


def stamp(instant: datetime) -> str:
    """An instant as text that sorts by time and may stand in a file name."""
    return instant.astimezone(UTC).strftime(STAMP)


def parse_instant(text: str, zone: str = "UTC") -> datetime | None:
    """An ISO day (its last second in the IANA `zone` is meant) or instant (UTC unless it says otherwise), as aware UTC.

    None for an empty text; ValueError for anything else.
    """
    if not text:
        return None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        day = datetime.strptime(text, "%Y-%m-%d").replace(hour=23, minute=59, second=59, tzinfo=ZoneInfo(zone))
        return day.astimezone(UTC)
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]", text):
        raise ValueError(text)
    instant = datetime.fromisoformat(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
