"""What Jira does not have: the switches of the sandbox itself (move time, edit, read the request count)."""

from __future__ import annotations

import time

from aiohttp import web

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.context import SANDBOX, Sandbox, answer, body, number
from connectors.sandbox.jira.errors import JiraError


def _moved(sandbox: Sandbox, **more: object) -> web.Response:
    sandbox.moved()
    return answer({"now": clock.stamp(sandbox.site.now, sandbox.site.zone), **more})


async def advance(request: web.Request) -> web.Response:
    sandbox, days = request.app[SANDBOX], number(request, "days", 7)
    if days < 1:
        raise JiraError(400, "Time moves forward by at least one day.")
    sandbox.site.advance(days)
    return _moved(sandbox, days=days)


async def touch(request: web.Request) -> web.Response:
    sandbox = request.app[SANDBOX]
    touched = sandbox.site.touch(number(request, "count", 1))
    return _moved(sandbox, ids=[str(issue_id) for issue_id in touched])


async def do(request: web.Request) -> web.Response:
    """Any edit or switch of `mutations.registry`, its arguments as a JSON object; what it did."""
    sandbox = request.app[SANDBOX]
    done = sandbox.site.do(request.match_info["name"], **(await body(request) if request.can_read_body else {}))
    return _moved(sandbox, done=done)


async def stats(request: web.Request) -> web.Response:
    counted = request.app[SANDBOX].requests
    return answer({"total": counted.total(), "paths": dict(counted), "cpu_seconds": time.process_time()})


def routes() -> list[web.RouteDef]:
    return [
        web.post("/sandbox/advance", advance),
        web.post("/sandbox/touch", touch),
        web.post("/sandbox/do/{name}", do),
        web.get("/sandbox/requests", stats),
    ]
