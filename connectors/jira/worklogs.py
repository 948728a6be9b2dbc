"""Worklogs by Jira's own feeds: what changed, fetched in bulk, and what was deleted, as tombstones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connectors.errors import ProtocolError
from connectors.http import Session, get, post
from connectors.jira import streams, wire
from connectors.source import Batch

UPDATED: Final = "updated"
DELETED: Final = "deleted"
_IDS: Final = 1_000  # a request; a page of the feed may hold more where many share one moment


async def feed(session: Session, path: str, since: int) -> AsyncIterator[list[wire.ChangedWorklog]]:
    """Pages of changed or deleted worklog ids from `since` (millis) on; Jira leaves out the last minute."""
    params: tuple[tuple[str, str], ...] = (("since", str(since)),)
    while True:
        page = await session.fetch(get(path, *params), wire.worklog_feed)
        yield page.values
        if page.lastPage or not page.nextPage:
            return
        following = tuple(parse_qsl(urlsplit(page.nextPage).query))
        if following == params:
            raise ProtocolError(f"GET {path} names the same page as its next.", "Sync again; if it stays, report it.")
        params = following


class Reader:
    """`before` is what the last sync met in the stretch that this one looks back on; `met` is the same for the next."""

    def __init__(self, session: Session, api: str, before: dict[str, dict[int, int]], window: int) -> None:
        self._session, self._path = session, f"{api}/worklog"
        self._before, self._window = before, window
        self.met: dict[str, dict[int, int]] = {UPDATED: {}, DELETED: {}}
        self.was_answered = False  # whether the site offers the feeds at all

    def _news(self, name: str, page: list[wire.ChangedWorklog]) -> dict[int, int]:
        """What the last sync did not meet; what it did is noted at once, and the rest by whoever lands it."""
        self.was_answered = True
        before, met = self._before.get(name, {}), self.met[name]
        news = {}
        for change in page:
            if before.get(change.worklogId) == change.updatedTime:
                self._note(name, change.worklogId, change.updatedTime)
            elif met.get(change.worklogId) != change.updatedTime:
                news[change.worklogId] = change.updatedTime
        return news

    def _note(self, name: str, worklog: int, at: int) -> None:
        if at >= self._window:
            self.met[name][worklog] = at

    async def updated(self, since: int, is_wanted: Callable[[list[int]], list[bool]]) -> AsyncIterator[Batch]:
        """What is not given, or not wanted yet, is asked for again within the look back: its issue may still come."""
        async for page in feed(self._session, f"{self._path}/{UPDATED}", since):
            news = self._news(UPDATED, page)
            for ids in wire.chunks(list(news), _IDS):
                raws = await self._session.fetch(post(f"{self._path}/list", {"ids": list(ids)}), wire.raw_list)
                batch = _batch([bytes(raw) for raw in raws], is_wanted)
                for worklog in {int(key) for key in batch.keys}.intersection(ids):
                    self._note(UPDATED, worklog, news[worklog])
                yield batch

    async def deleted(self, since: int) -> AsyncIterator[Batch]:
        async for page in feed(self._session, f"{self._path}/{DELETED}", since):
            batch = Batch(streams.WORKLOG.name)
            for worklog, at in self._news(DELETED, page).items():
                self._note(DELETED, worklog, at)
                told = msgspec.json.encode({"id": str(worklog), "_absence": "deleted"})
                batch.add(str(worklog), told, wire.from_millis(at), deleted=True)
            yield batch


def _batch(payloads: list[bytes], is_wanted: Callable[[list[int]], list[bool]]) -> Batch:
    batch = Batch(streams.WORKLOG.name)
    heads = [wire.worklog(payload) for payload in payloads]
    wanted = is_wanted([int(head.issueId) for head in heads])
    for head, payload, keep in zip(heads, payloads, wanted, strict=True):
        if keep:
            batch.add(head.id, payload, wire.moment(head.updated))
    return batch


async def of_issues(session: Session, api: str, issues: Sequence[bytes]) -> AsyncIterator[Batch]:
    """All worklogs of these issues, given as they came: from within, or by a list of its own where those are capped."""
    for payload in issues:
        issue = wire.worked(payload)
        shown = issue.fields.worklog or wire.Embedded()
        logs = list(shown.worklogs)
        while len(logs) < shown.total:
            path, start = f"{api}/issue/{issue.id}/worklog", len(logs)
            shown = await session.fetch(get(path, ("startAt", str(start)), ("maxResults", "5000")), wire.worklogs)
            if not shown.worklogs:
                break
            logs += shown.worklogs
        yield _batch([bytes(log) for log in logs], lambda ids: [True] * len(ids))


def starts(until: datetime | None, *, full: bool) -> tuple[int, int | None]:
    """Where the two feeds begin (millis). What was deleted before anything was held is of no interest."""
    if until is None:
        return 0, None
    return (0 if full else wire.millis(until)), wire.millis(until)
