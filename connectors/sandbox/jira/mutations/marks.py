"""What the edits share: finding what they name, numbering what they make, and writing history as Jira does."""

from __future__ import annotations

from connectors.sandbox.jira.errors import NO_ISSUE, JiraError
from connectors.sandbox.world import Change, History, Issue, Project, World

_OWN_IDS = 5_000_000  # of issues and worklogs made by hand, clear of what a simulator numbers
_OWN_HISTORIES = 900_000_000


def next_id(world: World) -> int:
    world.serial += 1
    return _OWN_IDS + world.serial


def issue_of(world: World, number: int) -> Issue:
    """An issue that is there, whether or not the API user may see it."""
    issue = world.issues.get(number)
    if issue is None or number in world.deleted:
        raise JiraError(404, NO_ISSUE)
    return issue


def open_issue(world: World, number: int) -> Issue:
    """One that can be edited: nothing in an archive or in the trash can."""
    issue = issue_of(world, number)
    project = world.projects[issue.project_id]
    if issue.archived_at or project.archived or project.trashed:
        raise JiraError(409, f"{issue.key} is archived or in the trash and cannot be edited.")
    return issue


def project_of(world: World, number: int) -> Project:
    project = world.projects.get(number)
    if project is None:
        raise JiraError(404, f"No project could be found with id '{number}'.")
    return project


def open_project(world: World, number: int) -> Project:
    project = project_of(world, number)
    if project.archived or project.trashed:
        raise JiraError(409, f"{project.key} is archived or in the trash.")
    return project


def someone(world: World, account: str | None) -> str:
    """That person, or the first there is."""
    if account is None:
        return next(iter(world.people))
    if account not in world.people:
        raise JiraError(404, f"There is no user {account!r}.")
    return account


def record(world: World, issue: Issue, author: str | None, *changes: Change) -> int:
    """The issue is updated now, and its history says how; the history's id."""
    world.serial += 1
    number = _OWN_HISTORIES + world.serial
    issue.histories.append(History(number, someone(world, author), world.now, list(changes)))
    issue.updated = world.now
    return number


def free_key(world: World, project: Project) -> str:
    """The next key of the project: no number is used twice, not even one that moved away or was deleted."""
    names = {project.key, *project.old_keys}
    taken = [0]
    for issue in world.issues.values():
        for key in (issue.key, *issue.old_keys):
            name, _, number = key.rpartition("-")
            if name in names and number.isdigit():
                taken.append(int(number))
    return f"{project.key}-{max(taken) + 1}"
