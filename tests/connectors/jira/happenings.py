"""What may happen at the source while the state machine plays: each by its name and two numbers that choose."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.jira.world_site import WorldSite

PROJECTS = (10_200, 10_201)
SPRINTS = (1, 2, 3)
FIELDS: tuple[tuple[str, Any], ...] = (
    *(("summary", "Another summary"), ("status", 10_003), ("status", 10_001), ("assignee", None)),
    *(("sprints", [1]), ("sprints", [2, 3]), ("labels", ["late"]), ("story_points", 8.0)),
)
Do = Callable[[WorldSite, int, int], object]


def _issue(site: WorldSite, choice: int) -> int:
    there = sorted(set(site.world.issues) - site.world.deleted)
    return there[choice % len(there)]


def _hidden(site: WorldSite, choice: int) -> int:
    hidden = sorted(site.world.secured)
    return hidden[choice % len(hidden)] if hidden else 0


def _update(site: WorldSite, which: int, how: int) -> object:
    field, value = FIELDS[how % len(FIELDS)]
    return site.do("update_issue", issue=_issue(site, which), field=field, value=value)


def _move(site: WorldSite, which: int, _how: int) -> object:
    issue = _issue(site, which)
    (other,) = {*PROJECTS} - {site.world.issues[issue].project_id}
    return site.do("move_issue", issue=issue, project=other)


def _restore(site: WorldSite, which: int, _how: int) -> None:
    """From a backup: the issue is there again, and its `updated` tells nothing."""
    gone = sorted(site.world.deleted)
    if gone:
        site.world.deleted.discard(gone[which % len(gone)])


def _worklog(edit: str) -> Do:
    def work(site: WorldSite, which: int, how: int) -> object:
        logs = sorted(site.world.worklogs)
        if not logs:
            raise JiraError(404, "none")
        more = {"seconds": 60 + how} if edit == "edit_worklog" else {}
        return site.do(edit, worklog=logs[which % len(logs)], **more)

    return work


HAPPENINGS: dict[str, Do] = {
    "create": lambda site, which, how: site.do("create_issue", project=PROJECTS[how % 2], summary=f"Made {which}"),
    "update": _update,
    "move": _move,
    "delete": lambda site, which, _: site.do("delete_issue", issue=_issue(site, which)),
    "restore": _restore,
    "archive issue": lambda site, which, _: site.do("archive_issue", issue=_issue(site, which)),
    "unarchive issue": lambda site, which, _: site.do("unarchive_issue", issue=_issue(site, which)),
    "hide": lambda site, which, _: site.do("hide_issue", issue=_issue(site, which)),
    "show": lambda site, which, _: site.do("show_issue", issue=_hidden(site, which)),
    "revoke": lambda site, which, how: site.do("revoke_browse", project=PROJECTS[which % 2], listed=bool(how % 2)),
    "grant": lambda site, which, _: site.do("grant_browse", project=PROJECTS[which % 2]),
    "archive project": lambda site, which, _: site.do("archive_project", project=PROJECTS[which % 2]),
    "trash project": lambda site, which, _: site.do("trash_project", project=PROJECTS[which % 2]),
    "restore project": lambda site, which, _: site.do("restore_project", project=PROJECTS[which % 2]),
    "start sprint": lambda site, which, _: site.do("start_sprint", sprint=SPRINTS[which % 3]),
    "close sprint": lambda site, which, _: site.do("close_sprint", sprint=SPRINTS[which % 3]),
    "rename sprint": lambda site, which, how: site.do("rename_sprint", sprint=SPRINTS[which % 3], name=f"Sprint {how}"),
    "release": lambda site, which, how: site.do("release_version", version=10_300 + which % 2, released=bool(how % 2)),
    "rename user": lambda site, which, how: site.do("rename_user", user=f"acc-{1 + which % 3}", name=f"Person {how}"),
    "log work": lambda site, which, how: site.do("add_worklog", issue=_issue(site, which), seconds=60 * (1 + how)),
    "edit work": _worklog("edit_worklog"),
    "strike work": _worklog("delete_worklog"),
}

OFTEN = {"create": 4, "update": 12, "move": 3, "delete": 3, "restore": 2, "grant": 3, "restore project": 3, "show": 2}
WEIGHTS = [OFTEN.get(name, 1) for name in HAPPENINGS]


def happen(site: WorldSite, draw: random.Random) -> list[str]:
    """Some of it; the names of what happened. What Jira would refuse does not happen."""
    happened = []
    for name in draw.choices(list(HAPPENINGS), WEIGHTS, k=draw.randint(1, 6)):
        with suppress(JiraError):
            HAPPENINGS[name](site, draw.randrange(60), draw.randrange(10))
            happened.append(name)
    return happened
