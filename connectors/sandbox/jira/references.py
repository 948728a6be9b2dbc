"""The small objects that Jira repeats inside its answers: users, statuses, types, projects, sprints, versions.

They carry the address of a made-up site, never the port the server happens to listen on: the same world
gives the same bytes after a restart.
"""

from __future__ import annotations

import zlib
from functools import cached_property
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from connectors.sandbox.jira import clock
from connectors.sandbox.world import CategoryKey, Issue, IssueType, Person, Project, Sprint, Status, Version, World

Doc: TypeAlias = dict[str, Any]

SITE = "https://sandbox.slipstream.test"
API = f"{SITE}/rest/api/3"
AGILE = f"{SITE}/rest/agile/1.0"
PRIORITIES = {"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5}
RESOLUTIONS = {"Done": 10000, "Won't Do": 10001, "Duplicate": 10002, "Cannot Reproduce": 10003, "Invalid": 10004}
LINK_TYPES = {
    "Blocks": (10000, "is blocked by", "blocks"),
    "Cloners": (10001, "is cloned by", "clones"),
    "Duplicate": (10002, "is duplicated by", "duplicates"),
    "Relates": (10003, "relates to", "relates to"),
}
_CATEGORIES: dict[CategoryKey, tuple[int, str, str]] = {
    "new": (2, "blue-gray", "To Do"),
    "indeterminate": (4, "yellow", "In Progress"),
    "done": (3, "green", "Done"),
}


def numbered(known: dict[str, int], names: set[str], start: int) -> dict[str, int]:
    """Ids for names: the well-known ones, then a stable number from the name itself."""
    fresh = {name: start + zlib.crc32(name.encode()) % 1_000_000 for name in sorted(names - known.keys()) if name}
    return {**known, **fresh}


def category(key: CategoryKey) -> Doc:
    number, color, name = _CATEGORIES[key]
    return {"self": f"{API}/statuscategory/{number}", "id": number, "key": key, "colorName": color, "name": name}


def avatars(kind: str, number: str | int) -> Doc:
    base = f"{SITE}/avatar/{kind}/{number}"
    sizes = {"48x48": "", "24x24": "?size=small", "16x16": "?size=xsmall", "32x32": "?size=medium"}
    return {size: base + query for size, query in sizes.items()}


def text_document(text: str) -> Doc | None:
    """Plain text as an Atlassian document, one paragraph a line."""
    if not text:
        return None
    lines = [{"type": "paragraph", "content": [{"type": "text", "text": line}]} for line in text.split("\n") if line]
    return {"type": "doc", "version": 1, "content": lines}


def plain_text(document: Doc | None) -> str | None:
    """The text of an Atlassian document, one line a paragraph: what version 2 of the interface shows."""
    if not document:
        return None
    return "\n".join(_text(block) for block in document.get("content", []))


def _text(node: Doc) -> str:
    return str(node.get("text", "")) + "".join(_text(part) for part in node.get("content", []))


class References:
    """References into one state of a world, each built once."""

    def __init__(self, world: World, zone: ZoneInfo) -> None:
        self.world = world
        self.zone = zone
        self._users: dict[str, Doc] = {}
        self._statuses: dict[int, Doc] = {}
        self._types: dict[int, Doc] = {}
        self._projects: dict[int, Doc] = {}
        self._sprints: dict[int, Doc] = {}

    @cached_property
    def priorities(self) -> dict[str, int]:
        return numbered(PRIORITIES, {issue.priority for issue in self.world.issues.values()}, 20_000)

    @cached_property
    def resolutions(self) -> dict[str, int]:
        found = {issue.resolution or "" for issue in self.world.issues.values()}
        return numbered(RESOLUTIONS, found, 20_000)

    @cached_property
    def link_types(self) -> dict[str, tuple[int, str, str]]:
        extra = numbered({}, {link.type_name for link in self.world.links.values()} - LINK_TYPES.keys(), 20_000)
        return {**LINK_TYPES, **{name: (number, name, name) for name, number in extra.items()}}

    @cached_property
    def categories(self) -> dict[str, int]:
        return numbered({}, {project.programme for project in self.world.projects.values()}, 10_000)

    def user(self, account_id: str | None) -> Doc | None:
        person = self.world.people.get(account_id or "")
        if person is None:
            return None
        if person.account_id not in self._users:
            self._users[person.account_id] = user(person)
        return self._users[person.account_id]

    def status(self, status_id: int) -> Doc:
        if status_id not in self._statuses:
            self._statuses[status_id] = status(self.world.statuses[status_id])
        return self._statuses[status_id]

    @cached_property
    def transitions(self) -> list[Doc]:
        """As `expand=transitions` shows them: every status can be reached from every other."""
        habits = {"hasScreen": False, "isGlobal": True, "isInitial": False, "isConditional": False, "isLooped": False}
        return [
            {"id": str(number), "name": entry.name, "to": self.status(entry.id), "isAvailable": True, **habits}
            for number, entry in enumerate(self.world.statuses.values(), start=11)
        ]

    def issue_type(self, type_id: int) -> Doc:
        if type_id not in self._types:
            self._types[type_id] = issue_type(self.world.issue_types[type_id])
        return self._types[type_id]

    def project(self, project_id: int) -> Doc:
        if project_id not in self._projects:
            self._projects[project_id] = self._project(self.world.projects[project_id])
        return self._projects[project_id]

    def _project(self, project: Project) -> Doc:
        doc = {
            "self": f"{API}/project/{project.id}", "id": str(project.id), "key": project.key, "name": project.name,
            "projectTypeKey": "software", "simplified": False, "avatarUrls": avatars("project", 10400),
        }  # fmt: skip
        return doc | ({"projectCategory": self.project_category(project.programme)} if project.programme else {})

    def project_category(self, programme: str) -> Doc:
        number = self.categories[programme]
        text = f"Programme {programme}"
        return {"self": f"{API}/projectCategory/{number}", "id": str(number), "description": text, "name": programme}

    def priority(self, name: str) -> Doc | None:
        if not name:
            return None
        number = str(self.priorities[name])
        icon = f"{SITE}/images/icons/priorities/{name.lower()}.svg"
        return {"self": f"{API}/priority/{number}", "iconUrl": icon, "name": name, "id": number}

    def resolution(self, name: str | None) -> Doc | None:
        if not name:
            return None
        number = str(self.resolutions[name])
        return {"self": f"{API}/resolution/{number}", "id": number, "description": "", "name": name}

    def link_type(self, name: str) -> Doc:
        number, inward, outward = self.link_types[name]
        path = f"{API}/issueLinkType/{number}"
        return {"id": str(number), "name": name, "inward": inward, "outward": outward, "self": path}

    def sprint(self, sprint_id: int) -> Doc:
        """As the sprint custom field of an issue shows it."""
        if sprint_id not in self._sprints:
            entry = self.world.sprints[sprint_id]
            self._sprints[sprint_id] = {
                "id": entry.id, "name": entry.name, "state": entry.state, "boardId": entry.board_id,
                "goal": entry.goal, **sprint_dates(entry),
            }  # fmt: skip
        return self._sprints[sprint_id]

    def brief(self, issue: Issue) -> Doc:
        """An issue as others refer to it: parent, sub-task, end of a link."""
        shown = {
            "summary": issue.summary, "status": self.status(issue.status_id),
            "priority": self.priority(issue.priority), "issuetype": self.issue_type(issue.type_id),
        }  # fmt: skip
        return {"id": str(issue.id), "key": issue.key, "self": f"{API}/issue/{issue.id}", "fields": shown}


def user(person: Person) -> Doc:
    base = f"https://avatars.slipstream.test/{zlib.crc32(person.account_id.encode()):08x}"
    return {
        "self": f"{API}/user?accountId={person.account_id}", "accountId": person.account_id,
        "emailAddress": person.email, "avatarUrls": {f"{n}x{n}": f"{base}/{n}" for n in (48, 24, 16, 32)},
        "displayName": person.display_name, "active": person.active, "timeZone": person.time_zone,
        "accountType": "atlassian" if person.email else "app",
    }  # fmt: skip


def status(entry: Status) -> Doc:
    return {
        "self": f"{API}/status/{entry.id}", "description": "", "iconUrl": f"{SITE}/images/icons/status.png",
        "name": entry.name, "id": str(entry.id), "statusCategory": category(entry.category),
    }  # fmt: skip


def issue_type(entry: IssueType) -> Doc:
    avatar = 10300 + entry.hierarchy_level
    return {
        "self": f"{API}/issuetype/{entry.id}", "id": str(entry.id), "description": "",
        "iconUrl": f"{API}/universal_avatar/view/type/issuetype/avatar/{avatar}?size=medium", "name": entry.name,
        "subtask": entry.hierarchy_level < 0, "avatarId": avatar, "hierarchyLevel": entry.hierarchy_level,
    }  # fmt: skip


def sprint_dates(entry: Sprint) -> Doc:
    dates = {"startDate": clock.stamp_utc(entry.starts_at), "endDate": clock.stamp_utc(entry.ends_at)}
    return dates | ({"completeDate": clock.stamp_utc(entry.completed_at)} if entry.completed_at else {})


def version_reference(entry: Version) -> Doc:
    doc: Doc = {"self": f"{API}/version/{entry.id}", "id": str(entry.id), "description": "", "name": entry.name}
    doc |= {"archived": False, "released": entry.released}
    return doc | ({"releaseDate": entry.releases_on.isoformat()} if entry.releases_on else {})


def component(project_id: int, name: str) -> Doc:
    number = 10_000 + zlib.crc32(f"{project_id}/{name}".encode()) % 1_000_000
    return {"self": f"{API}/component/{number}", "id": str(number), "name": name}
