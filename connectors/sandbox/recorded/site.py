"""Recorded data as one site: the payloads answered as they were, the extract beside them, the clock fixed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson

from connectors.sandbox.jira.clock import read_stamp
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.selection import View
from connectors.sandbox.jira.world_site import FixedWorld, WorldSite, changelog
from connectors.sandbox.recorded.extract import Extract
from connectors.sandbox.recorded.payloads import Payloads, boards, read
from connectors.sandbox.world import Issue, IssueType, Project, Status, World

ZONE = ZoneInfo("Asia/Shanghai")  # of the user the payloads were recorded as: their times carry its offset
_TIME_FIELDS = ("timespent", "aggregatetimespent")


class RecordedSite(WorldSite):
    def __init__(self, extract: Extract, payloads: Payloads) -> None:
        self.extract = extract
        self.payloads = payloads
        super().__init__(FixedWorld(extract.world), ZONE)
        self._recorded_catalog()

    def render(self, ids: Sequence[int], view: View) -> list[bytes]:
        whole = view.changelog and view.fields == ("*all",)
        texts = self.payloads.texts if whole else {}
        found = (texts.get(issue_id) for issue_id in ids)
        issues = self.world.issues
        pairs = zip(found, ids, strict=True)
        return [text or orjson.dumps(self.document(issues[issue_id], view)) for text, issue_id in pairs]

    def document(self, issue: Issue, view: View) -> Doc:
        recorded = self.payloads.issues.get(issue.id)
        if recorded is None:
            return super().document(issue, view)
        doc = {name: value for name, value in recorded.items() if name not in ("changelog", "fields")}
        if view.changelog:
            histories = recorded["changelog"]["histories"]
            doc["changelog"] = changelog(histories[: view.cap], len(histories), view.cap)
        shown = view.shown(recorded["fields"])
        return doc if shown is None else doc | {"fields": shown}

    def comments(self, issue_id: int) -> list[Doc]:
        recorded = self.payloads.issues.get(issue_id)
        return super().comments(issue_id) if recorded is None else list(recorded["fields"]["comment"]["comments"])

    def issue_fields(self, issue: Issue) -> Doc:
        doc = super().issue_fields(issue)
        seconds = self.extract.seconds_spent.get(issue.id)
        return doc | dict.fromkeys(_TIME_FIELDS, seconds) if seconds else doc

    def history(self, issue: Issue, number: int) -> Doc:
        doc = super().history(issue, number)
        if issue.id in self.extract.reconstructed:
            resolution = self.fields.refs.resolution(issue.resolution)
            if resolution is not None:
                doc["items"].append(_resolution_item(resolution))
            doc["historyMetadata"] = {"type": "reconstructed"}
        return doc

    def histories(self, issue_id: int) -> list[bytes]:
        recorded = self.payloads.issues.get(issue_id)
        if recorded is None:
            return super().histories(issue_id)
        return [orjson.dumps(one) for one in reversed(recorded["changelog"]["histories"])]

    def _recorded_catalog(self) -> None:
        """Raw documents in place of those rendered from the stand-ins."""
        held, raw = self.catalog, self.payloads
        held.statuses = _instead(held.statuses, raw.statuses)
        held.issue_types = _instead(held.issue_types, raw.issue_types)
        held.projects = sorted(_instead(held.projects, raw.projects), key=lambda doc: str(doc["key"]))
        held.resolutions = _instead(held.resolutions, raw.resolutions)
        held.priorities = _instead(held.priorities, raw.priorities)
        known = {doc["id"] for doc in held.fields}
        held.fields += [doc for doc in raw.fields if doc["id"] not in known]
        held.users += raw.users
        held.versions |= raw.versions
        held.boards = boards(raw)
        held.sprints = {doc["id"]: [one for one in raw.sprints if one["originBoardId"] == doc["id"]]
                        for doc in held.boards}  # fmt: skip
        held.worklogs = {doc["id"]: doc for doc in raw.worklogs}


def _resolution_item(resolution: Doc) -> Doc:
    return {
        "field": "resolution", "fieldtype": "jira", "fieldId": "resolution", "from": None, "fromString": None,
        "to": resolution["id"], "toString": resolution["name"],
    }  # fmt: skip


def _instead(rendered: list[Doc], raw: list[Doc]) -> list[Doc]:
    ids = {str(doc["id"]) for doc in raw}
    return [*raw, *(doc for doc in rendered if str(doc["id"]) not in ids)]


def _stand_in(world: World, doc: Doc) -> Issue:
    """What the index and the look-ups need of a recorded issue."""
    fields = doc["fields"]
    issue = Issue(
        id=int(doc["id"]), key=doc["key"], project_id=int(fields["project"]["id"]),
        type_id=int(fields["issuetype"]["id"]), summary=fields["summary"], status_id=int(fields["status"]["id"]),
        priority="", created=read_stamp(fields["created"]), updated=read_stamp(fields["updated"]), reporter="",
    )  # fmt: skip
    world.issues[issue.id] = issue
    return issue


def _fill(world: World, payloads: Payloads) -> None:
    for doc in payloads.statuses:
        world.statuses[int(doc["id"])] = Status(int(doc["id"]), doc["name"], doc["statusCategory"]["key"])
    for doc in payloads.issue_types:
        level = doc.get("hierarchyLevel", -1 if doc["subtask"] else 0)
        world.issue_types[int(doc["id"])] = IssueType(int(doc["id"]), doc["name"], level)
    for doc in payloads.projects:
        world.projects[int(doc["id"])] = Project(int(doc["id"]), doc["key"], doc["name"], "", "")
    for doc in payloads.issues.values():
        _stand_in(world, doc)


def _latest(world: World, payloads: Payloads) -> datetime:
    """The last instant anything is known of; a sprint's planned end is no knowledge of that day."""
    moments = [issue.updated for issue in world.issues.values()]
    for doc in payloads.issues.values():
        moments += [read_stamp(one["created"]) for one in doc["changelog"]["histories"]]
    moments += [read_stamp(doc["updated"]) for doc in payloads.worklogs]
    moments += [read_stamp(doc["completeDate"]) for doc in payloads.sprints if doc.get("completeDate")]
    days = [project.known_until for project in world.projects.values() if project.known_until]
    moments += [datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC) for day in days]
    return max(moments)


def load(folder: Path) -> RecordedSite:
    """`folder` holds `jira_issues/issues.csv.gz` and `jira_payloads/`."""
    extract = Extract(World(now=datetime(1970, 1, 1, tzinfo=UTC)))
    extract.load(folder / "jira_issues" / "issues.csv.gz")
    payloads = read(folder / "jira_payloads")
    _fill(extract.world, payloads)
    extract.world.now = _latest(extract.world, payloads) + timedelta(minutes=1)
    return RecordedSite(extract, payloads)
