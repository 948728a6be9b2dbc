"""The faults themselves: each a small class that answers instead of the site, or alters what the site answered."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

import orjson
from aiohttp import web

from connectors.sandbox.jira.context import PAGE_SHARE


class Fault:
    """`from_then_on`: without an explicit range it strikes every request from the n-th on."""

    from_then_on: ClassVar[bool] = False

    def lasting(self, request: web.Request) -> bool:
        """Whether an earlier strike still holds for this request."""
        return False

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        return None

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        return response


class Failure(Fault):
    """A plain error answer."""

    status = 500
    message = "Internal server error"

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        return web.json_response({"errorMessages": [self.message], "errors": {}}, status=self.status)


def _failure(code: int, text: str) -> type[Failure]:
    return type(f"Failure{code}", (Failure,), {"status": code, "message": text})


class Limited(Fault):
    """429: the endpoint that was struck refuses until `Retry-After` is over."""

    retry_after: ClassVar[str | None] = "1"
    hold_seconds: ClassVar[float] = 1.0
    reason = "jira-burst-based"

    def __init__(self) -> None:
        self.until: dict[str, float] = {}

    def scope(self, request: web.Request) -> str:
        return request.path

    def lasting(self, request: web.Request) -> bool:
        return time.monotonic() < self.until.get(self.scope(request), 0.0)

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        if not self.lasting(request):
            self.until[self.scope(request)] = time.monotonic() + self.hold_seconds
        headers = {"RateLimit-Reason": self.reason, "X-RateLimit-Limit": "100", "X-RateLimit-Remaining": "0"}
        if self.retry_after is not None:
            headers["Retry-After"] = self.retry_after
        text = {"errorMessages": ["Rate limit exceeded."], "errors": {}}
        return web.json_response(text, status=429, headers=headers)


class Quota(Limited):
    """429 for the whole tenant: the hourly quota is used up."""

    retry_after = "3600"
    hold_seconds = 3600.0
    reason = "jira-quota-tenant-based"

    def scope(self, request: web.Request) -> str:
        return "tenant"


class LimitedWithoutHeader(Limited):
    retry_after = None
    hold_seconds = 0.0


class LimitedByDate(Limited):
    retry_after = "Wed, 21 Oct 2015 07:28:00 GMT"
    hold_seconds = 0.0


class LimitedByGarbage(Limited):
    retry_after = "soon"
    hold_seconds = 0.0


class Reset(Fault):
    """The connection dies without an answer."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError


class Hang(Fault):
    """No answer for ten minutes: longer than any reasonable time-out."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        await asyncio.sleep(600)
        return None


class Truncated(Fault):
    """The body ends in the middle although its length was announced."""

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        body = _bytes(response)
        cut = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
        await cut.prepare(request)
        await cut.write(body[: len(body) // 2])
        if request.transport is not None:
            request.transport.close()
        return cut


class Html(Fault):
    """A login or maintenance page with status 200."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        page = "<!DOCTYPE html><html><body>Log in to continue</body></html>"
        return web.Response(text=page, content_type="text/html")


class Empty(Fault):
    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        return web.Response(body=b"", content_type="application/json")


class PageFault(Fault):
    """Alters the JSON of a search page; other answers pass."""

    from_then_on = True

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if not request.path.endswith("/search/jql") or response.status != 200:
            return response
        page = self.page(orjson.loads(_bytes(response)))
        return web.Response(body=orjson.dumps(page), content_type="application/json")

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        """The page as it goes out."""
        return page


class IsLastMissing(PageFault):
    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        page.pop("isLast", None)
        return page


class RepeatedToken(PageFault):
    """From the strike on every page points to the page after the struck one."""

    def __init__(self) -> None:
        self.token: str | None = None

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        self.token = self.token or page.get("nextPageToken")
        return page | ({"nextPageToken": self.token, "isLast": False} if self.token else {})


class NoComments(PageFault):
    """Issues come without the list of their comments."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        for issue in page["issues"]:
            issue.get("fields", {}).pop("comment", None)
        return page


class NoChangelog(PageFault):
    """Issues come without their changelog, although it was asked for."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        for issue in page["issues"]:
            issue.pop("changelog", None)
        return page


class EmptyPage(Fault):
    """A page without issues that still points on: the token of the request is handed back once."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        token = request.query.get("nextPageToken")
        if token is None and request.method == "POST":
            token = orjson.loads(await request.read()).get("nextPageToken")
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


def _bytes(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else b""
    return bytes(body) if isinstance(body, bytes | bytearray) else b""


KINDS: dict[str, type[Fault]] = {
    "429_burst": Limited,
    "429_quota": Quota,
    "429_no_header": LimitedWithoutHeader,
    "429_http_date": LimitedByDate,
    "429_garbage": LimitedByGarbage,
    "400": _failure(400, "Error in the JQL Query: the page could not be read."),
    "401": _failure(401, "Client must be authenticated to access this resource."),
    "403": _failure(403, "You do not have permission to view this resource."),
    "500": _failure(500, "Internal server error"),
    "502": _failure(502, "Bad Gateway"),
    "503": _failure(503, "Service Unavailable"),
    "504": _failure(504, "Gateway Timeout"),
    "reset": Reset,
    "hang": Hang,
    "truncated": Truncated,
    "html200": Html,
    "empty200": Empty,
    "is_last_missing": IsLastMissing,
    "repeated_token": RepeatedToken,
    "no_comments": NoComments,
    "no_changelog": NoChangelog,
    "empty_page": EmptyPage,
    "short_pages": ShortPages,
}
