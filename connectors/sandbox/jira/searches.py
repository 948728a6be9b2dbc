"""Search by token, counting, and the search that is gone."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.jira import paging
from connectors.sandbox.jira.context import PAGE_SHARE, answer, body, listed, raw, site_of, whole
from connectors.sandbox.jira.errors import GONE, UNBOUNDED, JiraError
from connectors.sandbox.jira.selection import View, split, view
from connectors.sandbox.jira.site import Site, searcher

_FULL_PAGE, _ID_PAGE, _RECONCILED = 100, 5000, 50
_CAP = 100  # histories in the changelog embedded in a search


async def search_get(request: web.Request) -> web.Response:
    return search(site_of(request), in_query(request))


async def search_post(request: web.Request) -> web.Response:
    return search(site_of(request), await body(request))


def in_query(request: web.Request) -> dict[str, Any]:
    """What a GET asks for, in the shape of a POST's body."""
    query = request.query
    asked: dict[str, Any] = {name: query[name] for name in ("jql", "nextPageToken", "maxResults") if name in query}
    return asked | {name: split(query.getall(name, [])) for name in ("fields", "expand", "reconcileIssues")}


def search(site: Site, asked: dict[str, Any], *, plain: bool = False) -> web.Response:
    """One page by token; `plain` for version 2, which gives rich text as text."""
    fields, expand = listed(asked.get("fields"), "fields"), listed(asked.get("expand"), "expand")
    shown = view(fields, expand, default="id", cap=_CAP, plain=plain)
    reconciled = _reconciled(asked)
    site = site.searched(reconciled)
    limit = min(whole(asked.get("maxResults"), "maxResults", 50), _ID_PAGE if shown.id_only else _FULL_PAGE)
    if limit < 1:
        raise JiraError(400, "The value of 'maxResults' must be at least 1.")
    limit = max(1, int(limit * PAGE_SHARE.get()))  # short pages are legal
    found = paging.page(
        searcher(site), _jql(asked), asked.get("nextPageToken") or None, limit, ",".join(map(str, reconciled))
    )
    parts = [b'{"issues":[', b",".join(_issues(site, found.ids, shown)), b"]"]
    if found.token:
        parts.append(b',"nextPageToken":"%s","isLast":false}' % found.token.encode())
    else:
        parts.append(b',"isLast":true}')
    return raw(b"".join(parts))


def _reconciled(asked: dict[str, Any]) -> list[int]:
    ids = [one for one in listed(asked.get("reconcileIssues"), "reconcileIssues") if one]
    if len(ids) > _RECONCILED or not all(one.isdigit() for one in ids):
        raise JiraError(400, f"A maximum of {_RECONCILED} issue ids can be reconciled.")
    return [int(one) for one in ids]


def _issues(site: Site, ids: list[int], shown: View) -> list[bytes]:
    return [b'{"id":"%d"}' % number for number in ids] if shown.bare else site.render(ids, shown)


def _jql(asked: dict[str, Any]) -> str:
    jql = asked.get("jql") or ""
    if not isinstance(jql, str):
        raise JiraError(400, "The JQL must be a string.")
    if not jql.strip():
        raise JiraError(400, UNBOUNDED)
    return jql


async def count(request: web.Request) -> web.Response:
    rows, _ = searcher(site_of(request).searched()).run(_jql(await body(request)))
    return answer({"count": len(rows)})


async def gone(_request: web.Request) -> web.Response:
    raise JiraError(410, GONE)


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3/search"
    return [
        web.get(f"{base}/jql", search_get),
        web.post(f"{base}/jql", search_post),
        web.post(f"{base}/approximate-count", count),
        web.get(base, gone),
        web.post(base, gone),
    ]
