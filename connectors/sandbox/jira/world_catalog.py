"""The metadata of a simulated world, rendered for the small endpoints."""

from __future__ import annotations

from connectors.sandbox.jira.catalog import Catalog
from connectors.sandbox.jira.clock import millis, stamp_utc
from connectors.sandbox.jira.field_catalog import field_documents
from connectors.sandbox.jira.issue_fields import IssueFields
from connectors.sandbox.jira.references import (
    AGILE,
    API,
    SITE,
    Doc,
    issue_type,
    sprint_dates,
    status,
    user,
    version_reference,
)
from connectors.sandbox.world import Board, Project, Sprint, Version

_STATE_ORDER = {"closed": 0, "active": 1, "future": 2}


def catalog(fields: IssueFields) -> Catalog:
    world, refs = fields.world, fields.refs
    projects = sorted(world.projects.values(), key=lambda entry: entry.key)
    return Catalog(
        fields=field_documents(world.custom_fields.values()),
        listed_fields=_told_by(fields, "list"),
        searched_fields=_told_by(fields, "search"),
        statuses=[status(entry) for entry in world.statuses.values()],
        issue_types=[issue_type(entry) for entry in world.issue_types.values()],
        priorities=[_priority(doc) for name in refs.priorities if (doc := refs.priority(name))],
        resolutions=[doc for name in refs.resolutions if (doc := refs.resolution(name))],
        link_types=[refs.link_type(name) for name in refs.link_types],
        users=[user(person) for person in world.people.values()],
        projects=[_project(fields, entry) for entry in projects],
        browsable={str(entry.id) for entry in projects if entry.id not in world.unbrowsable},
        secured={str(entry.id) for entry in projects if entry.has_security},
        properties={
            str(entry.id): {"slipstream": {"known_until": entry.known_until.isoformat()}}
            for entry in projects
            if entry.known_until
        },
        versions={str(entry.id): [_version(entry, item) for item in entry.versions] for entry in projects},
        boards=[_board(fields, entry) for entry in world.boards.values()],
        columns={entry.id: _columns(fields) for entry in world.boards.values()},
        sprints=_sprints(fields),
        worklogs={str(entry.id): fields.worklog(entry) for entry in world.worklogs.values()},
        worklogs_gone={str(number): millis(when) for number, when in world.deleted_worklogs.items()},
    )


def _told_by(fields: IssueFields, which: str) -> frozenset[str]:
    return frozenset(entry.key for entry in fields.world.custom_fields.values() if entry.told_by == which)


def _priority(doc: Doc) -> Doc:
    return {**doc, "description": "", "statusColor": "#ea4444", "isDefault": doc["name"] == "Medium"}


def _project(fields: IssueFields, project: Project) -> Doc:
    world, refs = fields.world, fields.refs
    issues = [issue.updated for issue in world.issues.values() if issue.project_id == project.id]
    insight: Doc = {"totalIssueCount": len(issues)}
    if issues:
        insight["lastIssueUpdateTime"] = stamp_utc(max(issues)).replace("Z", "+0000")
    doc = {
        "expand": "description,lead,issueTypes,url,projectKeys,permissions,insight", **refs.project(project.id),
        "style": "classic", "isPrivate": False, "description": project.description, "insight": insight,
    }  # fmt: skip
    lead = refs.user(project.lead)
    doc |= {"lead": lead} if lead else {}
    doc |= {"projectKeys": [*project.old_keys, project.key]}
    doc |= {"archived": True} if project.archived else {}
    return doc | ({"deleted": True} if project.trashed else {})


def _version(project: Project, version: Version) -> Doc:
    doc = version_reference(version) | {"projectId": project.id}
    return doc | ({"startDate": version.starts_on.isoformat()} if version.starts_on else {})


def _board(fields: IssueFields, board: Board) -> Doc:
    project = fields.world.projects[board.project_id]
    location = {
        "projectId": project.id, "displayName": f"{project.name} ({project.key})", "projectName": project.name,
        "projectKey": project.key, "projectTypeKey": "software", "name": f"{project.name} ({project.key})",
        "avatarURI": f"{API}/universal_avatar/view/type/project/avatar/10400?size=small",
    }  # fmt: skip
    return {
        "id": board.id, "self": f"{AGILE}/board/{board.id}", "name": board.name, "type": board.type,
        "location": location,
    }  # fmt: skip


def _columns(fields: IssueFields) -> list[Doc]:
    return [
        {"name": entry.name, "statuses": [{"id": str(entry.id), "self": f"{SITE}/rest/api/2/status/{entry.id}"}]}
        for entry in fields.world.statuses.values()
    ]


def _sprints(fields: IssueFields) -> dict[int, list[Doc]]:
    found: dict[int, list[Doc]] = {board_id: [] for board_id in fields.world.boards}
    ordered = sorted(fields.world.sprints.values(), key=lambda entry: (_STATE_ORDER[entry.state], entry.id))
    for entry in ordered:
        found.setdefault(entry.board_id, []).append(_sprint(entry))
    return found


def _sprint(entry: Sprint) -> Doc:
    doc: Doc = {"id": entry.id, "self": f"{AGILE}/sprint/{entry.id}", "state": entry.state, "name": entry.name}
    return doc | sprint_dates(entry) | {"originBoardId": entry.board_id, "goal": entry.goal}
