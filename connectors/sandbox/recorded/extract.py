"""The 32,677 issues of `jira_issues/issues.csv.gz` as a world: what the file says, and nothing it does not.

Unknown and therefore empty: summary (the key stands for it), people, priority, description, every change but
one. That one, the step to the final status at the resolution date, is marked as reconstructed where it is shown.
Ids are shifted, because 17 of them are also ids of the recorded payloads.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from connectors.errors import ConfigurationError
from connectors.sandbox.world import CategoryKey, Change, History, Issue, IssueType, Person, Project, Status, World

ID_SHIFT = 1_000_000  # native id = ID of the file + this
HISTORY_SHIFT = 10_000_000
RECONSTRUCTOR = Person("slipstream:reconstructed", "Reconstructed by Slipstream", "", "UTC")
_PROJECT_START, _STATUS_START, _TYPE_START = 20_001, 900_001, 900_101
_LEVELS = {"Epic": 1, "Sub-task": -1, "Technical task": -1}
_OPEN = "Open"


class Extract:
    """Fills a world; `seconds_spent` holds what the file says of time spent, which the world has no room for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seconds_spent: dict[int, int] = {}
        self.reconstructed: set[int] = set()
        self._projects: dict[str, Project] = {}
        self._statuses: dict[str, int] = {}
        self._types: dict[str, int] = {}

    def load(self, file: Path) -> None:
        self.world.people[RECONSTRUCTOR.account_id] = RECONSTRUCTOR
        self._status(_OPEN)
        for row in _rows(file):
            self._add(row)

    def _add(self, row: dict[str, str]) -> None:
        created = _moment(row["Creation_Date"])
        resolved = _moment(row["Resolution_Date"]) if row["Resolution_Date"] else None
        issue = Issue(
            id=int(row["ID"]) + ID_SHIFT,
            key=row["Issue_Key"],
            project_id=self._project(row["Project"], row["Known_Until"]).id,
            type_id=self._type(row["Type"]),
            summary=row["Issue_Key"],
            status_id=self._status(row["Status"]),
            priority="",
            created=created,
            updated=resolved or created,
            reporter="",
            resolution=row["Resolution"] or None,
            resolved=resolved,
            story_points=float(row["Story_Point"]) if row["Story_Point"] else None,
        )
        if resolved is not None:
            issue.histories.append(self._resolution(issue, resolved))
            self.reconstructed.add(issue.id)
        if row["Timespent"]:
            self.seconds_spent[issue.id] = round(float(row["Timespent"]) * 60)  # the file counts minutes
        self.world.issues[issue.id] = issue

    def _resolution(self, issue: Issue, at: datetime) -> History:
        before, after = self.world.statuses[self._statuses[_OPEN]], self.world.statuses[issue.status_id]
        moved = Change("status", "status", "jira", str(before.id), before.name, str(after.id), after.name)
        return History(issue.id - ID_SHIFT + HISTORY_SHIFT, RECONSTRUCTOR.account_id, at, [moved])

    def _project(self, key: str, known_until: str) -> Project:
        if key not in self._projects:
            number = _PROJECT_START + len(self._projects)
            project = Project(number, key, key, "", "", known_until=date.fromisoformat(known_until))
            self._projects[key] = self.world.projects[number] = project
        return self._projects[key]

    def _status(self, name: str) -> int:
        if name not in self._statuses:
            number = self._statuses[name] = _STATUS_START + len(self._statuses)
            category: CategoryKey = "new" if name == _OPEN else "done"
            self.world.statuses[number] = Status(number, name, category)
        return self._statuses[name]

    def _type(self, name: str) -> int:
        if name not in self._types:
            number = self._types[name] = _TYPE_START + len(self._types)
            self.world.issue_types[number] = IssueType(number, name, _LEVELS.get(name, 0))
        return self._types[name]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    if not file.is_file():
        raise ConfigurationError(f"There is no {file.name} in {file.parent}.", "Point to a folder with recorded data.")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def _moment(text: str) -> datetime:
    """The file names no time zone: its times are taken as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
