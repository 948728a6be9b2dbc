"""Plain error answers and rate limits: the site says no, and perhaps when to come back."""

from __future__ import annotations

import time
from base64 import b64decode
from contextlib import suppress
from typing import ClassVar

from aiohttp import web

from connectors.sandbox.jira.errors import BAD_TOKEN, GONE, NO_ISSUE
from connectors.sandbox.jira.fault_base import Fault
from connectors.sandbox.jira.fault_pages import token_of

now = time.monotonic  # how long a limit holds; tests move it instead of waiting


class Failure(Fault):
    """A plain error answer."""

    status = 500
    message = "Internal server error"

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        return web.json_response({"errorMessages": [self.message], "errors": {}}, status=self.status)


def _failure(code: int, text: str) -> type[Failure]:
    return type(f"Failure{code}", (Failure,), {"status": code, "message": text})


class Echo(Failure):
    """A proxy that refuses and repeats how one signed in: the header as it came, and the password in it."""

    status = 403
    times: ClassVar[int] = 1

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        header, pair = request.headers.get("Authorization", ""), ""
        with suppress(ValueError):
            pair = b64decode(header.partition(" ")[2]).decode("utf-8", "replace")
        self.message = f"{'Refused by policy. ' * self.times}{pair} sent Authorization: {header}"
        return await super().instead(request)


class LongEcho(Echo):
    """The same after so many words that whoever quotes only some of them cuts the secret in two."""

    times = 14


class ExpiredToken(Failure):
    """Page tokens are refused, as they are after seven days; a search without one passes."""

    status = 400
    message = BAD_TOKEN
    from_then_on = True

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        return None if await token_of(request) is None else await super().instead(request)


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
        return now() < self.until.get(self.scope(request), 0.0)

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        if not self.lasting(request):
            self.until[self.scope(request)] = now() + self.hold_seconds
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


KINDS: dict[str, type[Fault]] = {
    "429_burst": Limited,
    "429_quota": Quota,
    "429_no_header": LimitedWithoutHeader,
    "429_http_date": LimitedByDate,
    "429_garbage": LimitedByGarbage,
    "400": _failure(400, "Error in the JQL Query: the page could not be read."),
    "401": _failure(401, "Client must be authenticated to access this resource."),
    "403": _failure(403, "You do not have permission to view this resource."),
    "403_echo": Echo,
    "403_long_echo": LongEcho,
    "404": _failure(404, NO_ISSUE),
    "408": _failure(408, "Request Timeout"),
    "410": _failure(410, GONE),
    "422": _failure(422, "The request cannot be processed."),
    "500": _failure(500, "Internal server error"),
    "502": _failure(502, "Bad Gateway"),
    "503": _failure(503, "Service Unavailable"),
    "504": _failure(504, "Gateway Timeout"),
    "token_expired": ExpiredToken,
}
