"""Paging as Jira does it: by token, where only the token decides the end, and by offset."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from msgspec import Raw

from connectors.errors import ProtocolError, RefusedError
from connectors.http import Session, get, post
from connectors.jira import wire

_EMPTY: Final = 100  # empty pages in a row that still bring a token: legal, but not for ever
_OFFSET_PAGE: Final = 100
_REPORT: Final = (
    "Sync again; if it stays, a proxy may be answering from a cache: report it to the site's administrator."
)


class TokenPage(Protocol):
    def __len__(self) -> int: ...
    @property
    def nextPageToken(self) -> str | None: ...  # noqa: N802 - Jira's word


P = TypeVar("P", bound=TokenPage)


Ask: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[P]]
"""How to get one page for a request body."""


def by_token(
    session: Session, path: str, body: Mapping[str, Any], decode: Callable[[bytes], P], token: str | None = None
) -> AsyncIterator[P]:
    """Every page of a search or bulk answer, from `token` on, each fetched as it is."""
    return following(lambda asked: session.fetch(post(path, asked), decode), path, body, token)


async def following(ask: Ask[P], path: str, body: Mapping[str, Any], token: str | None = None) -> AsyncIterator[P]:
    """Every page of a search or bulk answer, from `token` on; a token that has expired starts anew.

    A token that comes again would loop for ever; only an empty page may hand back the one it was asked with.
    """
    seen: set[str] = set()
    empty = 0
    while True:
        page = await _page(ask, body, token, resumed=not seen)
        yield page
        token = page.nextPageToken
        if not token:
            return
        if token in seen and len(page):
            raise ProtocolError(f"POST {path} gave the same page token twice.", _REPORT)
        seen.add(token)
        empty = 0 if len(page) else empty + 1
        if empty > _EMPTY:
            raise ProtocolError(f"POST {path} gave {empty} empty pages in a row.", _REPORT)


async def _page(ask: Ask[P], body: Mapping[str, Any], token: str | None, *, resumed: bool) -> P:
    if token is None:
        return await ask(body)
    try:
        return await ask({**body, "nextPageToken": token})
    except RefusedError:
        if not resumed:
            raise
        return await ask(body)  # tokens live seven days: read this range again


async def by_offset(session: Session, path: str, params: tuple[tuple[str, str], ...] = ()) -> list[Raw]:
    """All values of a paged list; a total or `isLast` that ends too early is overruled by what comes."""
    values: list[Raw] = []
    while True:
        here = (("startAt", str(len(values))), ("maxResults", str(_OFFSET_PAGE)))
        page = await session.fetch(get(path, *params, *here), wire.offset_page)
        if values and page.values and bytes(page.values[0]) == bytes(values[-len(page.values)]):
            raise ProtocolError(f"GET {path} gave the same page twice.", _REPORT)
        values += page.values
        if not page.values or _is_last(page, len(values)):
            return values


def _is_last(page: wire.OffsetPage, held: int) -> bool:
    if page.total is not None:
        return held >= page.total
    return page.isLast is True


async def by_offset_list(session: Session, path: str, size: int, params: tuple[tuple[str, str], ...] = ()) -> list[Raw]:
    """All of a bare list paged by offset (users): short pages are legal, only an empty one ends it."""
    values: list[Raw] = []
    start = 0
    while True:
        here = (("startAt", str(start)), ("maxResults", str(size)))
        page = await session.fetch(get(path, *params, *here), wire.raw_list)
        if not page:
            return values
        if values and bytes(page[0]) == bytes(values[0]):
            raise ProtocolError(f"GET {path} gave the same page twice.", _REPORT)
        values += page
        start += size
