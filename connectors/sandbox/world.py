"""The simulated portfolio as plain data: what the simulator writes and the wire server reads.

No behaviour belongs here: the simulator owns how the world moves, the server how it is told.
Times are aware UTC datetimes; ids are integers as Jira's are (as text on the wire).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

CategoryKey = Literal["new", "indeterminate", "done"]


@dataclass(slots=True)
class Person:
    account_id: str
    display_name: str
    email: str
    time_zone: str = "UTC"
    active: bool = True


@dataclass(slots=True)
class Status:
    id: int
    name: str
    category: CategoryKey


@dataclass(slots=True)
class IssueType:
    id: int
    name: str
    hierarchy_level: int  # 1 epic, 0 standard, -1 sub-task


@dataclass(slots=True)
class Version:
    id: int
    name: str
    starts_on: date | None
    releases_on: date | None
    released: bool


@dataclass(slots=True)
class Project:
    id: int
    key: str
    name: str
    programme: str
    lead: str  # account_id
    description: str = ""
    archived: bool = False
    known_until: date | None = None  # recorded data: nothing after this day is known
    versions: list[Version] = field(default_factory=list)
    trashed: bool = False
    old_keys: list[str] = field(default_factory=list)  # it was known by; they still resolve
    has_security: bool = False  # levels exist that hide single issues from some accounts


@dataclass(slots=True)
class Board:
    id: int
    name: str
    project_id: int
    type: Literal["scrum", "kanban"] = "scrum"


@dataclass(slots=True)
class Sprint:
    id: int
    board_id: int
    name: str
    state: Literal["future", "active", "closed"]
    goal: str
    starts_at: datetime
    ends_at: datetime
    completed_at: datetime | None = None


@dataclass(slots=True)
class Change:
    """One item of a history, as Jira words it: ids and display strings, None where unset."""

    field: str
    field_id: str
    field_type: Literal["jira", "custom"]
    from_id: str | None
    from_string: str | None
    to_id: str | None
    to_string: str | None


@dataclass(slots=True)
class History:
    id: int
    author: str  # account_id
    created: datetime
    changes: list[Change]


@dataclass(slots=True)
class Link:
    """`source` blocks / relates to `target` (outward from source, inward at target)."""

    id: int
    type_name: str
    source: int
    target: int


@dataclass(slots=True)
class Worklog:
    id: int
    issue_id: int
    author: str
    started: datetime
    seconds: int
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Comment:
    id: int
    issue_id: int
    author: str
    text: str
    created: datetime
    updated: datetime


@dataclass(slots=True)
class Attachment:
    """What Jira tells of a file; the file itself is nowhere."""

    id: int
    issue_id: int
    author: str
    filename: str
    size: int
    mime_type: str
    created: datetime


@dataclass(slots=True)
class CustomField:
    """`project_id`: the team-managed project that alone has the field; `told_by`: which of Jira's lists name it."""

    id: int
    name: str
    kind: str
    custom: str  # the type behind the last colon of `schema.custom`
    items: str | None = None
    project_id: int | None = None
    told_by: Literal["both", "list", "search"] = "both"

    @property
    def key(self) -> str:
        return f"customfield_{self.id}"


@dataclass(slots=True)
class Issue:
    id: int
    key: str
    project_id: int
    type_id: int
    summary: str
    status_id: int
    priority: str
    created: datetime
    updated: datetime
    reporter: str
    resolution: str | None = None
    resolved: datetime | None = None
    due_on: date | None = None
    story_points: float | None = None
    assignee: str | None = None
    parent_id: int | None = None
    labels: list[str] = field(default_factory=list)
    sprint_ids: list[int] = field(default_factory=list)
    version_ids: list[int] = field(default_factory=list)
    components: list[str] = field(default_factory=list)
    flagged: bool = False
    description: str = ""
    histories: list[History] = field(default_factory=list)
    old_keys: list[str] = field(default_factory=list)  # it was known by; they still resolve
    archived_at: datetime | None = None
    watchers: list[str] = field(default_factory=list)  # account ids
    extra: dict[str, Any] = field(default_factory=dict)  # fields as they are told, over what is rendered


@dataclass
class World:
    """Everything the site holds at `now`; what of it the API user sees is `sandbox.jira.sight`'s matter.

    `deleted` are issues that once were: they stay in `issues`, so that whoever moves the world may still name them.
    """

    now: datetime
    people: dict[str, Person] = field(default_factory=dict)
    statuses: dict[int, Status] = field(default_factory=dict)
    issue_types: dict[int, IssueType] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    boards: dict[int, Board] = field(default_factory=dict)
    sprints: dict[int, Sprint] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    worklogs: dict[int, Worklog] = field(default_factory=dict)
    comments: dict[int, Comment] = field(default_factory=dict)
    attachments: dict[int, Attachment] = field(default_factory=dict)
    custom_fields: dict[int, CustomField] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)  # comments and attachments that once were
    deleted: set[int] = field(default_factory=set)
    deleted_worklogs: dict[int, datetime] = field(default_factory=dict)  # id and when it was deleted
    unbrowsable: dict[int, bool] = field(default_factory=dict)  # project → is it still listed (to an administrator)
    secured: set[int] = field(default_factory=set)  # issues of a security level that the API user is not in
    serial: int = 0  # numbers what is made by hand, apart from what a simulator numbers
