"""A bulk fetch that silently leaves out issues that are there: the first, the middle and the last of what it found."""

from __future__ import annotations

import orjson
from aiohttp import web

from connectors.sandbox.jira.fault_base import Fault


class Omission(Fault):
    from_then_on = True

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if not request.path.endswith("/issue/bulkfetch") or not isinstance(response, web.Response):
            return response
        doc = orjson.loads(bytes(response.body or b"{}"))  # type: ignore[arg-type]
        held = doc.get("issues", [])
        out = {0, len(held) // 2, len(held) - 1}
        doc["issues"] = [issue for place, issue in enumerate(held) if place not in out]
        return web.Response(body=orjson.dumps(doc), content_type="application/json")


KINDS: dict[str, type[Fault]] = {"omit": Omission}
