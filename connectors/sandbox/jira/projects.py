"""Projects and their versions, with Jira's habit of showing lead and description only when expanded."""

from __future__ import annotations

from aiohttp import web

from connectors.sandbox.jira.context import answer, paged, site_of
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.selection import split

_EXPANDED = ("lead", "description", "insight", "projectKeys")


def _state(doc: Doc) -> str:
    if doc.get("deleted"):
        return "deleted"
    return "archived" if doc.get("archived") else "live"


def _shown(request: web.Request, doc: Doc) -> Doc:
    expand = set(split(request.query.getall("expand", [])))
    shown = {name: value for name, value in doc.items() if name not in _EXPANDED or name in expand}
    wanted = split(request.query.getall("properties", []))
    if wanted:
        held = site_of(request).catalog.properties.get(doc["id"], {})
        shown["properties"] = {name: held[name] for name in wanted if name in held}
    return shown


async def search(request: web.Request) -> web.Response:
    query = request.query
    states = split(query.getall("status", [])) or ["live"]
    ids, keys = set(query.getall("id", [])), {key.upper() for key in query.getall("keys", [])}
    text = query.get("query", "").lower()
    found = [
        _shown(request, doc)
        for doc in site_of(request).catalog.projects
        if _state(doc) in states
        and (not ids or doc["id"] in ids)
        and (not keys or keys & {doc["key"], *doc.get("projectKeys", ())})
        and (text in doc["name"].lower() or text in doc["key"].lower())
    ]
    order = query.get("orderBy", "key")
    name = order.lstrip("+-")
    found.sort(key=lambda doc: str(doc.get(name, doc["key"])), reverse=order.startswith("-"))
    return paged(request, found)


def find(request: web.Request, ident: str | None = None) -> Doc:
    """By id or any key it ever had; one in the trash is not found."""
    ident = ident or request.match_info["project"]
    for doc in site_of(request).catalog.projects:
        known = (doc["id"], doc["key"], *doc.get("projectKeys", ()))
        if ident.upper() in known and not doc.get("deleted"):
            return doc
    raise JiraError(404, f"No project could be found with key '{ident}'.")


async def one(request: web.Request) -> web.Response:
    doc = {name: value for name, value in find(request).items() if name not in ("insight", "projectKeys")}
    held = site_of(request).catalog.versions.get(doc["id"], [])
    return answer({"description": "", **doc, "issueTypes": [], "components": [], "versions": held, "roles": {}})


async def properties(request: web.Request) -> web.Response:
    doc, name = find(request), request.match_info["property"]
    held = site_of(request).catalog.properties.get(doc["id"], {})
    if name not in held:
        raise JiraError(404, f"The property with key '{name}' does not exist.")
    return answer({"key": name, "value": held[name]})


async def versions(request: web.Request) -> web.Response:
    return answer(site_of(request).catalog.versions.get(find(request)["id"], []))


async def version_page(request: web.Request) -> web.Response:
    return paged(request, site_of(request).catalog.versions.get(find(request)["id"], []))


def routes() -> list[web.RouteDef]:
    base = "/rest/api/3/project"
    return [
        web.get(f"{base}/search", search),
        web.get(f"{base}/{{project}}", one),
        web.get(f"{base}/{{project}}/versions", versions),
        web.get(f"{base}/{{project}}/version", version_page),
        web.get(f"{base}/{{project}}/properties/{{property}}", properties),
    ]
