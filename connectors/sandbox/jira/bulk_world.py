"""The small base from which a bulk site is multiplied: 40 projects and some hundred realistic issues.

Every issue here is a template: copy n of template t has id FIRST + n * TEMPLATES + t. The sentinels below stand
where the id and the time of the last update go, so that a copy is made by joining bytes.
"""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Final

from connectors.sandbox.world import (
    Board,
    Change,
    History,
    Issue,
    IssueType,
    Person,
    Project,
    Sprint,
    Status,
    Version,
    World,
)

FIRST: Final = 10_000_000  # the id of the first issue; every id has eight digits
FIRST_PROJECT: Final = 10_000
TEMPLATES: Final = 400
PROJECTS: Final = 40
SENTINEL: Final = 77_777_777
UPDATED: Final = datetime(2199, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)
START: Final = datetime(2023, 1, 2, 6, 0, tzinfo=UTC)  # templates are created in the year before EPOCH
EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)  # the first `updated`; all histories lie before it
_LONG_EVERY: Final = 20  # each twentieth issue has more histories than any embedded changelog holds
_STATUSES = ("Backlog", "new"), ("To Do", "new"), ("In Progress", "indeterminate"), ("Review", "indeterminate")
_WORDS = ["gateway", "ledger", "invoice", "login", "report", "export", "search", "cache", "schema", "mobile", "queue"]
_WORDS += ["audit", "pricing", "import", "session"]
_EPIC, _STORY, _TASK, _BUG = 10000, 10001, 10002, 10003
_DONE = 10005


class BulkWorld:
    """Builds the base world; the same seed gives the same bytes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.world = World(now=EPOCH)
        self._surroundings()
        for number in range(TEMPLATES):
            self._issue(number)

    def _surroundings(self) -> None:
        world = self.world
        for number in range(60):
            account = f"5b10ac8d82e05b22cc7d{number:04d}"
            world.people[account] = Person(account, f"Person {number}", f"person{number}@slipstream.test")
        self.people = list(world.people)
        for number, (name, category) in enumerate([*_STATUSES, ("Done", "done")], start=10001):
            world.statuses[number] = Status(number, name, category)  # type: ignore[arg-type]
        for number, name, level in ((_EPIC, "Epic", 1), (_STORY, "Story", 0), (_TASK, "Task", 0), (_BUG, "Bug", 0)):
            world.issue_types[number] = IssueType(number, name, level)
        for number in range(PROJECTS):
            self._project(number)

    def _project(self, number: int) -> None:
        project_id, board_id = FIRST_PROJECT + number, 100 + number
        version = Version(20_000 + number, "Release 1", date(2023, 1, 2), date(2024, 6, 28), False)
        self.world.projects[project_id] = Project(
            project_id, project_key(number), f"Bulk project {number}", f"Programme {number % 8}",
            self.people[number], "Made for load", versions=[version],
        )  # fmt: skip
        self.world.boards[board_id] = Board(board_id, f"Board {number}", project_id)
        for place in range(5):
            start = START + timedelta(days=14 * place)
            self.world.sprints[1000 + number * 5 + place] = Sprint(
                1000 + number * 5 + place, board_id, f"Sprint {place + 1}", "closed", "Deliver",
                start, start + timedelta(days=14), start + timedelta(days=14),
            )  # fmt: skip

    def _issue(self, number: int) -> None:
        """Templates 0..39 are the epics of the projects, the others their children."""
        project = number % PROJECTS
        epic = number < PROJECTS
        created = START + timedelta(minutes=self.random.randrange(300 * 1440))
        histories = 101 + self.random.randrange(5) if number % _LONG_EVERY == 7 else self.random.randrange(1, 5)
        issue = Issue(
            id=FIRST + number, key=f"{project_key(project)}-{FIRST + number}", project_id=FIRST_PROJECT + project,
            type_id=_EPIC if epic else self.random.choice((_STORY, _STORY, _TASK, _BUG)),
            summary=" ".join(self.random.choices(_WORDS, k=6)).capitalize(), status_id=10001,
            priority=self.random.choice(("High", "Medium", "Low")), created=created, updated=UPDATED,
            reporter=self.random.choice(self.people), assignee=self.random.choice(self.people),
            story_points=None if epic else float(self.random.choice((1, 2, 3, 5, 8))),
            labels=self.random.sample(_WORDS, 2), components=[self.random.choice(_WORDS)],
            version_ids=[20_000 + project], description=" ".join(self.random.choices(_WORDS, k=20)).capitalize(),
        )  # fmt: skip
        if not epic:
            issue.parent_id, issue.sprint_ids = FIRST + project, [1000 + project * 5 + number % 5]
        self._histories(issue, histories)
        self.world.issues[issue.id] = issue

    def _histories(self, issue: Issue, count: int) -> None:
        step = (EPOCH - issue.created) / (count + 2)
        for place in range(count):
            at = issue.created + step * (place + 1)
            author = self.random.choice(self.people) if place < 4 or place % 4 == 0 else ""  # the system has no author
            change = self._move(issue) if place < 4 else self._label(place)
            issue.histories.append(History(SENTINEL * 1000 + place, author, at, [change]))
        if issue.status_id == _DONE:
            issue.resolution, issue.resolved = "Done", issue.histories[3].created

    def _move(self, issue: Issue) -> Change:
        before = self.world.statuses[issue.status_id]
        issue.status_id += 1
        after = self.world.statuses[issue.status_id]
        return Change("status", "status", "jira", str(before.id), before.name, str(after.id), after.name)

    def _label(self, place: int) -> Change:
        before, after = _WORDS[place % len(_WORDS)], _WORDS[(place + 1) % len(_WORDS)]
        return Change("labels", "labels", "jira", None, before, None, after)


def project_key(number: int) -> str:
    return f"BK{number:02d}"
