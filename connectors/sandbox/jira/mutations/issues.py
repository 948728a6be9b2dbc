"""Issues made, edited, moved, deleted, archived, and hidden by a security level."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.mutations.marks import (
    free_key,
    issue_of,
    next_id,
    open_issue,
    open_project,
    record,
    someone,
)
from connectors.sandbox.jira.references import Doc, component
from connectors.sandbox.portfolio import changes
from connectors.sandbox.world import Change, Issue, Project, World


def create_issue(
    world: World, project: int, summary: str = "Made by hand", type_id: int | None = None, parent: int | None = None
) -> Doc:
    """A new issue of a standard type in the first status of the site."""
    home = open_project(world, project)
    kinds = [kind.id for kind in world.issue_types.values() if kind.hierarchy_level == 0]
    if type_id is not None and type_id not in world.issue_types:
        raise JiraError(404, f"There is no issue type {type_id}.")
    above = None if parent is None else open_issue(world, parent).id
    key, number = free_key(world, home), next_id(world)
    world.issues[number] = Issue(
        id=number, key=key, project_id=project, type_id=type_id or kinds[0], summary=summary,
        status_id=next(iter(world.statuses)), priority="Medium", created=world.now, updated=world.now,
        reporter=someone(world, None), parent_id=above,
    )  # fmt: skip
    return {"issue": number, "key": key}


def _text(name: str) -> Callable[[World, Issue, Any], Change]:
    def edit(_world: World, issue: Issue, value: Any) -> Change:
        old = getattr(issue, name)
        setattr(issue, name, str(value))
        return Change(name, name, "jira", None, old, None, str(value))

    return edit


def _labels(_world: World, issue: Issue, value: Any) -> Change:
    old, issue.labels = issue.labels, [str(one) for one in value]
    return Change("labels", "labels", "jira", None, " ".join(old), None, " ".join(issue.labels))


def _status(world: World, issue: Issue, value: Any) -> Change:
    if int(value) not in world.statuses:
        raise JiraError(404, f"There is no status {value}.")
    return changes.status(world, issue, int(value))


def _assignee(world: World, issue: Issue, value: Any) -> Change:
    return changes.assignee(world, issue, None if value is None else someone(world, value))


def _sprints(world: World, issue: Issue, value: Any) -> Change:
    if not {int(one) for one in value} <= world.sprints.keys():
        raise JiraError(404, "One of the sprints does not exist.")
    return changes.sprint(world, issue, [int(one) for one in value])


def _parent(world: World, issue: Issue, value: Any) -> Change:
    return changes.parent(world, issue, None if value is None else open_issue(world, int(value)).id)


_EDITS: dict[str, Callable[[World, Issue, Any], Change]] = {
    "summary": _text("summary"),
    "description": _text("description"),
    "labels": _labels,
    "status": _status,
    "assignee": _assignee,
    "sprints": _sprints,
    "parent": _parent,
    "priority": lambda _world, issue, value: changes.priority(issue, value),
    "story_points": lambda _world, issue, value: changes.points(issue, value),
    "flagged": lambda _world, issue, value: changes.flagged(issue, value),
    "due_on": lambda _world, issue, value: changes.due(issue, None if value is None else date.fromisoformat(value)),
}


def update_issue(world: World, issue: int, field: str, value: Any, author: str | None = None) -> Doc:
    """Set one field; its history says so. A status of the category done resolves, any other does the reverse."""
    if field not in _EDITS:
        raise JiraError(400, f"Field '{field}' cannot be set. Fields: {', '.join(_EDITS)}.")
    held = open_issue(world, issue)
    written = [_EDITS[field](world, held, value)]
    is_done = world.statuses[held.status_id].category == "done"
    if field == "status" and is_done != (held.resolution is not None):
        written.append(changes.resolution(held, "Done" if is_done else None, world.now if is_done else None))
    return {"issue": issue, "field": field, "history": record(world, held, author, *written)}


def _family(world: World, issue: Issue) -> list[Issue]:
    """The issue with its sub-tasks, which go wherever it goes."""
    levels = world.issue_types
    mine = [one for one in world.issues.values() if one.parent_id == issue.id and one.id not in world.deleted]
    return [issue, *(one for one in mine if levels[one.type_id].hierarchy_level < 0)]


def _left_behind(project: Project, issue: Issue) -> list[Change]:
    """Components and versions are the project's own: whoever moves away loses them, and the history says so."""
    parts = [(component(project.id, name)["id"], name) for name in issue.components]
    lost = [Change("Component", "components", "jira", number, name, None, None) for number, name in parts]
    versions = [version for version in project.versions if version.id in issue.version_ids]
    return lost + [changes.version(issue, version.name, version.id, added=False) for version in versions]


def move_issue(world: World, issue: int, project: int, author: str | None = None) -> Doc:
    """To another project, sub-tasks and all: same id, a new key; versions and components stay behind."""
    held, home = open_issue(world, issue), open_project(world, project)
    if held.project_id == project:
        raise JiraError(409, f"{held.key} is in {home.key} already.")
    keys = {}
    for one in _family(world, held):
        old, key = world.projects[one.project_id], free_key(world, home)
        items = [
            Change("project", "project", "jira", str(old.id), old.name, str(home.id), home.name),
            Change("Key", "issuekey", "jira", None, one.key, None, key),
            *_left_behind(old, one),
        ]
        one.old_keys.append(one.key)
        one.key, one.project_id, one.version_ids, one.components = key, project, [], []
        record(world, one, author, *items)
        keys[str(one.id)] = key
    return {"issue": issue, "project": project, "keys": keys}


def delete_issue(world: World, issue: int) -> Doc:
    """For good, with its sub-tasks and worklogs."""
    gone = [one.id for one in _family(world, open_issue(world, issue))]
    world.deleted.update(gone)
    return {"deleted": gone}


def archive_issue(world: World, issue: int) -> Doc:
    """With its sub-tasks: no search finds them, a fetch by id still does."""
    family = _family(world, open_issue(world, issue))
    for one in family:
        one.archived_at = world.now
    return {"archived": [one.id for one in family]}


def unarchive_issue(world: World, issue: int) -> Doc:
    held = issue_of(world, issue)
    if held.archived_at is None:
        raise JiraError(409, f"{held.key} is not archived.")
    family = _family(world, held)
    for one in family:
        one.archived_at = None
    return {"unarchived": [one.id for one in family]}


def hide_issue(world: World, issue: int) -> Doc:
    """Give it a security level that the API user is not in; for the user it is as if it were deleted."""
    held = open_issue(world, issue)
    world.projects[held.project_id].has_security = True
    world.secured.add(issue)
    return {"issue": issue}


def show_issue(world: World, issue: int) -> Doc:
    if issue not in world.secured:
        raise JiraError(409, "The issue is not hidden.")
    world.secured.discard(issue)
    return {"issue": issue}
