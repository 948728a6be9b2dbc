"""What the state machine knows of the source and of the copy, each in the same plain words, so that they compare.

The source is read from the world behind the sandbox, never through its wire; the copy from what is committed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connectors.jira import checkpoint, wire
from connectors.sandbox.jira.world_site import WorldSite
from connectors.sandbox.world import Issue
from tests.connectors.jira.homes import Home, Version

Face = tuple[Any, ...]


def face_of(issue: Issue) -> Face:
    """What an issue looks like: key, project, summary, status, sprints, time of its last update."""
    updated = issue.updated.replace(microsecond=issue.updated.microsecond // 1000 * 1000)
    return issue.key, str(issue.project_id), issue.summary, str(issue.status_id), tuple(issue.sprint_ids), updated


def landed_face(version: Version) -> Face:
    doc = version.document
    fields = doc["fields"]
    sprints = tuple(sprint["id"] for sprint in fields["customfield_10020"] or ())
    updated = wire.moment(fields["updated"])
    return doc["key"], fields["project"]["id"], fields["summary"], fields["status"]["id"], sprints, updated


@dataclass
class Stay:
    """A face and how long it was true."""

    face: Face
    until: datetime | None = None


@dataclass
class Source:
    """The world as it is, and every face that any of its issues ever had."""

    site: WorldSite
    stays: dict[int, list[Stay]] = field(default_factory=dict)

    def note(self) -> None:
        """Call after every change."""
        world = self.site.world
        for number, issue in world.issues.items():
            face, stays = face_of(issue), self.stays.setdefault(number, [])
            if not stays or stays[-1].face != face:
                if stays:
                    stays[-1].until = world.now
                stays.append(Stay(face))

    def was_current(self, number: int, face: Face, since: datetime) -> bool:
        return any(stay.face == face and (stay.until is None or stay.until >= since) for stay in self.stays[number])

    @property
    def issues(self) -> dict[int, Face]:
        """What the account may see."""
        return {number: face_of(issue) for number, issue in self.site.shown.issues.items()}

    @property
    def closed(self) -> set[int]:
        """Projects in the archive or the trash: the last known state stands, and the source says why."""
        return {one.id for one in self.site.world.projects.values() if one.archived or one.trashed}

    def is_away(self, number: int, home: str) -> bool:
        """Whether it went, unseen, from that project to another one, and cannot be seen there."""
        project = str(self.site.world.issues[number].project_id)
        return number not in self.site.shown.issues and project != home

    def histories(self, number: int) -> set[str]:
        return {str(history.id) for history in self.site.world.issues[number].histories}

    @property
    def worklogs(self) -> dict[str, int]:
        return {str(log.id): log.seconds for log in self.site.shown.worklogs.values()}

    @property
    def dimensions(self) -> dict[tuple[str, str], Face]:
        shown = self.site.shown
        found: dict[tuple[str, str], Face] = {
            ("user", person.account_id): (person.display_name,) for person in shown.people.values()
        }
        for project in shown.projects.values():
            found["project", str(project.id)] = (project.key, project.archived, project.trashed)
            if not project.trashed:
                found |= {("version", str(one.id)): (one.name, one.released) for one in project.versions}
        for sprint in shown.sprints.values():
            if sprint.board_id in shown.boards:
                found["sprint", str(sprint.id)] = (sprint.name, sprint.state)
        return found


_DIMENSIONS: dict[str, Any] = {
    "user": lambda doc: (doc["displayName"],),
    "project": lambda doc: (doc["key"], doc.get("archived", False), doc.get("deleted", False)),
    "version": lambda doc: (doc["name"], doc["released"]),
    "sprint": lambda doc: (doc["name"], doc["state"]),
}


@dataclass
class Copy:
    """What is committed in a home; read once a commit, and only ever more."""

    home: Home
    versions: list[Version] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)

    def read(self) -> list[Version]:
        """The versions that were committed since the last look."""
        found = self.home.landing.commit_ids()
        assert found[: len(self.commits)] == self.commits, "a committed sync has vanished"
        news = [
            version
            for sync_id in found[len(self.commits) :]
            for version in self.home.versions_of(self.home.landing.commit(sync_id))
        ]
        self.commits = found
        self.versions += news
        return news

    def refreshed(self) -> Copy:
        self.read()
        return self

    def held(self) -> dict[tuple[str, str], Version]:
        return self.home.shown(self.versions)

    def issues(self) -> dict[int, Face]:
        return {int(key): landed_face(version) for (stream, key), version in self.held().items() if stream == "issue"}

    def histories(self) -> dict[int, set[str]]:
        """Of each issue, all that ever came, embedded or apart."""
        found: dict[int, set[str]] = {}
        for version in self.versions:
            if version.stream == "issue" and not version.deleted:
                rows = found.setdefault(int(version.key), set())
                rows |= {history["id"] for history in version.document["changelog"]["histories"]}
            elif version.stream == "issue_changelog":
                rows = found.setdefault(int(version.document["issueId"]), set())
                rows |= {history["id"] for history in version.document["changeHistories"]}
        return found

    def worklogs(self, issues: set[int]) -> dict[str, int]:
        logs = [version.document for (stream, _), version in self.held().items() if stream == "worklog"]
        return {log["id"]: log["timeSpentSeconds"] for log in logs if int(log["issueId"]) in issues}

    def dimensions(self) -> dict[tuple[str, str], Face]:
        return {
            name: _DIMENSIONS[name[0]](version.document)
            for name, version in self.held().items()
            if name[0] in _DIMENSIONS
        }

    def remembered(self) -> set[int]:
        """The issues that the checkpoint believes to be held."""
        return set(checkpoint.load(self.home.checkpoint).held.ids.tolist())
