"""The application: routes, and around each request the order count → latency → faults → sign-in → answer."""

from __future__ import annotations

import asyncio
from datetime import UTC
from email.utils import format_datetime

from aiohttp import web
from aiohttp.typedefs import Handler

from connectors.sandbox.jira import (
    access,
    agile,
    content,
    control,
    datacenter,
    gateway,
    issues,
    meta,
    projects,
    searches,
    version2,
    webhooks,
    worklogs,
)
from connectors.sandbox.jira.auth import Gate
from connectors.sandbox.jira.context import SANDBOX, Sandbox, answer
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.faults import FaultLayer
from connectors.sandbox.jira.options import SandboxOptions

_CLOUD = (access, meta, projects, searches, issues, content, worklogs, agile, webhooks, version2)
_LARGEST_BODY = 8 * 1024 * 1024


class Wire:
    """What happens to every request before its handler sees it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.faults = FaultLayer(sandbox.options.faults)
        self.gate = Gate(sandbox.options, sandbox.oauth)
        self.latency = sandbox.options.latency_ms / 1000

    async def pass_through(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/sandbox/"):
            return await self.answered(request, handler)
        self.sandbox.requests[_name(request)] += 1
        if self.latency:
            await asyncio.sleep(self.latency)
        return await self.faults.around(request, lambda: self.sized(request, handler))

    async def sized(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        response, most = await self.answered(request, handler), self.sandbox.options.largest_answer
        body = response.body if isinstance(response, web.Response) else None
        if most is not None and isinstance(body, bytes) and len(body) > most:
            return _refusal(JiraError(504, "Gateway Timeout"))
        return response

    async def answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            self.gate.check(request)
            return await handler(request)
        except JiraError as error:
            return _refusal(error)
        except web.HTTPNotFound:
            return _refusal(JiraError(404, "null for uri: " + request.path))
        except web.HTTPMethodNotAllowed:
            return _refusal(JiraError(405, "Method Not Allowed"))

    async def date(self, _request: web.Request, response: web.StreamResponse) -> None:
        """The virtual clock also in the header, so that no client finds two times in one answer."""
        response.headers["Date"] = format_datetime(self.sandbox.site.now.astimezone(UTC), usegmt=True)


def application(sandbox: Sandbox) -> web.Application:
    wire = Wire(sandbox)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await wire.pass_through(request, handler)

    app = web.Application(middlewares=[middleware], client_max_size=_LARGEST_BODY)
    app.on_response_prepare.append(wire.date)
    app[SANDBOX] = sandbox
    app.add_routes(control.routes())
    app.add_routes(_offered(sandbox.options))
    return app


def _offered(options: SandboxOptions) -> list[web.RouteDef]:
    """What a site of this flavour has."""
    if options.flavour == "datacenter":
        return [*datacenter.routes(), *agile.routes()]
    own = [route for module in _CLOUD for route in module.routes()]
    return [*own, *gateway.routes(), *gateway.behind(own, options)]


def _refusal(error: JiraError) -> web.Response:
    response = answer(error.body(), error.status)
    if error.status == 401:
        response.headers["WWW-Authenticate"] = 'OAuth realm="https%3A%2F%2Fsandbox.slipstream.test"'
        response.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
    return response


def _name(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "unknown"
