"""The Jira vocabulary of the simulated site: statuses, workflows, types, priorities and resolutions with their ids."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.world import IssueType, Status

BACKLOG, TO_DO, SELECTED, IN_PROGRESS, IN_REVIEW, READY_FOR_RELEASE, DONE, CLOSED = (
    10000,
    10001,
    10002,
    3,
    10003,
    10004,
    10005,
    10006,
)
EPIC, STORY, TASK, BUG, SUB_TASK = 10000, 10001, 10002, 10004, 10003

PRIORITIES = {"Highest": 1, "High": 2, "Medium": 3, "Low": 4, "Lowest": 5}
RESOLUTIONS = {"Done": 10000, "Won't Do": 10001, "Duplicate": 10002, "Cannot Reproduce": 10003}
CANCELLED = ("Won't Do", "Duplicate", "Cannot Reproduce")
BLOCKS, RELATES, DUPLICATE = "Blocks", "Relates", "Duplicate"
LINK_WORDS = {
    BLOCKS: ("blocks", "is blocked by"),
    RELATES: ("relates to", "relates to"),
    DUPLICATE: ("duplicates", "is duplicated by"),
}
FLAG_ID, FLAG_NAME = "[10019]", "Impediment"
POINTS_FIELD, SPRINT_FIELD, FLAGGED_FIELD = "customfield_10016", "customfield_10020", "customfield_10021"


@dataclass(frozen=True, slots=True)
class Workflow:
    """The statuses a team's issues pass; None where the team has no such column."""

    todo: int
    ready: int | None
    progress: int
    review: int | None
    staged: int | None
    done: int


WORKFLOWS = {
    "scrum": Workflow(TO_DO, None, IN_PROGRESS, IN_REVIEW, None, DONE),
    "kanban": Workflow(BACKLOG, SELECTED, IN_PROGRESS, None, None, DONE),
    "gated": Workflow(TO_DO, None, IN_PROGRESS, IN_REVIEW, READY_FOR_RELEASE, CLOSED),
}


def statuses() -> dict[int, Status]:
    """Fresh status objects, keyed by id."""
    rows = [
        Status(BACKLOG, "Backlog", "new"),
        Status(TO_DO, "To Do", "new"),
        Status(SELECTED, "Selected for Development", "new"),
        Status(IN_PROGRESS, "In Progress", "indeterminate"),
        Status(IN_REVIEW, "In Review", "indeterminate"),
        Status(READY_FOR_RELEASE, "Ready for Release", "indeterminate"),
        Status(DONE, "Done", "done"),
        Status(CLOSED, "Closed", "done"),
    ]
    return {row.id: row for row in rows}


def issue_types() -> dict[int, IssueType]:
    """Fresh issue types, keyed by id."""
    rows = [
        IssueType(EPIC, "Epic", 1),
        IssueType(STORY, "Story", 0),
        IssueType(TASK, "Task", 0),
        IssueType(SUB_TASK, "Sub-task", -1),
        IssueType(BUG, "Bug", 0),
    ]
    return {row.id: row for row in rows}
