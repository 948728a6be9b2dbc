"""What a handler finds on the application, and the few things every handler does with a request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.jira.emitter import Emitter
from connectors.sandbox.jira.encoding import dumps
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.oauth import TokenOffice
from connectors.sandbox.jira.options import SandboxOptions
from connectors.sandbox.jira.site import Site


@dataclass
class Sandbox:
    """The running sandbox: its site, how it was asked for, and what it has answered so far."""

    site: Site
    options: SandboxOptions
    after_move: Callable[[], None] = lambda: None  # saves state, writes the register
    requests: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.oauth = TokenOffice(self.options, lambda: self.site.now)
        self.emitter = Emitter(self.site, self.options)

    def moved(self) -> None:
        """Call after whatever moved time or changed the site."""
        self.after_move()
        self.emitter.look()


PAGE_SHARE: ContextVar[float] = ContextVar("page_share", default=1.0)  # below 1 while a fault shortens pages
SANDBOX: web.AppKey[Sandbox] = web.AppKey("sandbox", Sandbox)


def site_of(request: web.Request) -> Site:
    return request.app[SANDBOX].site


def answer(value: Any, status: int = 200) -> web.Response:
    return raw(dumps(value), status)


def raw(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json", charset="UTF-8")


def number(request: web.Request, name: str, default: int) -> int:
    """A whole number from the query string."""
    return whole(request.query.get(name), name, default)


def whole(value: Any, name: str, default: int) -> int:
    if value is None:
        return default
    try:
        found = int(value)
    except (TypeError, ValueError) as error:
        raise JiraError(400, f"The value '{value}' of '{name}' is not a whole number.") from error
    if found < 0:
        raise JiraError(400, f"The value of '{name}' must not be negative.")
    return found


async def body(request: web.Request) -> dict[str, Any]:
    """The JSON object a POST carries."""
    try:
        value = orjson.loads(await request.read())
    except orjson.JSONDecodeError as error:
        raise JiraError(400, "There was an error parsing JSON. Check that your request body is valid.") from error
    if not isinstance(value, dict):
        raise JiraError(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return value


def listed(value: Any, name: str) -> list[str]:
    """A JSON list of strings or numbers; Jira also takes one comma-separated string."""
    if value is None:
        return []
    if isinstance(value, str):
        return value.split(",")
    if not isinstance(value, list):
        raise JiraError(400, f"'{name}' must be a list.")
    return [str(item) for item in value]


def paged(request: web.Request, values: list[Any], *, most: int = 100, last: bool = True) -> web.Response:
    """An offset page (`startAt`, `maxResults`) with total and the address of the next."""
    start, size = number(request, "startAt", 0), min(number(request, "maxResults", 50), most)
    chosen = values[start : start + size]
    end = start + len(chosen)
    doc: dict[str, Any] = {"maxResults": size, "startAt": start, "total": len(values)}
    if last:
        doc["self"] = str(request.url)
        if chosen and end < len(values):
            doc["nextPage"] = str(request.url.update_query(startAt=end, maxResults=size))
    return answer(doc | {"isLast": end >= len(values), "values": chosen})
