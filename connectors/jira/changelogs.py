"""Changelogs that a page carried only in part, fetched whole: in bulk, and one by one only where bulk falls short."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from connectors.errors import ForbiddenError, NotFoundError, RefusedError
from connectors.http import Session, get
from connectors.jira import streams, wire
from connectors.jira.checkpoint import State
from connectors.jira.pages import by_token
from connectors.source import Batch

_BULK: Final = "/rest/api/3/changelog/bulkfetch"
_ISSUES: Final = 1_000  # a request
_ROWS: Final = 10_000  # a page
_SINGLE_ROWS: Final = 100


def groups(issues: Sequence[int], in_flight: int) -> list[Sequence[int]]:
    """Equal shares for the requests in flight, none beyond what Jira takes at once."""
    size = min(_ISSUES, max(1, math.ceil(len(issues) / in_flight)))
    return wire.chunks(issues, size)


@dataclass
class Part:
    """Some changelogs of a group; the last part of a group has `done` set."""

    issues: Sequence[int]
    logs: list[Log] = field(default_factory=list)
    done: bool = False
    totals: Mapping[int, int] = field(default_factory=dict)  # issue → histories, where it was asked by itself


@dataclass(frozen=True, slots=True)
class Log:
    """One entry of a bulk answer: some histories of one issue, by id, and the bytes they came in."""

    issue: int
    histories: list[str]
    raw: bytes


def read(raw: bytes) -> Log:
    head = wire.issue_changelog(raw)
    return Log(int(head.issueId), [row.id for row in head.changeHistories], raw)


def expected(state: State, issues: Sequence[int]) -> dict[int, int]:
    """How many histories each should have, -1 where its page did not tell: one of none would not be lacking."""
    return {issue: total or -1 for issue, total in state.held.totals(issues).items()}


async def fetch(session: Session, issues: Sequence[int], told: dict[int, int]) -> AsyncIterator[Part]:
    """Complete changelogs of these issues; `told` is how many histories each should have (-1 unknown)."""
    rows = dict.fromkeys(issues, 0)
    body = {"issueIdsOrKeys": [str(issue) for issue in issues], "maxResults": _ROWS}
    try:
        async for page in by_token(session, _BULK, body, wire.changelog_page):
            logs = [read(bytes(raw)) for raw in page.issueChangeLogs]
            for log in logs:
                rows[log.issue] = rows.get(log.issue, 0) + len(log.histories)
            yield Part(issues, logs)
    except (NotFoundError, ForbiddenError, RefusedError):
        rows = dict.fromkeys(issues, -1)  # not offered here: every one by itself
    for issue in [issue for issue in issues if rows[issue] < abs(told.get(issue, -1))]:
        yield await _single(session, issues, issue)
    yield Part(issues, done=True)


async def _single(session: Session, group: Sequence[int], issue: int) -> Part:
    """One issue's changelog page by page, worded as bulk words it; the tally misses what is refused."""
    logs: list[Log] = []
    totals: dict[int, int] = {}
    start = 0
    while True:
        params = (("startAt", str(start)), ("maxResults", str(_SINGLE_ROWS)))
        call = get(f"/rest/api/3/issue/{issue}/changelog", *params)
        try:
            page = await session.fetch(call, wire.history_page)
        except (NotFoundError, ForbiddenError, RefusedError):
            return Part(group, logs, totals=totals)
        totals[issue] = page.total
        came = len(wire.raw_list(bytes(page.values)))
        if came:
            logs.append(read(b'{"issueId":"%d","changeHistories":%s}' % (issue, bytes(page.values))))
        start += came
        if not came or start >= page.total:
            return Part(group, logs, totals=totals)


class Tally:
    """Counts distinct histories as they arrive and, when a group is through, tells the state what is still short."""

    def __init__(self, state: State, told: dict[int, int]) -> None:
        self._state, self._told = state, told
        self._ids: dict[int, set[str]] = {}
        self._pages: dict[int, int] = {}

    def take(self, part: Part) -> Batch:
        batch = Batch(streams.ISSUE_CHANGELOG.name)
        for issue, total in part.totals.items():
            if self._told.get(issue, -1) < 0:
                self._told[issue] = total
        for log in part.logs:
            issue = log.issue
            self._pages[issue] = self._pages.get(issue, 0) + 1
            self._ids.setdefault(issue, set()).update(log.histories)
            stamp = self._state.overflow.get(issue, -1)
            batch.add(f"{issue}/{self._pages[issue]}", log.raw, wire.from_millis(stamp) if stamp >= 0 else None)
        if part.done:
            for issue in part.issues:
                self._settle(issue)
        return batch

    def _settle(self, issue: int) -> None:
        rows, told = len(self._ids.pop(issue, ())), self._told.get(issue, -1)
        self._pages.pop(issue, None)
        if rows >= abs(told):  # of unknown length, any that bulk gives is whole, and none proves nothing
            self._state.held.set_total(issue, rows)
            self._state.held.short.pop(issue, None)
            self._state.overflow.pop(issue, None)
        else:
            self._state.held.set_total(issue, max(told, 0))
            self._state.held.short[issue] = max(told, 0) - rows
