"""Where Jira Cloud and Jira Data Center differ: which paths to ask, how they page, and what is not offered.

A sync is the same for both; it asks a flavour for what it needs. `cloud` and `datacenter` are the two there are.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Raw

from connectors.http import Session
from connectors.jira import wire
from connectors.jira.changelogs import Part
from connectors.jira.checkpoint import Range
from connectors.jira.config import Settings


class Flavour(Protocol):
    """`api` is the root of the platform's interface, `version` its number; boards are the same on both."""

    name: str
    api: str
    version: str

    def range_pages(
        self, session: Session, settings: Settings, part: Range
    ) -> AsyncIterator[tuple[Range, wire.IssuePage]]:
        """Whole issues of one range, from its token on; a page's `nextPageToken` is where to go on, None at the end."""
        ...

    def ids(self, session: Session, jql: str, reconcile: Sequence[int] = ()) -> AsyncIterator[wire.CensusPage]:
        """Ids and keys of everything a query finds, in pages as large as the site allows.

        `reconcile` ids are looked up afresh, behind the index, where the site can do that.
        """
        ...

    def by_id(self, session: Session, ids: Sequence[int]) -> AsyncIterator[wire.IssuePage]:
        """Up to a hundred whole issues by id; those that are not there, or not to be seen, are left out."""
        ...

    async def births(self, session: Session, ids: Sequence[str]) -> list[wire.Birth]:
        """When up to a hundred issues were created, as far as they are still there."""
        ...

    async def sample(self, session: Session, jql: str, fields: Sequence[str], *, changelog: bool) -> wire.IssuePage:
        """The first issue that a query finds."""
        ...

    def changelogs(self, session: Session, issues: Sequence[int], told: dict[int, int]) -> AsyncIterator[Part]:
        """Whole changelogs, where a page carried them only in part."""
        ...

    async def projects(self, session: Session) -> list[Raw]: ...

    async def fields(self, session: Session) -> list[Raw]: ...

    async def users(self, session: Session) -> list[Raw]: ...
