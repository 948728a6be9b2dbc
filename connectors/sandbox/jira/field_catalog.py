"""The field list of a sandbox site: system fields and the few custom ones, found by their type."""

from __future__ import annotations

from connectors.sandbox.jira.references import Doc

_SYSTEM = {
    "summary": ("Summary", "string", None), "status": ("Status", "status", None),
    "statusCategory": ("Status Category", "statusCategory", None),
    "statuscategorychangedate": ("Status Category Changed", "datetime", None),
    "issuetype": ("Work type", "issuetype", None), "project": ("Project", "project", None),
    "priority": ("Priority", "priority", None), "resolution": ("Resolution", "resolution", None),
    "resolutiondate": ("Resolved", "datetime", None), "created": ("Created", "datetime", None),
    "updated": ("Updated", "datetime", None), "duedate": ("Due date", "date", None),
    "assignee": ("Assignee", "user", None), "reporter": ("Reporter", "user", None),
    "creator": ("Creator", "user", None), "labels": ("Labels", "array", "string"),
    "fixVersions": ("Fix versions", "array", "version"), "versions": ("Affects versions", "array", "version"),
    "components": ("Components", "array", "component"), "issuelinks": ("Linked Issues", "array", "issuelinks"),
    "subtasks": ("Sub-tasks", "array", "issuelinks"), "description": ("Description", "string", None),
    "environment": ("Environment", "string", None), "timespent": ("Time Spent", "number", None),
    "timeestimate": ("Remaining Estimate", "number", None),
    "timeoriginalestimate": ("Original estimate", "number", None), "worklog": ("Log Work", "array", "worklog"),
    "comment": ("Comment", "comments-page", None),
    "votes": ("Votes", "votes", None), "watches": ("Watchers", "watches", None),
    "workratio": ("Work Ratio", "number", None), "lastViewed": ("Last Viewed", "datetime", None),
    "progress": ("Progress", "progress", None), "timetracking": ("Time tracking", "timetracking", None),
}  # fmt: skip
_CUSTOM = {
    10014: ("Epic Link", "any", None, "com.pyxis.greenhopper.jira:gh-epic-link"),
    10016: ("Story point estimate", "number", None, "com.pyxis.greenhopper.jira:jsw-story-points"),
    10020: ("Sprint", "array", "json", "com.pyxis.greenhopper.jira:gh-sprint"),
    10021: ("Flagged", "array", "option", "com.atlassian.jira.plugin.system.customfieldtypes:multicheckboxes"),
}


def _field(key: str, name: str, *, custom: bool, schema: Doc) -> Doc:
    clauses = [f"cf[{schema['customId']}]", name] if custom else [key]
    return {
        "id": key, "key": key, "name": name, "custom": custom, "orderable": True, "navigable": True,
        "searchable": True, "clauseNames": clauses, "schema": schema,
    }  # fmt: skip


def field_documents() -> list[Doc]:
    found = []
    for key, (name, kind, items) in _SYSTEM.items():
        found.append(_field(key, name, custom=False, schema=_schema(kind, items) | {"system": key}))
    for number, (name, kind, items, custom) in _CUSTOM.items():
        schema = _schema(kind, items) | {"custom": custom, "customId": number}
        found.append(_field(f"customfield_{number}", name, custom=True, schema=schema))
    parent: Doc = {"id": "parent", "key": "parent", "name": "Parent", "custom": False, "orderable": False}
    return [*found, parent | {"navigable": True, "searchable": False, "clauseNames": ["parent"]}]


def _schema(kind: str, items: str | None) -> Doc:
    return {"type": kind} | ({"items": items} if items else {})
