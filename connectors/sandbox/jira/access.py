"""What the API user may do, and which levels of issue security a project knows."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira.context import answer, site_of
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.projects import find
from connectors.sandbox.jira.references import API
from connectors.sandbox.jira.selection import split

_BROWSE = "BROWSE_PROJECTS"
_TEXT = "Ability to browse projects and the issues within them."


async def my_permissions(request: web.Request) -> web.Response:
    """Only browsing is known here; asked without a project, the answer is whether there is any."""
    if set(split(request.query.getall("permissions", []))) != {_BROWSE}:
        raise JiraError(400, "The sandbox tells of the permission BROWSE_PROJECTS only.")
    asked = request.query.get("projectId") or request.query.get("projectKey")
    browsable = site_of(request).catalog.browsable
    have = bool(browsable) if asked is None else find(request, asked)["id"] in browsable
    doc = {"id": "10", "key": _BROWSE, "name": "Browse Projects", "type": "PROJECT", "description": _TEXT}
    return answer({"permissions": {_BROWSE: {**doc, "havePermission": have}}})


async def security_levels(request: web.Request) -> web.Response:
    """The levels of the project that the user is in; empty where the project has no issue security."""
    doc = find(request)
    if doc["id"] not in site_of(request).catalog.secured:
        return answer({"levels": []})
    level = {"self": f"{API}/securitylevel/10001", "id": "10001", "name": "Staff", "description": "Everyone at work"}
    return answer({"levels": [level]})


def routes() -> list[web.RouteDef]:
    return [
        web.get("/rest/api/3/mypermissions", my_permissions),
        web.get("/rest/api/3/project/{project}/securitylevel", security_levels),
    ]
