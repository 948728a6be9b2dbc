"""The field list of a sandbox site: system fields and the few custom ones, found by their type."""

from __future__ import annotations

from collections.abc import Iterable

from connectors.sandbox.jira.references import Doc
from connectors.sandbox.world import CustomField

EPIC_NAME = "customfield_10011"  # Data Center shows it on epics
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
    "votes": ("Votes", "votes", None), "watches": ("Watchers", "watches", None),
    "workratio": ("Work Ratio", "number", None), "lastViewed": ("Last Viewed", "datetime", None),
    "progress": ("Progress", "progress", None), "timetracking": ("Time tracking", "timetracking", None),
    "comment": ("Comment", "comments-page", None), "attachment": ("Attachment", "array", "attachment"),
}  # fmt: skip
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"
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


def field_documents(custom_fields: Iterable[CustomField] = ()) -> list[Doc]:
    """What both lists of a site know of, each once."""
    found = []
    for key, (name, kind, items) in _SYSTEM.items():
        found.append(_field(key, name, custom=False, schema=_schema(kind, items) | {"system": key}))
    for number, (name, kind, items, custom) in _CUSTOM.items():
        schema = _schema(kind, items) | {"custom": custom, "customId": number}
        found.append(_field(f"customfield_{number}", name, custom=True, schema=schema))
    parent: Doc = {"id": "parent", "key": "parent", "name": "Parent", "custom": False, "orderable": False}
    found.append(parent | {"navigable": True, "searchable": False, "clauseNames": ["parent"]})
    return found + [custom_field(entry) for entry in custom_fields]


def custom_field(entry: CustomField) -> Doc:
    schema = _schema(entry.kind, entry.items) | {"custom": f"{_TYPES}:{entry.custom}", "customId": entry.id}
    doc = _field(entry.key, entry.name, custom=True, schema=schema)
    if entry.project_id is not None:
        doc["scope"] = {"type": "PROJECT", "project": {"id": str(entry.project_id)}}
    return doc


def _schema(kind: str, items: str | None) -> Doc:
    return {"type": kind} | ({"items": items} if items else {})
