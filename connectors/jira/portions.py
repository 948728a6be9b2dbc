"""How much to ask for at once: less where an answer did not come whole or in time, and full pages again behind it.

One issue with thousands of links can make a page too large for a gateway. Smaller pages let all its neighbours come,
and the issue itself alone; the other ranges of a sync do not wait for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final

from connectors.errors import HeavyError
from connectors.http import Session, post
from connectors.jira import wire

_SHRINK: Final = 10


class Portion:
    """The page size for now. Each shrinking lasts for as many issues as the page held that was too much."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._before: list[tuple[int, int]] = []  # the size to go back to, and after how many issues

    def shrink(self) -> bool:
        """Whether less can be asked for."""
        if self.size <= 1:
            return False
        self._before.append((self.size, self.size))
        self.size = max(1, self.size // _SHRINK)
        return True

    def came(self, issues: int) -> None:
        self._before = [(size, left - issues) for size, left in self._before]
        while self._before and self._before[-1][1] <= 0:
            self.size = self._before.pop()[0]


class Splitting:
    """Stands for a session where pages of issues are fetched: asks for less when an answer was too much."""

    def __init__(self, session: Session, size: int) -> None:
        self._session, self._portion = session, Portion(size)

    async def page(self, path: str, body: Mapping[str, Any]) -> wire.IssuePage:
        while True:
            call = post(path, {**body, "maxResults": self._portion.size})
            try:
                page = await self._session.fetch(call, wire.issue_page, can_split=self._portion.size > 1)
            except HeavyError:
                if not self._portion.shrink():
                    raise
            else:
                self._portion.came(len(page))
                return page


async def by_id(
    session: Session, path: str, ids: Sequence[int], body: Mapping[str, Any]
) -> AsyncIterator[wire.IssuePage]:
    """Issues by id: all at once, or in halves down to one where that is too much."""
    call = post(path, {"issueIdsOrKeys": [str(issue) for issue in ids], **body})
    try:
        yield await session.fetch(call, wire.issue_page, can_split=len(ids) > 1)
        return
    except HeavyError:
        if len(ids) <= 1:
            raise
    for half in (ids[: len(ids) // 2], ids[len(ids) // 2 :]):
        async for page in by_id(session, path, half, body):
            yield page
