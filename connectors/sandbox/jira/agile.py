"""Agile 1.0: boards, their sprints and configuration."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira.context import answer, paged, site_of
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.issue_fields import STORY_POINTS
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.selection import split


async def boards(request: web.Request) -> web.Response:
    kind, project = request.query.get("type"), request.query.get("projectKeyOrId")
    found = [
        doc
        for doc in site_of(request).catalog.boards
        if (kind is None or doc["type"] in kind.split(",")) and (project is None or project in _projects(doc))
    ]
    return paged(request, found, last=False)


def _projects(doc: Doc) -> tuple[str, str]:
    location = doc.get("location", {})
    return str(location.get("projectKey")), str(location.get("projectId"))


def _board(request: web.Request) -> Doc:
    ident = request.match_info["board"]
    for doc in site_of(request).catalog.boards:
        if str(doc["id"]) == ident:
            return doc
    raise JiraError(404, "The requested board cannot be viewed because it either does not exist or you do not have "
                    "permission to view it.")  # fmt: skip


async def board(request: web.Request) -> web.Response:
    return answer(_board(request))


async def configuration(request: web.Request) -> web.Response:
    doc = _board(request)
    columns = site_of(request).catalog.columns.get(doc["id"], [])
    estimation = {"type": "field", "field": {"fieldId": STORY_POINTS, "displayName": "Story point estimate"}}
    location = doc.get("location", {}).get("projectKey")
    return answer({
        "id": doc["id"], "name": doc["name"], "type": doc["type"], "self": f"{doc['self']}/configuration",
        **({"location": {"type": "project", "projectKeyOrId": location}} if location else {}),
        "columnConfig": {"columns": columns, "constraintType": "issueCount"}, "estimation": estimation,
    })  # fmt: skip


async def sprints(request: web.Request) -> web.Response:
    doc = _board(request)
    if doc["type"] == "kanban":
        raise JiraError(400, "The board does not support sprints")
    states = split(request.query.getall("state", []))
    held = site_of(request).catalog.sprints.get(doc["id"], [])
    return paged(request, [one for one in held if not states or one["state"] in states], last=False)


async def sprint(request: web.Request) -> web.Response:
    ident = request.match_info["sprint"]
    for held in site_of(request).catalog.sprints.values():
        for doc in held:
            if str(doc["id"]) == ident:
                return answer(doc)
    raise JiraError(404, "Sprint does not exist or you do not have permission to view it.")


def routes() -> list[web.RouteDef]:
    base = "/rest/agile/1.0"
    return [
        web.get(f"{base}/board", boards),
        web.get(f"{base}/board/{{board}}", board),
        web.get(f"{base}/board/{{board}}/configuration", configuration),
        web.get(f"{base}/board/{{board}}/sprint", sprints),
        web.get(f"{base}/sprint/{{sprint}}", sprint),
    ]
