"""What Jira Cloud still answers under version 2: the same, with rich text as plain text. Older clients speak it."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira import meta, searches
from connectors.sandbox.jira.context import body, site_of


async def search_get(request: web.Request) -> web.Response:
    return searches.search(site_of(request), searches.in_query(request), plain=True)


async def search_post(request: web.Request) -> web.Response:
    return searches.search(site_of(request), await body(request), plain=True)


def routes() -> list[web.RouteDef]:
    base = "/rest/api/2"
    return [
        web.get(f"{base}/serverInfo", meta.server_info),
        web.get(f"{base}/myself", meta.myself),
        web.get(f"{base}/search/jql", search_get),
        web.post(f"{base}/search/jql", search_post),
        web.get(f"{base}/search", searches.gone),
        web.post(f"{base}/search", searches.gone),
    ]
