"""The small endpoints: who am I, what time is it, which fields, statuses, types, users are there."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.context import SANDBOX, answer, number, paged, site_of
from connectors.sandbox.jira.references import API, SITE, Doc

_CATEGORY = {"new": "TODO", "indeterminate": "IN_PROGRESS", "done": "DONE"}


async def server_info(request: web.Request) -> web.Response:
    site = site_of(request)
    return answer({
        "baseUrl": SITE, "displayUrl": SITE, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0],
        "deploymentType": "Cloud", "buildNumber": 100288, "buildDate": "2025-12-01T00:00:00.000+0000",
        "serverTime": clock.stamp(site.now, site.zone), "scmInfo": "sandbox", "serverTitle": "Slipstream sandbox",
        "serverTimeZone": site.zone.key,
    })  # fmt: skip


async def myself(request: web.Request) -> web.Response:
    site, options = site_of(request), request.app[SANDBOX].options
    avatars = {f"{size}x{size}": f"https://avatars.slipstream.test/me/{size}" for size in (48, 24, 16, 32)}
    return answer({
        "self": f"{API}/user?accountId=sandbox-api-user", "accountId": "sandbox-api-user",
        "accountType": "atlassian", "emailAddress": options.email, "avatarUrls": avatars,
        "displayName": "Sandbox API user", "active": True, "timeZone": site.zone.key, "locale": "en_US",
        "groups": {"size": 0, "items": []}, "applicationRoles": {"size": 0, "items": []},
        "expand": "groups,applicationRoles",
    })  # fmt: skip


async def fields(request: web.Request) -> web.Response:
    """Every field that the account sees in some project, also those that a team-managed project has for itself."""
    held = site_of(request).catalog
    return answer([doc for doc in held.fields if doc["id"] not in held.searched_fields])


async def field_search(request: web.Request) -> web.Response:
    """Fields of classic projects only, and also those that no visible project uses."""
    held = site_of(request).catalog
    kinds, wanted = request.query.getall("type", []), set(request.query.getall("id", []))
    text = request.query.get("query", "").lower()
    found = [
        {name: doc[name] for name in ("id", "key", "name", "schema") if name in doc}
        for doc in held.fields
        if "schema" in doc
        and "scope" not in doc
        and doc["id"] not in held.listed_fields
        and (not kinds or ("custom" if doc["custom"] else "system") in kinds)
        and (not wanted or doc["id"] in wanted)
        and text in doc["name"].lower()
    ]
    return paged(request, found)


async def statuses(request: web.Request) -> web.Response:
    return answer(site_of(request).catalog.statuses)


async def status_search(request: web.Request) -> web.Response:
    return paged(request, [_plain_status(doc) for doc in site_of(request).catalog.statuses], most=200)


def _plain_status(doc: Doc) -> Doc:
    scope: Doc = {"type": "GLOBAL"}
    if "scope" in doc:
        scope = {"type": "PROJECT", "project": {"id": doc["scope"]["project"]["id"]}}
    kind = _CATEGORY[doc["statusCategory"]["key"]]
    return {
        "id": doc["id"], "name": doc["name"], "statusCategory": kind, "scope": scope,
        "description": doc.get("description", ""),
    }  # fmt: skip


async def issue_types(request: web.Request) -> web.Response:
    return answer(site_of(request).catalog.issue_types)


async def priorities(request: web.Request) -> web.Response:
    return answer(site_of(request).catalog.priorities)


async def resolutions(request: web.Request) -> web.Response:
    return answer(site_of(request).catalog.resolutions)


async def link_types(request: web.Request) -> web.Response:
    return answer({"issueLinkTypes": site_of(request).catalog.link_types})


async def users(request: web.Request) -> web.Response:
    start, size = number(request, "startAt", 0), min(number(request, "maxResults", 50), 1000)
    return answer(site_of(request).catalog.users[start : start + size])


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3"
    paths = {
        "serverInfo": server_info, "myself": myself, "field": fields, "field/search": field_search,
        "status": statuses, "statuses/search": status_search, "issuetype": issue_types, "priority": priorities,
        "resolution": resolutions, "issueLinkType": link_types, "users/search": users, "users": users,
    }  # fmt: skip
    return [web.get(f"{base}/{path}", handler) for path, handler in paths.items()]
