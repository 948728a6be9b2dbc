"""Every way an issue can change, each setting the value and wording the change as Jira does, so the two cannot part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from connectors.sandbox.portfolio import catalog
from connectors.sandbox.world import Change, History, Issue, World


@dataclass
class Journal:
    """Writes histories; ids are given when a day closes, so that they rise with time across projects."""

    next_id: int = 100_000
    fresh: list[History] = field(default_factory=list)

    def write(self, issue: Issue, author: str, when: datetime, changes: Sequence[Change]) -> None:
        if not changes:
            return
        history = History(0, author, when, list(changes))
        issue.histories.append(history)
        issue.updated = max(issue.updated, when)
        self.fresh.append(history)

    def close_day(self) -> None:
        self.fresh.sort(key=lambda history: history.created)
        for history in self.fresh:
            history.id = self.next_id
            self.next_id += 1
        self.fresh.clear()


def status(world: World, issue: Issue, status_id: int) -> Change:
    old, new = world.statuses[issue.status_id], world.statuses[status_id]
    issue.status_id = status_id
    return Change("status", "status", "jira", str(old.id), old.name, str(new.id), new.name)


def assignee(world: World, issue: Issue, account_id: str | None) -> Change:
    old, issue.assignee = issue.assignee, account_id
    names = [world.people[who].display_name if who else None for who in (old, account_id)]
    return Change("assignee", "assignee", "jira", old, names[0], account_id, names[1])


def sprint(world: World, issue: Issue, sprint_ids: list[int]) -> Change:
    old, issue.sprint_ids = issue.sprint_ids, sprint_ids
    ids = [", ".join(str(one) for one in group) for group in (old, sprint_ids)]
    names = [", ".join(world.sprints[one].name for one in group) for group in (old, sprint_ids)]
    return Change("Sprint", catalog.SPRINT_FIELD, "custom", ids[0], names[0], ids[1], names[1])


def points(issue: Issue, value: float | None) -> Change:
    old, issue.story_points = issue.story_points, value
    texts = [None if one is None else f"{one:g}" for one in (old, value)]
    return Change("Story Points", catalog.POINTS_FIELD, "custom", None, texts[0], None, texts[1])


def priority(issue: Issue, name: str) -> Change:
    old, issue.priority = issue.priority, name
    ids = [str(catalog.PRIORITIES[one]) for one in (old, name)]
    return Change("priority", "priority", "jira", ids[0], old, ids[1], name)


def resolution(issue: Issue, name: str | None, when: datetime | None) -> Change:
    old, issue.resolution, issue.resolved = issue.resolution, name, when
    ids = [str(catalog.RESOLUTIONS[one]) if one else None for one in (old, name)]
    return Change("resolution", "resolution", "jira", ids[0], old, ids[1], name)


def flagged(issue: Issue, value: bool) -> Change:
    issue.flagged = value
    on, off = (catalog.FLAG_ID, catalog.FLAG_NAME), ("", "")
    old, new = (off, on) if value else (on, off)
    return Change("Flagged", catalog.FLAGGED_FIELD, "custom", old[0], old[1], new[0], new[1])


def parent(world: World, issue: Issue, parent_id: int | None) -> Change:
    old, issue.parent_id = issue.parent_id, parent_id
    ids = [str(one) if one else None for one in (old, parent_id)]
    keys = [world.issues[one].key if one else None for one in (old, parent_id)]
    return Change("IssueParentAssociation", "parent", "jira", ids[0], keys[0], ids[1], keys[1])


def version(issue: Issue, name: str, version_id: int, *, added: bool) -> Change:
    (issue.version_ids.append if added else issue.version_ids.remove)(version_id)
    there: tuple[str | None, str | None] = (str(version_id), name)
    nowhere: tuple[str | None, str | None] = (None, None)
    old, new = (nowhere, there) if added else (there, nowhere)
    return Change("Fix Version", "fixVersions", "jira", old[0], old[1], new[0], new[1])


def due(issue: Issue, day: date | None) -> Change:
    old, issue.due_on = issue.due_on, day
    ids = [one.isoformat() if one else None for one in (old, day)]
    texts = [f"{one} 00:00:00.0" if one else None for one in ids]
    return Change("duedate", "duedate", "jira", ids[0], texts[0], ids[1], texts[1])


def link(type_name: str, other_key: str, *, outward: bool, added: bool) -> Change:
    """The change one end of a link shows; the link itself lives in the world."""
    text = f"This issue {catalog.LINK_WORDS[type_name][0 if outward else 1]} {other_key}"
    there: tuple[str | None, str | None] = (other_key, text)
    nowhere: tuple[str | None, str | None] = (None, None)
    old, new = (nowhere, there) if added else (there, nowhere)
    return Change("Link", "issuelinks", "jira", old[0], old[1], new[0], new[1])
