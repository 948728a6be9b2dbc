"""Jira Data Center's REST v2, as far as a connector needs it; boards and sprints are Agile 1.0's on both flavours.

There is no OpenAPI of it among our references. It follows Atlassian's REST reference for Data Center 9.12 (serverInfo,
myself, field, status, project, user/search, search, issue, worklog/updated|deleted|list) and answers of public
servers for what the reference leaves open: sprints as `com.atlassian.greenhopper…Sprint@…[id=…]`, changelogs whole in
every answer and oldest first, histories without field ids, boards without a location, `total` in every search.
Not there, as on a real one: /rest/api/3, search/jql, bulkfetch, project/search, users/search, field/search.
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from connectors.sandbox.jira import access, clock, issues, meta, projects, worklogs
from connectors.sandbox.jira.context import PAGE_SHARE, SANDBOX, answer, body, listed, number, raw, site_of, whole
from connectors.sandbox.jira.datacenter_site import DataCenterSite
from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.references import SITE, Doc
from connectors.sandbox.jira.search import Searcher
from connectors.sandbox.jira.selection import split, view
from connectors.sandbox.jira.site import Site, searcher

_LARGEST_PAGE = 1_000
_UNCAPPED = 1_000_000_000


async def server_info(request: web.Request) -> web.Response:
    site = site_of(request)
    return answer({
        "baseUrl": SITE, "version": "9.12.15", "versionNumbers": [9, 12, 15], "deploymentType": "Server",
        "buildNumber": 9120015, "buildDate": "2024-11-04T00:00:00.000+0000",
        "databaseBuildNumber": 9120015, "serverTime": clock.stamp(site.now, site.zone), "scmInfo": "sandbox",
        "serverTitle": "Slipstream sandbox",
    })  # fmt: skip


async def myself(request: web.Request) -> web.Response:
    site, options = site_of(request), request.app[SANDBOX].options
    return answer({
        "self": f"{SITE}/rest/api/2/user?username=sandbox", "key": "JIRAUSER10000", "name": "sandbox",
        "emailAddress": options.email, "avatarUrls": {}, "displayName": "Sandbox API user", "active": True,
        "deleted": False, "timeZone": site.zone.key, "locale": "en_US", "groups": {"size": 0, "items": []},
        "applicationRoles": {"size": 0, "items": []}, "expand": "groups,applicationRoles",
    })  # fmt: skip


async def users(request: web.Request) -> web.Response:
    """Those whose name, e-mail address or display name holds the text; a point finds everybody."""
    text = request.query.get("username")
    if not text:
        raise JiraError(400, "The username query parameter was not provided")
    start, size = number(request, "startAt", 0), min(number(request, "maxResults", 50), 1000)
    found = [doc for doc in site_of(request).catalog.users if _is_meant(request, doc, text.lower())]
    return answer(found[start : start + size])


def _is_meant(request: web.Request, doc: Doc, text: str) -> bool:
    texts = (doc["name"], doc.get("emailAddress", ""), doc["displayName"])
    inactive_too = request.query.get("includeInactive") == "true"
    return (doc["active"] or inactive_too) and (text == "." or any(text in one.lower() for one in texts))


async def project_list(request: web.Request) -> web.Response:
    expand = set(split(request.query.getall("expand", [])))
    archived_too = request.query.get("includeArchived") == "true"
    return answer([
        {name: value for name, value in doc.items() if name not in ("lead", "description") or name in expand}
        for doc in site_of(request).catalog.projects
        if archived_too or not doc["archived"]
    ])  # fmt: skip


async def issue(request: web.Request) -> web.Response:
    query = request.query
    asked = view(split(query.getall("fields", [])), split(query.getall("expand", [])), default="*all", cap=_UNCAPPED)
    return raw(site_of(request).render([issues.find(request)], asked)[0])


async def search_get(request: web.Request) -> web.Response:
    query = request.query
    asked: dict[str, Any] = {name: query[name] for name in ("jql", "startAt", "maxResults") if name in query}
    asked |= {name: split(query.getall(name, [])) for name in ("fields", "expand")}
    return _search(site_of(request), asked | {"validateQuery": query.get("validateQuery") != "false"})


async def search_post(request: web.Request) -> web.Response:
    return _search(site_of(request), await body(request))


class _Lenient(Searcher):
    """`validateQuery: false`: ids that are not there are no error, only absent."""

    def _known(self, clause: Any, value: str) -> int:
        return self.resolve(value) or 0


def _search(site: Site, asked: dict[str, Any]) -> web.Response:
    expand = asked.get("expand")
    if not isinstance(expand, list | None):
        raise JiraError(400, "Cannot deserialize instance of `java.util.ArrayList` out of a string for `expand`.")
    shown = view(listed(asked.get("fields"), "fields"), expand or (), default="*navigable", cap=_UNCAPPED)
    start = whole(asked.get("startAt"), "startAt", 0)
    limit = min(whole(asked.get("maxResults"), "maxResults", 50), _LARGEST_PAGE)
    found = searcher(site)
    if asked.get("validateQuery") is False:
        found = _Lenient(found.index, found.now, found.zone, found.resolve)
    rows, _ = found.run(str(asked.get("jql") or ""))
    chosen = rows[start : start + max(1, int(limit * PAGE_SHARE.get()))].tolist()
    there = [number for row in chosen if site.resolve(str(number := int(found.index.ids[row]))) is not None]
    head = b'{"expand":"schema,names","startAt":%d,"maxResults":%d,"total":%d,"issues":[' % (start, limit, len(rows))
    return raw(head + b",".join(site.render(there, shown)) + b"]}")


async def reindex(request: web.Request) -> web.Response:
    """A switch of the sandbox, not of Jira: rewrite every indexed time, as a re-index does."""
    site = site_of(request)
    if isinstance(site, DataCenterSite):
        site.reindex()
    return answer({"issues": len(site.index)})


def routes() -> list[web.RouteDef]:
    base = "/rest/api/2"
    paths = {
        "serverInfo": server_info, "myself": myself, "field": meta.fields, "status": meta.statuses,
        "issuetype": meta.issue_types, "priority": meta.priorities, "resolution": meta.resolutions,
        "issueLinkType": meta.link_types, "user/search": users, "project": project_list, "search": search_get,
        "project/{project}": projects.one, "project/{project}/versions": projects.versions, "issue/{issue}": issue,
        "issue/{issue}/worklog": issues.worklogs, "worklog/updated": worklogs.updated,
        "worklog/deleted": worklogs.deleted, "mypermissions": access.my_permissions,
        "project/{project}/securitylevel": access.security_levels,
    }  # fmt: skip
    return [
        *(web.get(f"{base}/{path}", handler) for path, handler in paths.items()),
        web.post(f"{base}/search", search_post),
        web.post(f"{base}/worklog/list", worklogs.by_id),
        web.post("/sandbox/reindex", reindex),
    ]
