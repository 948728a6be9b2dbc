"""What the API user sees of a world: nothing deleted, trashed or archived, and nothing its permissions hide.

The world itself keeps everything, so that whoever moves it never stumbles over what the user cannot see.
"""

from __future__ import annotations

from dataclasses import replace

from connectors.sandbox.world import World


def visible(world: World) -> World:
    """The same world without what is out of sight; a project in the trash or archive is still listed as such."""
    projects = {one.id: one for one in world.projects.values() if world.unbrowsable.get(one.id, True)}
    open_ = {one.id for one in projects.values() if not (one.trashed or one.archived)} - world.unbrowsable.keys()
    gone = world.deleted | world.secured
    issues = {one.id: one for one in world.issues.values() if one.project_id in open_ and one.id not in gone}
    return replace(
        world,
        projects=projects,
        issues=issues,
        boards={one.id: one for one in world.boards.values() if one.project_id in open_},
        links={one.id: one for one in world.links.values() if one.source in issues and one.target in issues},
        worklogs={one.id: one for one in world.worklogs.values() if one.issue_id in issues},
    )


def searchable(world: World) -> World:
    """Of a visible world, what a search can find: an archived issue is had by id only."""
    return replace(world, issues={one.id: one for one in world.issues.values() if one.archived_at is None})


def keys(world: World) -> dict[str, int]:
    """Every key that leads to an issue; a key that someone has today goes before one that someone had."""
    issues = world.issues.values()
    former = {key.upper(): issue.id for issue in issues for key in issue.old_keys}
    return former | {issue.key.upper(): issue.id for issue in issues}
