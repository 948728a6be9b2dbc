"""Projects renamed, trashed, archived, restored, and taken out of the API user's sight."""

from __future__ import annotations

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.mutations.marks import open_project, project_of
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.world import World


def rename_project_key(world: World, project: int, key: str) -> Doc:
    """Every issue's key changes with it, and no issue's `updated` or history tells; the old keys still lead there."""
    held = open_project(world, project)
    taken = {name for one in world.projects.values() for name in (one.key, *one.old_keys) if one is not held}
    if not key.isalnum() or not key.isupper() or key in taken or key == held.key:
        raise JiraError(400, f"'{key}' cannot be the key of this project.")
    old, held.key = held.key, key
    held.old_keys = [*(name for name in held.old_keys if name != key), old]
    moved = [one for one in world.issues.values() if one.project_id == project]
    for issue in moved:
        issue.old_keys = [*(name for name in issue.old_keys if not name.startswith(f"{key}-")), issue.key]
        issue.key = f"{key}-{issue.key.rpartition('-')[2]}"
    return {"project": project, "key": key, "old_key": old, "issues": len(moved)}


def trash_project(world: World, project: int) -> Doc:
    """Into the recycle bin: its issues are out of sight; an archived project must be restored first."""
    open_project(world, project).trashed = True
    return {"project": project}


def archive_project(world: World, project: int) -> Doc:
    open_project(world, project).archived = True
    return {"project": project}


def restore_project(world: World, project: int) -> Doc:
    """Out of the trash or the archive."""
    held = project_of(world, project)
    if not (held.trashed or held.archived):
        raise JiraError(409, f"{held.key} is neither in the trash nor archived.")
    was = "trashed" if held.trashed else "archived"
    held.trashed = held.archived = False
    return {"project": project, "was": was}


def revoke_browse(world: World, project: int, *, listed: bool = False) -> Doc:
    """The API user may no longer browse it; `listed` still shows the project itself, as to its administrator."""
    project_of(world, project)
    world.unbrowsable[project] = listed
    return {"project": project, "listed": listed}


def grant_browse(world: World, project: int) -> Doc:
    if world.unbrowsable.pop(project, None) is None:
        raise JiraError(409, f"Project {project} can be browsed already.")
    return {"project": project}
