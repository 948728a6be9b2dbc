"""Issues and their histories by id: one, a hundred, a thousand at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.jira.context import answer, body, listed, number, raw, site_of, whole
from connectors.sandbox.jira.errors import BAD_TOKEN, NO_ISSUE, JiraError
from connectors.sandbox.jira.paging import decode, encode
from connectors.sandbox.jira.selection import split, view
from connectors.sandbox.jira.site import Site

_BULK_ISSUES, _BULK_CAP = 100, 40
_BULK_CHANGELOGS, _HISTORIES_A_PAGE = 1000, 10_000
_CHANGELOG_PAGE = 100


def find(request: web.Request) -> int:
    issue_id = site_of(request).resolve(request.match_info["issue"])
    if issue_id is None:
        raise JiraError(404, NO_ISSUE)
    return issue_id


async def one(request: web.Request) -> web.Response:
    query = request.query
    asked = view(split(query.getall("fields", [])), split(query.getall("expand", [])), default="*all", cap=100)
    return raw(site_of(request).render([find(request)], asked)[0])


async def changelog(request: web.Request) -> web.Response:
    histories = site_of(request).histories(find(request))
    start = number(request, "startAt", 0)
    size = min(number(request, "maxResults", _CHANGELOG_PAGE), _CHANGELOG_PAGE)
    chosen = histories[start : start + size]
    end = start + len(chosen)
    doc: dict[str, Any] = {"self": str(request.url), "maxResults": size, "startAt": start, "total": len(histories)}
    if chosen and end < len(histories):
        doc["nextPage"] = str(request.url.update_query(startAt=end, maxResults=size))
    head = orjson.dumps(doc | {"isLast": end >= len(histories)})
    return raw(head[:-1] + b',"values":[' + b",".join(chosen) + b"]}")


def _resolved(site: Site, idents: Iterable[str]) -> list[int]:
    """Ascending ids; those not found or not visible are silently left out, as Jira does."""
    return sorted({number for ident in idents if (number := site.resolve(ident)) is not None})


async def bulk(request: web.Request) -> web.Response:
    site, asked = site_of(request), await body(request)
    idents = listed(asked.get("issueIdsOrKeys"), "issueIdsOrKeys")
    if not 1 <= len(idents) <= _BULK_ISSUES:
        raise JiraError(400, f"Between 1 and {_BULK_ISSUES} issue ids or keys must be given.")
    fields, expand = listed(asked.get("fields"), "fields"), listed(asked.get("expand"), "expand")
    shown = site.render(_resolved(site, idents), view(fields, expand, default="*navigable", cap=_BULK_CAP))
    return raw(b'{"issues":[' + b",".join(shown) + b'],"issueErrors":[]}')


async def bulk_changelogs(request: web.Request) -> web.Response:
    site, asked = site_of(request), await body(request)
    idents = listed(asked.get("issueIdsOrKeys"), "issueIdsOrKeys")
    if not 1 <= len(idents) <= _BULK_CHANGELOGS:
        raise JiraError(400, f"Between 1 and {_BULK_CHANGELOGS} issue ids or keys must be given.")
    wanted = set(listed(asked.get("fieldIds"), "fieldIds"))
    if len(wanted) > 10:
        raise JiraError(400, "A maximum of 10 field ids can be given.")
    limit = min(max(whole(asked.get("maxResults"), "maxResults", 1000), 1), _HISTORIES_A_PAGE)
    chosen, token = _histories(site, _resolved(site, idents), wanted, _place(asked.get("nextPageToken")), limit)
    logs = [b'{"issueId":"%d","changeHistories":[%s]}' % (key, b",".join(part)) for key, part in chosen.items()]
    tail = b',"nextPageToken":"%s"}' % token.encode() if token else b"}"
    return raw(b'{"issueChangeLogs":[' + b",".join(logs) + b"]" + tail)


def _place(token: object) -> tuple[int, int]:
    """Where a page of changelogs starts: issue id, and how many of its histories went before."""
    if token is None:
        return 0, 0
    place = decode(str(token))
    issue_id, offset = place.get("i"), place.get("h")
    if not isinstance(issue_id, int) or not isinstance(offset, int):
        raise JiraError(400, BAD_TOKEN)
    return issue_id, offset


def _histories(
    site: Site, ids: list[int], wanted: set[str], place: tuple[int, int], limit: int
) -> tuple[dict[int, list[bytes]], str | None]:
    chosen: dict[int, list[bytes]] = {}
    room = limit
    for issue_id in ids:
        if issue_id < place[0]:
            continue
        skip = place[1] if issue_id == place[0] else 0
        histories = _of_fields(site.histories(issue_id), wanted)[skip:]
        if not histories:
            continue
        if room == 0:
            return chosen, encode({"i": issue_id, "h": skip})
        chosen[issue_id] = histories[:room]
        if len(histories) > room:
            return chosen, encode({"i": issue_id, "h": skip + room})
        room -= len(histories)
    return chosen, None


def _of_fields(histories: list[bytes], wanted: set[str]) -> list[bytes]:
    if not wanted:
        return histories
    return [one for one in histories if wanted & {item.get("fieldId") for item in orjson.loads(one)["items"]}]


async def worklogs(request: web.Request) -> web.Response:
    issue_id = str(find(request))
    held = [doc for doc in site_of(request).catalog.worklogs.values() if doc["issueId"] == issue_id]
    start, size = number(request, "startAt", 0), min(number(request, "maxResults", 5000), 5000)
    chosen = held[start : start + size]
    return answer({"startAt": start, "maxResults": size, "total": len(held), "worklogs": chosen})


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3"
    return [
        web.post(f"{base}/issue/bulkfetch", bulk),
        web.post(f"{base}/changelog/bulkfetch", bulk_changelogs),
        web.get(f"{base}/issue/{{issue}}", one),
        web.get(f"{base}/issue/{{issue}}/changelog", changelog),
        web.get(f"{base}/issue/{{issue}}/worklog", worklogs),
    ]
