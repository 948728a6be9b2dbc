"""Times as Jira writes and reads them: offsets without a colon, JQL literals by the minute in the user's zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.sandbox.jira.errors import JiraError

_RELATIVE = re.compile(r"^([+-]?\d+)([wdhm])$")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


def stamp(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-03-02T09:30:00.000+0100`, as issues, histories and worklogs carry it."""
    text = moment.astimezone(zone).isoformat(timespec="milliseconds")
    return text[:-3] + text[-2:]


def stamp_utc(moment: datetime) -> str:
    """`2026-03-02T08:30:00.000Z`, as the Agile interface writes sprints."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def millis(moment: datetime) -> int:
    return (int(moment.timestamp()) * 1000) + moment.microsecond // 1000


def from_millis(value: int) -> datetime:
    return datetime.fromtimestamp(value // 1000, UTC) + timedelta(milliseconds=value % 1000)


def read_stamp(text: str) -> datetime:
    """The reverse of `stamp` (and of `stamp_utc`)."""
    return datetime.fromisoformat(text).astimezone(UTC)


def literal(text: str, field: str, now: datetime, zone: ZoneInfo) -> int:
    """Epoch milliseconds of a JQL date literal: minutes in the user's zone, epoch millis, `-7d`, `now()`."""
    if text == "now()":
        return millis(now)
    relative = _RELATIVE.match(text)
    if relative:
        return millis(now + timedelta(**{_UNITS[relative[2]]: int(relative[1])}))
    if text.isdigit():
        return int(text)
    for pattern in _FORMATS:
        try:
            return millis(datetime.strptime(text, pattern).replace(tzinfo=zone))
        except ValueError:
            continue
    raise JiraError(
        400,
        f"Date value '{text}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
    )
