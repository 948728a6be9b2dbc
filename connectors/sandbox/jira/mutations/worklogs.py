"""Work logged, corrected and struck out, each with the history that Jira writes on the issue."""

from __future__ import annotations

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.mutations.marks import next_id, open_issue, record, someone
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.world import Change, Issue, Worklog, World


def _spent(world: World, issue: Issue) -> int:
    return sum(log.seconds for log in world.worklogs.values() if log.issue_id == issue.id)


def _worklog(world: World, number: int) -> Worklog:
    log = world.worklogs.get(number)
    if log is None:
        raise JiraError(404, f"Cannot find worklog with id: '{number}'.")
    return log


def _note(world: World, issue: Issue, author: str | None, before: int) -> int:
    old, new = str(before), str(_spent(world, issue))
    return record(world, issue, author, Change("timespent", "timespent", "jira", old, old, new, new))


def add_worklog(world: World, issue: int, seconds: int, author: str | None = None) -> Doc:
    held = open_issue(world, issue)
    before, number = _spent(world, held), next_id(world)
    who = someone(world, author)
    world.worklogs[number] = Worklog(number, issue, who, world.now, int(seconds), world.now, world.now)
    return {"worklog": number, "issue": issue, "history": _note(world, held, author, before)}


def edit_worklog(world: World, worklog: int, seconds: int) -> Doc:
    log = _worklog(world, worklog)
    held = open_issue(world, log.issue_id)
    before = _spent(world, held)
    log.seconds, log.updated = int(seconds), world.now
    return {"worklog": worklog, "issue": held.id, "history": _note(world, held, log.author, before)}


def delete_worklog(world: World, worklog: int) -> Doc:
    """Gone from the issue; the feed of deleted worklogs tells."""
    log = _worklog(world, worklog)
    held = open_issue(world, log.issue_id)
    before = _spent(world, held)
    del world.worklogs[worklog]
    world.deleted_worklogs[worklog] = world.now
    return {"worklog": worklog, "issue": held.id, "history": _note(world, held, log.author, before)}
