"""What stands beside a Cloud site: its id for everybody, the token endpoint, and the same routes behind the gateway."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from connectors.sandbox.jira.context import SANDBOX, answer, body
from connectors.sandbox.jira.options import GATEWAY, SandboxOptions


async def token(request: web.Request) -> web.Response:
    """As auth.atlassian.com."""
    pair = request.app[SANDBOX].oauth.refresh(await body(request))
    if pair is not None:
        return answer(pair)
    return answer({"error": "unauthorized_client", "error_description": "refresh_token is invalid"}, 403)


async def tenant_info(request: web.Request) -> web.Response:
    return answer({"cloudId": request.app[SANDBOX].options.cloud_id})


def routes() -> list[web.RouteDef]:
    return [web.post("/oauth/token", token), web.get("/_edge/tenant_info", tenant_info)]


def behind(routes: Iterable[web.RouteDef], options: SandboxOptions) -> list[web.RouteDef]:
    """The same routes as api.atlassian.com offers them."""
    return [web.RouteDef(one.method, f"{GATEWAY}{options.cloud_id}{one.path}", one.handler, {}) for one in routes]
