"""What every fault is: it answers instead of the site, or alters what the site answered."""

from __future__ import annotations

from typing import ClassVar

from aiohttp import web


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


def body_of(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else b""
    return bytes(body) if isinstance(body, bytes | bytearray) else b""
