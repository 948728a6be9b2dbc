"""What hangs on issues: comments, watchers, files (what is told of them), components of a project."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira.context import answer, body, listed, number, site_of
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.issues import find
from connectors.sandbox.jira.references import Doc, component
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.world_site import WorldSite

_PAGE, _LISTED = 100, 1000


def _world_site(site: Site) -> WorldSite:
    """Only sites with a world behind them have content; a bulk of issues shows none."""
    base = getattr(site, "base", site)
    if not isinstance(base, WorldSite):
        raise JiraError(404, "This site has no such content.")
    return base


async def comments(request: web.Request) -> web.Response:
    site = site_of(request)
    held = _world_site(site).comments(find(request))
    start, size = number(request, "startAt", 0), min(number(request, "maxResults", _PAGE), _PAGE)
    chosen = held[start : start + size]
    return answer({"startAt": start, "maxResults": size, "total": len(held), "comments": chosen})


async def comment_list(request: web.Request) -> web.Response:
    ids = listed((await body(request)).get("ids"), "ids")
    if not 1 <= len(ids) <= _LISTED:
        raise JiraError(400, f"Between 1 and {_LISTED} comment ids must be given.")
    site = _world_site(site_of(request))
    held = site.world.comments
    found = [site.fields.comment(held[int(key)]) for key in ids if key.isdigit() and int(key) in held]
    return answer({"isLast": True, "maxResults": 1048576, "startAt": 0, "total": len(found), "values": found})


async def watchers(request: web.Request) -> web.Response:
    site = _world_site(site_of(request))
    issue_id = find(request)
    if issue_id not in site.world.issues:
        raise JiraError(404, "This site has no such content.")
    return answer(site.fields.watchers(site.world.issues[issue_id]))


async def attachment(request: web.Request) -> web.Response:
    site, ident = _world_site(site_of(request)), request.match_info["attachment"]
    held = site.world.attachments.get(int(ident)) if ident.isdigit() else None
    if held is None:
        raise JiraError(404, f"The attachment with id '{ident}' does not exist")
    return answer(site.fields.attachment(held) | {"id": held.id})


async def components(request: web.Request) -> web.Response:
    """All that issues of the project name, as the world keeps no list of its own."""
    site, ident = _world_site(site_of(request)), request.match_info["project"]
    project = next((doc for doc in site.catalog.projects if ident in (doc["id"], doc["key"])), None)
    if project is None:
        raise JiraError(404, f"No project could be found with key '{ident}'.")
    number_of = int(project["id"])
    names = {name for issue in site.world.issues.values() if issue.project_id == number_of for name in issue.components}
    found: list[Doc] = [component(number_of, name) for name in sorted(names)]
    return answer([doc | {"project": project["key"], "projectId": number_of} for doc in found])


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3"
    return [
        web.get(f"{base}/issue/{{issue}}/comment", comments),
        web.post(f"{base}/comment/list", comment_list),
        web.get(f"{base}/issue/{{issue}}/watchers", watchers),
        web.get(f"{base}/attachment/{{attachment}}", attachment),
        web.get(f"{base}/project/{{project}}/components", components),
    ]
