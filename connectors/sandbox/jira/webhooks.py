"""Dynamic webhooks over REST, as an app registers, lists, prolongs and removes them."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.context import SANDBOX, answer, body, paged
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.subscriptions import Subscriptions


def _held(request: web.Request) -> Subscriptions:
    return request.app[SANDBOX].emitter.subscriptions


async def listed(request: web.Request) -> web.Response:
    return paged(request, [one.doc() for one in _held(request).alive()])


async def register(request: web.Request) -> web.Response:
    asked = await body(request)
    url, wanted = asked.get("url"), asked.get("webhooks")
    if not isinstance(url, str) or not url.startswith(("https://", "http://127.0.0.1")):
        raise JiraError(400, "The URL must be an address that begins with https.")
    if not isinstance(wanted, list) or not wanted:
        raise JiraError(400, "At least one webhook must be given.")
    if any(one.url != url for one in _held(request).alive()):
        raise JiraError(400, "Only a single URL per app is allowed to be registered.")
    results = [_registered(_held(request), url, one) for one in wanted]
    request.app[SANDBOX].emitter.look()  # from here on it is watched
    return answer({"webhookRegistrationResult": results})


def _registered(held: Subscriptions, url: str, asked: Any) -> dict[str, Any]:
    try:
        return {"createdWebhookId": held.register(url, asked if isinstance(asked, dict) else {})}
    except JiraError as error:
        return {"errors": error.messages}


async def refresh(request: web.Request) -> web.Response:
    return answer({"expirationDate": clock.millis(_held(request).refresh(await _ids(request)))})


async def remove(request: web.Request) -> web.Response:
    _held(request).remove(await _ids(request))
    return web.Response(status=202)


async def _ids(request: web.Request) -> list[int]:
    ids = (await body(request)).get("webhookIds")
    if not isinstance(ids, list) or not all(isinstance(one, int) for one in ids):
        raise JiraError(400, "'webhookIds' must be a list of numbers.")
    return ids


async def sent(request: web.Request) -> web.Response:
    """A switch of the sandbox: how its deliveries went."""
    emitter = request.app[SANDBOX].emitter
    return answer({**emitter.counts, "waiting": len(emitter.waiting)})


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3/webhook"
    return [
        web.get(base, listed),
        web.post(base, register),
        web.delete(base, remove),
        web.put(f"{base}/refresh", refresh),
        web.get("/sandbox/webhooks", sent),
    ]
