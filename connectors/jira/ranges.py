"""Cuts a search into ranges that are read side by side, while the ids that it finds are still being listed.

The ranges are disjoint by creation time and hold everything between them at any moment: what is not listed yet is the
last of them, which has no end. So whenever a sync is put off, its checkpoint names all that is left to read.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from connectors.http import Session
from connectors.jira import wire
from connectors.jira.census import Roll
from connectors.jira.checkpoint import Range, Unfinished
from connectors.jira.config import Settings
from connectors.jira.flavour import Flavour
from connectors.jira.issues import BULK_SIZE, ORDER, ordered
from connectors.jira.loop import both

Pages: TypeAlias = AsyncIterator[tuple[Range, wire.IssuePage]]

_LARGEST: Final = 1_000  # issues a range
_UNCUT: Final = 5_000  # of the ids listed last, until the end is known: only there are small ranges of use
_TOGETHER: Final = 20_000  # ids
_AHEAD: Final = 4  # ranges for each request in flight: the listing goes no further ahead of the reading


class Ranges:
    """The ranges of one sync; `todo` is kept in step while they are cut, and its reader takes away what is read."""

    def __init__(self, flavour: Flavour, session: Session, settings: Settings, todo: Unfinished) -> None:
        self._flavour, self._session, self._settings, self._todo = flavour, session, settings, todo
        self._known = todo.ranges[:-1] if todo.is_open else todo.ranges[:]
        self.roll = Roll()
        self._cut = 0  # so many of the listed ids are in ranges that have an end
        self._low: int | None = None  # where the last range begins
        self._ready: asyncio.Queue[Range | None] = asyncio.Queue(_AHEAD * settings.in_flight)

    async def chains(self) -> AsyncIterator[Pages]:
        """The pages of each range, as soon as it is known."""
        for part in self._known:
            yield self._pages(part)
        while (found := await self._ready.get()) is not None:
            yield self._pages(found)

    def _pages(self, part: Range) -> Pages:
        return self._flavour.range_pages(self._session, self._settings, part)

    async def cut(self) -> None:
        """List the ids of the last range, if it has no end, and make ranges of it; to be done beside the reading."""
        if self._todo.is_open:
            await self._list(self._todo.ranges[-1])
        await self._ready.put(None)

    async def _list(self, rest: Range) -> None:
        within = rest.jql.removesuffix(f" {ORDER}")
        listing = self._flavour.ids(self._session, rest.jql)
        page = await _next(listing)
        while page is not None:
            self.roll.take(page)
            marks = self._marks(_UNCUT) if self._is_due() else []
            page, births = await both(_next(listing), self._births(marks))
            await self._cut_at(births, within)
        births = await self._births(self._marks())
        self._todo.is_open = False
        await self._cut_at(births, within)
        if self.roll.ids:
            await self._ready.put(self._todo.ranges[-1])
        else:
            self._todo.ranges.pop()

    def _is_due(self) -> bool:
        """Births cost a request: while enough ranges wait to be read, many are cut at once."""
        waiting = self._ready.qsize() >= self._settings.in_flight
        return not waiting or len(self.roll.ids) - self._cut > _UNCUT + _TOGETHER

    def _marks(self, uncut: int = 0) -> list[int]:
        """The ids with which ranges begin; all but the last hold whole pages, so that no range costs a request more."""
        found, left = [], len(self.roll.ids) - self._cut
        while left > uncut + (size := self._size(left, is_last=not uncut)):
            left -= size
            self._cut += size
            found.append(self.roll.ids[self._cut])
        return found

    def _size(self, left: int, *, is_last: bool) -> int:
        """Towards the end the smaller, the fewer are left: of ranges read side by side, all wait for the last."""
        page = self._settings.page_size
        most = _LARGEST // page
        pages = math.ceil(left / page / (2 * self._settings.in_flight)) if is_last else most
        return min(most, pages) * page

    async def _births(self, ids: Sequence[int]) -> list[int]:
        """When these issues were created, ascending, each once; one that is gone by now only makes a range wider."""
        moments: set[int] = set()
        for group in wire.chunks([str(issue) for issue in ids], BULK_SIZE):
            for issue in await self._flavour.births(self._session, group):
                at = wire.moment(issue.fields.created)
                if at is not None:
                    moments.add(wire.millis(at))
        return sorted(moments)

    async def _cut_at(self, moments: Sequence[int], within: str) -> None:
        edges = [self._low, *(at for at in moments if self._low is None or at > self._low)]
        parts = [Range(ordered(within, *_between(low, high))) for low, high in pairwise([*edges, None])]
        self._low = edges[-1]
        self._todo.ranges[-1:] = parts
        for part in parts[:-1]:
            await self._ready.put(part)


def _between(low: int | None, high: int | None) -> list[str]:
    bounds = [] if low is None else [f"created >= {low}"]
    return bounds if high is None else [*bounds, f"created < {high}"]


async def _next(listing: AsyncIterator[wire.CensusPage]) -> wire.CensusPage | None:
    return await anext(listing, None)
