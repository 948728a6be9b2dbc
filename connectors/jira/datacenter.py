"""Jira Data Center: REST v2, pages by position, changelogs whole in every page; nothing in bulk by id.

By id it is the search that is asked first, a hundred at once. The search knows only what is indexed, and a re-index
leaves gaps for a while: what it does not find is asked for one by one, which reads the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec import Raw, Struct

from connectors.errors import ForbiddenError, NotFoundError, RefusedError
from connectors.http import Session, get, post
from connectors.jira import changelogs, wire
from connectors.jira.checkpoint import Range
from connectors.jira.config import Settings
from connectors.jira.offsets import walk
from connectors.jira.pages import by_offset_list

_IDS: Final = 1_000  # a page, where an administrator has not set another limit
_USERS: Final = 1_000  # a page


class _Log(Struct):
    histories: list[Raw] = []


class _Logged(Struct):
    changelog: _Log


_logged: Final = wire.decoder(_Logged)


@dataclass(frozen=True)
class _Issues:
    """A page of issues as the walk by position sees it."""

    page: wire.IssuePage

    @property
    def total(self) -> int:
        return self.page.total

    def row_ids(self) -> list[str]:
        return [head.id for head in self.page.heads]

    def drop_rows(self, count: int) -> None:
        del self.page.heads[:count], self.page.raws[:count]


class _Ids(wire.CensusPage, gc=False):
    total: int = 0

    def row_ids(self) -> list[str]:
        return [str(issue.id) for issue in self.issues]

    def drop_rows(self, count: int) -> None:
        del self.issues[:count]


_id_page: Final = wire.decoder(_Ids, strict=False)


class DataCenter:
    name = "datacenter"
    api = "/rest/api/2"
    version = "2"

    async def range_pages(
        self, session: Session, settings: Settings, part: Range
    ) -> AsyncIterator[tuple[Range, wire.IssuePage]]:
        async def ask(start: int, size: int) -> _Issues:
            return _Issues(await self._search(session, part.jql, start, size, changelog=True))

        async for piece in walk(ask, settings.page_size, part.token):
            yield part, replace(piece.rows.page, nextPageToken=piece.token)

    async def ids(self, session: Session, jql: str, reconcile: Sequence[int] = ()) -> AsyncIterator[wire.CensusPage]:
        del reconcile  # no such thing here: what is to be known for certain is asked for by id

        async def ask(start: int, size: int) -> _Ids:
            body = {"jql": jql, "startAt": start, "maxResults": size, "fields": ["key"]}
            return await session.fetch(post(f"{self.api}/search", body), _id_page)

        async for piece in walk(ask, _IDS):
            yield piece.rows

    async def by_id(self, session: Session, ids: Sequence[int]) -> AsyncIterator[wire.IssuePage]:
        body = _by_id(ids, ["*all"]) | {"expand": ["changelog"]}
        page = await session.fetch(post(f"{self.api}/search", body), wire.issue_page)
        yield page
        for issue in sorted(set(ids) - {int(head.id) for head in page.heads if head.id.isdigit()}):
            call = get(f"{self.api}/issue/{issue}", ("fields", "*all"), ("expand", "changelog"))
            try:
                yield await session.fetch(call, wire.single_issue)
            except NotFoundError:
                continue
            except (ForbiddenError, RefusedError) as refused:  # neither there nor gone
                yield wire.IssuePage([], [], errors=[wire.IssueError(str(issue), refused.message)])

    async def births(self, session: Session, ids: Sequence[str]) -> list[wire.Birth]:
        body = _by_id([int(one) for one in ids], ["created"])
        return (await session.fetch(post(f"{self.api}/search", body), wire.births)).issues

    async def sample(self, session: Session, jql: str, fields: Sequence[str], *, changelog: bool) -> wire.IssuePage:
        return await self._search(session, jql, 0, 1, fields, changelog=changelog)

    async def changelogs(
        self, session: Session, issues: Sequence[int], told: dict[int, int]
    ) -> AsyncIterator[changelogs.Part]:
        """One by one: no bulk here. It is rare, for a page carries changelogs whole."""
        for issue in issues:
            call = get(f"{self.api}/issue/{issue}", ("fields", "key"), ("expand", "changelog"))
            try:
                found = await session.fetch(call, _logged)
            except (NotFoundError, ForbiddenError, RefusedError):
                continue  # the tally misses it
            rows = b",".join(bytes(raw) for raw in found.changelog.histories)
            raw = b'{"issueId":"%d","changeHistories":[%s]}' % (issue, rows)
            log = changelogs.read(raw)
            yield changelogs.Part(issues, [log], totals={issue: len(log.histories)})
        yield changelogs.Part(issues, done=True)

    async def projects(self, session: Session) -> list[Raw]:
        params = (("expand", "description,lead,projectKeys"), ("includeArchived", "true"))
        return await session.fetch(get(f"{self.api}/project", *params), wire.raw_list)

    async def fields(self, session: Session) -> list[Raw]:
        return await session.fetch(get(f"{self.api}/field"), wire.raw_list)

    async def users(self, session: Session) -> list[Raw]:
        params = (("username", "."), ("includeInactive", "true"))  # a point matches everybody
        return await by_offset_list(session, f"{self.api}/user/search", _USERS, params)

    async def _search(
        self,
        session: Session,
        jql: str,
        start: int,
        size: int,
        fields: Sequence[str] = ("*all",),
        *,
        changelog: bool,
    ) -> wire.IssuePage:
        body: dict[str, Any] = {"jql": jql, "startAt": start, "maxResults": size, "fields": list(fields)}
        if changelog:
            body["expand"] = ["changelog"]
        return await session.fetch(post(f"{self.api}/search", body), wire.issue_page)


def _by_id(ids: Sequence[int], fields: list[str]) -> dict[str, Any]:
    """Without validation an id that is gone is no error, only absent."""
    jql = f"id in ({', '.join(str(issue) for issue in sorted(ids))})"
    return {"jql": jql, "startAt": 0, "maxResults": len(ids), "fields": fields, "validateQuery": False}
