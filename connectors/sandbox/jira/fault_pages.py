"""Faults of paging by token: every form a last page may take, tokens that repeat, pages that are short or empty."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.jira.context import PAGE_SHARE
from connectors.sandbox.jira.fault_base import Fault, body_of

_SEARCHES = ("/search/jql", "/rest/api/2/search")


async def token_of(request: web.Request) -> str | None:
    """The page token that a request carries."""
    token: str | None = request.query.get("nextPageToken")
    if token is None and request.method == "POST":
        asked = orjson.loads(await request.read() or b"{}")
        token = asked.get("nextPageToken") if isinstance(asked, dict) else None
    return token


class PageFault(Fault):
    """Alters the JSON of a search page; other answers pass."""

    from_then_on = True

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if not request.path.endswith(_SEARCHES) or response.status != 200:
            return response
        page = self.page(orjson.loads(body_of(response)))
        return web.Response(body=orjson.dumps(page), content_type="application/json")

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page as it goes out."""
        return page


class IsLastMissing(PageFault):
    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        page.pop("isLast", None)
        return page


class IsLastTrue(PageFault):
    """Every page claims to be the last; only the token tells."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        return page | {"isLast": True}


class IsLastFalse(PageFault):
    """No page admits to be the last, not even the one without a token."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        return page | {"isLast": False}


class IsLastNull(PageFault):
    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        return page | {"isLast": None}


class LastTokenNull(PageFault):
    """The last page names its missing token."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        return {"nextPageToken": None, **page}


class LastTokenEmpty(PageFault):
    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        return {"nextPageToken": "", **page}


class LastPageEmpty(PageFault):
    """The last issues come with a token that leads to a page without any."""

    TOKEN = "the-end"  # noqa: S105 - a page token

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        if request.path.endswith("/search/jql") and await token_of(request) == self.TOKEN:
            return web.json_response({"issues": [], "isLast": True})
        return None

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        return {"nextPageToken": self.TOKEN, **page} | {"isLast": False}


class RepeatedToken(PageFault):
    """From the strike on every page points to the page after the struck one."""

    def __init__(self) -> None:
        self.token: str | None = None

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        self.token = self.token or page.get("nextPageToken")
        return page | ({"nextPageToken": self.token, "isLast": False} if self.token else {})


class EmptyPage(Fault):
    """A page without issues that still points on: the token of the request is handed back once."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        token = await token_of(request)
        if token is None or not request.path.endswith("/search/jql"):
            return None
        return web.json_response({"issues": [], "nextPageToken": token, "isLast": False})


class ShortPages(Fault):
    """Fewer issues than asked for, with a token that points behind them."""

    from_then_on = True

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        PAGE_SHARE.set(0.5)
        return None

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        PAGE_SHARE.set(1.0)  # a connection keeps its context from request to request
        return response


KINDS: dict[str, type[Fault]] = {
    "is_last_missing": IsLastMissing,
    "is_last_true": IsLastTrue,
    "is_last_false": IsLastFalse,
    "is_last_null": IsLastNull,
    "last_token_null": LastTokenNull,
    "last_token_empty": LastTokenEmpty,
    "last_page_empty": LastPageEmpty,
    "repeated_token": RepeatedToken,
    "empty_page": EmptyPage,
    "short_pages": ShortPages,
}
