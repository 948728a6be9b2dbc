"""Answers that leave something out: issues of a bulk fetch, or lists that an issue should carry."""

from __future__ import annotations

from typing import Any

import orjson
from aiohttp import web

from connectors.sandbox.jira.fault_base import Fault
from connectors.sandbox.jira.fault_pages import PageFault


class Omission(Fault):
    """A bulk fetch silently leaves out issues that are there: the first, the middle and the last of what it found."""

    from_then_on = True

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if not request.path.endswith("/issue/bulkfetch") or not isinstance(response, web.Response):
            return response
        doc = orjson.loads(bytes(response.body or b"{}"))  # type: ignore[arg-type]
        held = doc.get("issues", [])
        out = {0, len(held) // 2, len(held) - 1}
        doc["issues"] = [issue for place, issue in enumerate(held) if place not in out]
        doc["issueErrors"] = self.told([issue for place, issue in enumerate(held) if place in out])
        return web.Response(body=orjson.dumps(doc), content_type="application/json")

    def told(self, issues: list[dict[str, Any]]) -> list[dict[str, str]]:
        """What the answer says of the issues that it leaves out."""
        return []


class IssueErrors(Omission):
    """A bulk fetch cannot give the same issues this time, and says so: an error that may pass, in Jira's words."""

    def told(self, issues: list[dict[str, Any]]) -> list[dict[str, str]]:
        return [{"id": issue["id"], "errorMessage": "The issue could not be retrieved."} for issue in issues]


class NoHistories(Fault):
    """A bulk fetch of changelogs silently leaves out every one of them."""

    from_then_on = True

    async def alter(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        if not request.path.endswith("/changelog/bulkfetch") or response.status != 200:
            return response
        return web.json_response({"issueChangeLogs": []})


class NoComments(PageFault):
    """Issues come without the list of their comments."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        for issue in page["issues"]:
            issue.get("fields", {}).pop("comment", None)
        return page


class NoChangelog(PageFault):
    """Issues come without their changelog, although it was asked for."""

    def page(self, page: dict[str, Any]) -> dict[str, Any]:
        for issue in page["issues"]:
            issue.pop("changelog", None)
        return page


KINDS: dict[str, type[Fault]] = {
    "omit": Omission,
    "issue_errors": IssueErrors,
    "no_histories": NoHistories,
    "no_comments": NoComments,
    "no_changelog": NoChangelog,
}
