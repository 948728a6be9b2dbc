"""Answers that never come, come in part, or are no Jira's: what networks, proxies and login pages do."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from aiohttp import web

from connectors.sandbox.jira.fault_base import Fault, body_of

_GIVEN_UP_EVERY = 0.02  # seconds between two looks whether the client has gone


async def until_given_up(request: web.Request) -> None:
    """Keep silent for as long as the client listens."""
    while request.transport is not None and not request.transport.is_closing():
        await asyncio.sleep(_GIVEN_UP_EVERY)


class Reset(Fault):
    """The connection dies without an answer."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        if request.transport is not None:
            request.transport.abort()
        raise ConnectionResetError


class Hang(Fault):
    """No answer at all: the client's time-out decides."""

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        await until_given_up(request)
        raise ConnectionResetError


class Truncated(Fault):
    """The body ends in the middle although its length was announced."""

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        cut = await self.half(request, body_of(response))
        if request.transport is not None:
            request.transport.close()
        return cut

    async def half(self, request: web.Request, body: bytes) -> web.StreamResponse:
        cut = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(body))})
        await cut.prepare(request)
        await cut.write(body[: len(body) // 2])
        return cut


class Stalled(Truncated):
    """Half of the body comes, the rest never does."""

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        cut = await self.half(request, body_of(response))
        await until_given_up(request)
        return cut


class Instead(Fault):
    """Something that is no Jira's answer, with status 200."""

    body: ClassVar[str] = ""
    content_type: ClassVar[str] = "application/json"

    async def instead(self, request: web.Request) -> web.StreamResponse | None:
        return web.Response(text=self.body, content_type=self.content_type)


class Html(Instead):
    """A login or maintenance page."""

    body = "<!DOCTYPE html><html><body>Log in to continue</body></html>"
    content_type = "text/html"


class Text(Instead):
    body = "upstream connect error or disconnect/reset before headers"
    content_type = "text/plain"


class OtherJson(Instead):
    """JSON, but of another product."""

    body = '{"status":"UP"}'


KINDS: dict[str, type[Fault]] = {
    "reset": Reset,
    "hang": Hang,
    "truncated": Truncated,
    "stalled": Stalled,
    "html200": Html,
    "empty200": Instead,
    "text200": Text,
    "json200": OtherJson,
}
