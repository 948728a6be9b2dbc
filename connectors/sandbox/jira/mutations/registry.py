"""Every edit by its name, and the one way to do them: arguments checked, the clock moved on, nothing half done."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.mutations import issues, plans, projects, worklogs
from connectors.sandbox.jira.mutations.switches import SWITCHES, Switched
from connectors.sandbox.jira.references import Doc

TICK: Final = timedelta(milliseconds=1)  # no two edits happen at the same instant, as at a real site

EDITS: Final[Mapping[str, Callable[..., Doc]]] = {
    edit.__name__: edit
    for edit in (
        issues.create_issue,
        issues.update_issue,
        issues.move_issue,
        issues.delete_issue,
        issues.archive_issue,
        issues.unarchive_issue,
        issues.hide_issue,
        issues.show_issue,
        projects.rename_project_key,
        projects.trash_project,
        projects.archive_project,
        projects.restore_project,
        projects.revoke_browse,
        projects.grant_browse,
        plans.start_sprint,
        plans.close_sprint,
        plans.rename_sprint,
        plans.move_version,
        plans.release_version,
        plans.rename_user,
        worklogs.add_worklog,
        worklogs.edit_worklog,
        worklogs.delete_worklog,
    )
}


def plain(args: Mapping[str, Any]) -> dict[str, Any]:
    """As JSON carries them, so that an edit means the same over HTTP, in process and when it is replayed."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(dict(args)))
    return found


def _called(name: str, function: Callable[..., Any], first: object, args: Mapping[str, Any]) -> Any:
    """Call it, or say what is wrong with the arguments."""
    try:
        inspect.signature(function).bind(first, **args)
    except TypeError as error:
        raise JiraError(400, f"{name}: {error}.") from error
    try:
        return function(first, **args)
    except (TypeError, ValueError) as error:
        raise JiraError(400, f"{name} cannot be done with {args}: {error}.") from error


def perform(site: Switched, name: str, args: Mapping[str, Any]) -> Doc:
    """Turn a switch, or do an edit a tick after the last; what is refused leaves the site as it was."""
    if name in SWITCHES:
        turned: Doc = _called(name, SWITCHES[name], site, args)
        return turned
    if name not in EDITS:
        raise JiraError(404, f"There is no edit {name!r}; there are {', '.join([*EDITS, *SWITCHES])}.")
    world = site.world
    now, serial = world.now, world.serial
    world.now = now + TICK
    try:
        done: Doc = _called(name, EDITS[name], world, args)
    except JiraError:
        world.now, world.serial = now, serial
        raise
    return done
