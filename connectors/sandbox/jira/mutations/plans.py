"""What changes without any issue's `updated` telling: sprints, versions, users."""

from __future__ import annotations

from datetime import date, timedelta

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.world import Sprint, Version, World


def _sprint(world: World, number: int, state: str | None = None) -> Sprint:
    sprint = world.sprints.get(number)
    if sprint is None:
        raise JiraError(404, "Sprint does not exist or you do not have permission to view it.")
    if state is not None and sprint.state != state:
        raise JiraError(409, f"Sprint {number} is {sprint.state}, not {state}.")
    return sprint


def _version(world: World, number: int) -> Version:
    for project in world.projects.values():
        for version in project.versions:
            if version.id == number:
                return version
    raise JiraError(404, f"Could not find version for id '{number}'.")


def start_sprint(world: World, sprint: int) -> Doc:
    held = _sprint(world, sprint, "future")
    length = held.ends_at - held.starts_at
    held.state, held.starts_at, held.ends_at = "active", world.now, world.now + max(length, timedelta(days=1))
    return {"sprint": sprint}


def close_sprint(world: World, sprint: int) -> Doc:
    held = _sprint(world, sprint, "active")
    held.state, held.completed_at = "closed", world.now
    return {"sprint": sprint}


def rename_sprint(world: World, sprint: int, name: str) -> Doc:
    held = _sprint(world, sprint)
    old, held.name = held.name, name
    return {"sprint": sprint, "name": name, "old_name": old}


def move_version(world: World, version: int, releases_on: str | None, starts_on: str | None = None) -> Doc:
    """Other dates for a version; a start that is not given stays."""
    held = _version(world, version)
    held.releases_on = None if releases_on is None else date.fromisoformat(releases_on)
    if starts_on is not None:
        held.starts_on = date.fromisoformat(starts_on)
    return {"version": version}


def release_version(world: World, version: int, *, released: bool = True) -> Doc:
    _version(world, version).released = released
    return {"version": version, "released": released}


def rename_user(world: World, user: str, name: str) -> Doc:
    person = world.people.get(user)
    if person is None:
        raise JiraError(404, f"There is no user {user!r}.")
    old, person.display_name = person.display_name, name
    return {"user": user, "name": name, "old_name": old}
