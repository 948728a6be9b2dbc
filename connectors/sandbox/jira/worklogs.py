"""The worklog feeds: changed, deleted, and by id. The minute before now is not told yet, as at Jira."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira.clock import millis, read_stamp
from connectors.sandbox.jira.context import answer, body, listed, number, site_of
from connectors.sandbox.jira.errors import JiraError

_PAGE = 1000
_HELD_BACK_MS = 60_000


def _feed(request: web.Request, changes: list[tuple[int, int]]) -> web.Response:
    """`changes` are (moment, worklog id). A page never cuts between equal moments, or the rest would be lost."""
    since = number(request, "since", 0)
    until = millis(site_of(request).now) - _HELD_BACK_MS
    found = sorted(change for change in changes if since <= change[0] <= until)
    page = found[:_PAGE]
    if len(found) > _PAGE:
        page += [change for change in found[_PAGE:] if change[0] == page[-1][0]]
    last = len(page) == len(found)
    doc = {
        "values": [{"worklogId": key, "updatedTime": moment, "properties": []} for moment, key in page],
        "since": since, "until": until if last else page[-1][0], "self": str(request.url), "lastPage": last,
    }  # fmt: skip
    if not last:
        doc["nextPage"] = str(request.url.update_query(since=page[-1][0] + 1))
    return answer(doc)


async def updated(request: web.Request) -> web.Response:
    logs = site_of(request).catalog.worklogs.values()
    return _feed(request, [(millis(read_stamp(doc["updated"])), int(doc["id"])) for doc in logs])


async def deleted(request: web.Request) -> web.Response:
    gone = site_of(request).catalog.worklogs_gone
    return _feed(request, [(moment, int(key)) for key, moment in gone.items()])


async def by_id(request: web.Request) -> web.Response:
    ids = listed((await body(request)).get("ids"), "ids")
    if not 1 <= len(ids) <= _PAGE:
        raise JiraError(400, f"Between 1 and {_PAGE} worklog ids must be given.")
    held = site_of(request).catalog.worklogs
    return answer([held[key] for key in dict.fromkeys(ids) if key in held])


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3/worklog"
    return [web.get(f"{base}/updated", updated), web.get(f"{base}/deleted", deleted), web.post(f"{base}/list", by_id)]
