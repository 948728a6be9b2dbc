"""Cloud's documents as Data Center words them: users by name and key, wiki text, sprints as Java prints them."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import orjson

from connectors.sandbox.jira.field_catalog import EPIC_NAME
from connectors.sandbox.jira.issue_fields import EPIC_LINK, SPRINT, STORY_POINTS
from connectors.sandbox.jira.references import Doc

_NAMES = {"Story point estimate": "Story Points", "IssueParentAssociation": "Epic Link"}
_CLOUD_ONLY = ("statusCategory", "statuscategorychangedate")
_PEOPLE = ("assignee", "reporter", "creator")
_FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
_LABEL = "com.pyxis.greenhopper.jira:gh-epic-label"


def user_key(account_id: str) -> str:
    """As Data Center numbers users since 8.4; what a changelog names them by."""
    return f"JIRAUSER{zlib.crc32(account_id.encode())}"


def plain(value: Any) -> Any:
    """Any document, users and rich text replaced wherever they stand."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    if "accountId" in value:
        return _user(value)
    if value.get("type") == "doc" and "version" in value:
        return wiki(value)
    return {name: plain(part) for name, part in value.items() if name != "hierarchyLevel"}


def converted(doc: Any) -> Any:
    """`plain`, with addresses of version 2."""
    return plain(orjson.loads(orjson.dumps(doc).replace(b"/rest/api/3/", b"/rest/api/2/")))


def _user(doc: Doc) -> Doc:
    name = doc["accountId"]
    kept = {part: doc[part] for part in ("emailAddress", "avatarUrls", "displayName", "active", "timeZone")
            if part in doc}  # fmt: skip
    address = str(doc.get("self", "")).partition("?")[0]
    return {"self": f"{address}?username={name}", "name": name, "key": user_key(name), **kept}


def wiki(document: Doc) -> str:
    """The text of an Atlassian document, a line a paragraph."""
    lines = ["".join(_texts(block)) for block in document.get("content", [])]
    return "\r\n".join(lines)


def _texts(node: Doc) -> list[str]:
    own = [node["text"]] if "text" in node else []
    return own + [text for child in node.get("content", []) for text in _texts(child)]


def issue(doc: Doc) -> Doc:
    """A whole issue, as far as it is shown."""
    fields = doc.get("fields", {})
    kind = fields.get("issuetype", {})
    level = kind.get("hierarchyLevel", 0)
    shown = {name: value for name, value in fields.items() if name not in _CLOUD_ONLY}
    if level >= 0 and kind:
        shown.pop("parent", None)  # sub-tasks have one; epics are linked
    if level > 0:
        shown[EPIC_NAME] = fields.get("summary")
    if shown.get(SPRINT):
        shown[SPRINT] = [sprint_text(entry) for entry in shown[SPRINT]]
    found: Doc = converted({**doc, "fields": shown} if "fields" in doc else doc)
    if "changelog" in doc:
        log = doc["changelog"]
        oldest_first = [history(one) for one in reversed(log["histories"])]
        found["changelog"] = {**log, "maxResults": log["total"], "histories": oldest_first}
    return found


def history(doc: Doc) -> Doc:
    found: Doc = converted(doc)
    return {**found, "items": [_item(item) for item in doc["items"]]}


def _item(item: Doc) -> Doc:
    """Without the field's id, which only Cloud tells."""
    found = {name: value for name, value in item.items() if name != "fieldId"}
    if item["field"] in _PEOPLE:
        found |= {end: user_key(item[end]) for end in ("from", "to") if item[end]}
    if item["field"] in _NAMES:
        found |= {"field": _NAMES[item["field"]], "fieldtype": "custom"}
    return found


def sprint_text(entry: Doc) -> str:
    """As the sprint field shows it: `toString` of a Java object, nothing in it escaped."""
    parts = {
        "id": entry["id"], "rapidViewId": entry["boardId"], "state": entry["state"].upper(), "name": entry["name"],
        **{name: entry.get(name) or "<null>" for name in ("startDate", "endDate", "completeDate")},
        "activatedDate": entry.get("startDate") if entry["state"] != "future" else "<null>",
        "sequence": entry["id"], "goal": entry.get("goal") or "", "autoStartStop": "false", "synced": "false",
    }  # fmt: skip
    listed = ",".join(f"{name}={value}" for name, value in parts.items())
    return f"com.atlassian.greenhopper.service.sprint.Sprint@{entry['id'] * 7919:x}[{listed}]"


def fields(cloud: Sequence[Doc]) -> list[Doc]:
    """Field list: no keys, story points are a plain number, epics have a name of their own."""
    found = []
    for doc in cloud:
        if doc["id"] in _CLOUD_ONLY or doc["id"] == "parent":
            continue
        shown = {name: value for name, value in doc.items() if name != "key"}
        if doc["id"] == STORY_POINTS:
            shown |= {"name": _NAMES[doc["name"]], "schema": {**doc["schema"], "custom": _FLOAT}}
        found.append(shown)
        if doc["id"] == EPIC_LINK:
            schema = {"type": "string", "custom": _LABEL, "customId": int(EPIC_NAME.rpartition("_")[2])}
            found.append({**shown, "id": EPIC_NAME, "name": "Epic Name", "schema": schema})
    return found


def project(doc: Doc) -> Doc:
    shown: Doc = converted(doc)
    for name in ("style", "isPrivate", "simplified", "insight", "deleted"):
        shown.pop(name, None)
    return {**shown, "archived": bool(doc.get("archived"))}


def board(doc: Doc) -> Doc:
    return {name: doc[name] for name in ("id", "self", "name", "type")}
