"""Jira Cloud: REST v3, pages by token, issues and changelogs in bulk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import Raw

from connectors.errors import ForbiddenError, NotFoundError, RefusedError
from connectors.http import Session, get, post
from connectors.jira import changelogs, issues, wire
from connectors.jira.checkpoint import Range
from connectors.jira.config import Settings
from connectors.jira.pages import by_offset, by_offset_list, by_token

_IDS: Final = 5_000  # a page, where only ids and keys are asked for
_USERS: Final = 200  # a page
_STATES: Final = ("live", "archived", "deleted")
_REFUSED: Final = (ForbiddenError, NotFoundError, RefusedError)
_field: Final = msgspec.json.Decoder(wire.Ref)


class Cloud:
    name = "cloud"
    api = "/rest/api/3"
    version = "3"

    def range_pages(
        self, session: Session, settings: Settings, part: Range
    ) -> AsyncIterator[tuple[Range, wire.IssuePage]]:
        return issues.range_pages(session, settings, part)

    def ids(self, session: Session, jql: str, reconcile: Sequence[int] = ()) -> AsyncIterator[wire.CensusPage]:
        body = {"jql": jql, "maxResults": _IDS, "fields": ["key"], **issues.reconciled(reconcile)}
        return by_token(session, issues.SEARCH, body, wire.id_page)

    def by_id(self, session: Session, ids: Sequence[int]) -> AsyncIterator[wire.IssuePage]:
        return issues.by_id(session, ids)

    async def births(self, session: Session, ids: Sequence[str]) -> list[wire.Birth]:
        body = {"issueIdsOrKeys": list(ids), "fields": ["created"]}
        return (await session.fetch(post(issues.BULK, body), wire.births)).issues

    async def sample(self, session: Session, jql: str, fields: Sequence[str], *, changelog: bool) -> wire.IssuePage:
        body: dict[str, Any] = {"jql": jql, "maxResults": 1, "fields": list(fields)}
        if changelog:
            body["expand"] = "changelog"
        return await session.fetch(post(issues.SEARCH, body), wire.issue_page)

    def changelogs(
        self, session: Session, issues: Sequence[int], told: dict[int, int]
    ) -> AsyncIterator[changelogs.Part]:
        return changelogs.fetch(session, issues, told)

    async def projects(self, session: Session) -> list[Raw]:
        """In every state, with the `slipstream` property."""
        params = (
            *(("status", state) for state in _STATES),
            ("expand", "description,lead,projectKeys"),
            ("properties", "slipstream"),
        )
        return await by_offset(session, f"{self.api}/project/search", params)

    async def fields(self, session: Session) -> list[Raw]:
        """`/field` and `/field/search` differ; the second, where it is allowed, adds what the first leaves out."""
        fields = await session.fetch(get(f"{self.api}/field"), wire.raw_list)
        try:
            more = await by_offset(session, f"{self.api}/field/search")
        except _REFUSED:
            return fields
        known = {_field.decode(raw).id for raw in fields}
        return fields + [raw for raw in more if _field.decode(raw).id not in known]

    async def users(self, session: Session) -> list[Raw]:
        return await by_offset_list(session, f"{self.api}/users/search", _USERS)
