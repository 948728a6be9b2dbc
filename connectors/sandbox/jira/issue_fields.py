"""One issue of a world as Jira's JSON: its fields, its histories, its worklogs."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.references import API, Doc, References, component, text_document, version_reference
from connectors.sandbox.world import Change, History, Issue, Link, Worklog, World

STORY_POINTS = "customfield_10016"
SPRINT = "customfield_10020"
FLAGGED = "customfield_10021"
EPIC_LINK = "customfield_10014"
_EMBEDDED_WORKLOGS = 20


class IssueFields:
    """Reads one state of a world; made anew when the world moves."""

    def __init__(self, world: World, zone: ZoneInfo) -> None:
        self.world = world
        self.zone = zone
        self.refs = References(world, zone)

    @cached_property
    def _links(self) -> dict[int, list[Link]]:
        ends: dict[int, list[Link]] = defaultdict(list)
        for link in self.world.links.values():
            ends[link.source].append(link)
            ends[link.target].append(link)
        return ends

    @cached_property
    def _children(self) -> dict[int, list[Issue]]:
        children: dict[int, list[Issue]] = defaultdict(list)
        for issue in self.world.issues.values():
            if issue.parent_id is not None:
                children[issue.parent_id].append(issue)
        return children

    @cached_property
    def _worklogs(self) -> dict[int, list[Worklog]]:
        logs: dict[int, list[Worklog]] = defaultdict(list)
        for log in self.world.worklogs.values():
            logs[log.issue_id].append(log)
        return logs

    @cached_property
    def _versions(self) -> dict[int, Doc]:
        projects = self.world.projects.values()
        return {entry.id: version_reference(entry) for project in projects for entry in project.versions}

    def of(self, issue: Issue) -> Doc:
        return self._identity(issue) | self._people(issue) | self._relations(issue) | self._effort(issue)

    def _time(self, moment: datetime | None) -> str | None:
        return clock.stamp(moment, self.zone) if moment else None

    def _identity(self, issue: Issue) -> Doc:
        return {
            "statuscategorychangedate": self._time(_category_changed(issue)),
            "issuetype": self.refs.issue_type(issue.type_id),
            "project": self.refs.project(issue.project_id),
            "summary": issue.summary,
            "description": text_document(issue.description),
            "status": self.refs.status(issue.status_id),
            "statusCategory": self.refs.status(issue.status_id)["statusCategory"],
            "priority": self.refs.priority(issue.priority),
            "resolution": self.refs.resolution(issue.resolution),
            "resolutiondate": self._time(issue.resolved),
            "created": self._time(issue.created),
            "updated": self._time(issue.updated),
            "duedate": issue.due_on.isoformat() if issue.due_on else None,
            "labels": issue.labels,
            "components": [component(issue.project_id, name) for name in issue.components],
            "fixVersions": [self._versions[number] for number in issue.version_ids if number in self._versions],
            "versions": [],
            "environment": None,
            "security": None,
            "lastViewed": None,
            "workratio": -1,
        }

    def _people(self, issue: Issue) -> Doc:
        path = f"{API}/issue/{issue.key}"
        reporter = self.refs.user(issue.reporter)
        return {
            "assignee": self.refs.user(issue.assignee),
            "reporter": reporter,
            "creator": reporter,
            "votes": {"self": f"{path}/votes", "votes": 0, "hasVoted": False},
            "watches": {"self": f"{path}/watchers", "watchCount": 1, "isWatching": False},
        }

    def _relations(self, issue: Issue) -> Doc:
        children = self._children.get(issue.id, [])
        levels = self.world.issue_types
        doc: Doc = {
            "issuelinks": [shown for link in self._links.get(issue.id, []) if (shown := self._link(issue, link))],
            "subtasks": [self.refs.brief(child) for child in children if levels[child.type_id].hierarchy_level < 0],
            SPRINT: [self.refs.sprint(number) for number in issue.sprint_ids] or None,
            FLAGGED: [{"self": f"{API}/customFieldOption/10019", "value": "Impediment", "id": "10019"}]
            if issue.flagged
            else None,
            STORY_POINTS: issue.story_points,
            EPIC_LINK: None,
        }
        parent = self.world.issues.get(issue.parent_id or 0)
        if parent is not None:
            doc["parent"] = self.refs.brief(parent)
            doc[EPIC_LINK] = parent.key if levels[parent.type_id].hierarchy_level > 0 else None
        return doc

    def _link(self, issue: Issue, link: Link) -> Doc | None:
        outward = link.source == issue.id
        other = self.world.issues.get(link.target if outward else link.source)
        if other is None:
            return None
        doc = {"id": str(link.id), "self": f"{API}/issueLink/{link.id}", "type": self.refs.link_type(link.type_name)}
        return {**doc, "outwardIssue" if outward else "inwardIssue": self.refs.brief(other)}

    def spent(self, issue: Issue) -> int | None:
        """Seconds logged on the issue."""
        return sum(log.seconds for log in self._worklogs.get(issue.id, [])) or None

    def _effort(self, issue: Issue) -> Doc:
        seconds = self.spent(issue)
        logs = self._worklogs.get(issue.id, [])
        done = {"progress": seconds or 0, "total": seconds or 0} | ({"percent": 100} if seconds else {})
        tracking = {"timeSpent": duration(seconds), "timeSpentSeconds": seconds} if seconds else {}
        return {
            "timespent": seconds, "timeestimate": None, "timeoriginalestimate": None,
            "aggregatetimespent": seconds, "aggregatetimeestimate": None, "aggregatetimeoriginalestimate": None,
            "timetracking": tracking, "progress": done, "aggregateprogress": done,
            "comment": {
                "self": f"{API}/issue/{issue.id}/comment",
                "startAt": 0, "maxResults": 0, "total": 0, "comments": [],
            },
            "worklog": {
                "startAt": 0, "maxResults": _EMBEDDED_WORKLOGS, "total": len(logs),
                "worklogs": [self.worklog(log) for log in logs[:_EMBEDDED_WORKLOGS]],
            },
        }  # fmt: skip

    def worklog(self, log: Worklog) -> Doc:
        author = self.refs.user(log.author)
        return {
            "self": f"{API}/issue/{log.issue_id}/worklog/{log.id}",
            **({"author": author, "updateAuthor": author} if author else {}),
            "created": self._time(log.created), "updated": self._time(log.updated), "started": self._time(log.started),
            "timeSpent": duration(log.seconds), "timeSpentSeconds": log.seconds,
            "id": str(log.id), "issueId": str(log.issue_id),
        }  # fmt: skip

    def history(self, entry: History) -> Doc:
        author = self.refs.user(entry.author)
        doc: Doc = {"id": str(entry.id)} | ({"author": author} if author else {})
        return doc | {"created": self._time(entry.created), "items": [_item(change) for change in entry.changes]}


def _item(change: Change) -> Doc:
    return {
        "field": change.field, "fieldtype": change.field_type, "fieldId": change.field_id,
        "from": change.from_id, "fromString": change.from_string,
        "to": change.to_id, "toString": change.to_string,
    }  # fmt: skip


def _category_changed(issue: Issue) -> datetime:
    moves = [entry.created for entry in issue.histories if any(c.field_id == "status" for c in entry.changes)]
    return max(moves, default=issue.created)


def duration(seconds: int | None) -> str:
    """`1d 2h 30m`, eight hours a day, as Jira words it."""
    minutes = (seconds or 0) // 60
    parts = [(minutes // 480, "d"), (minutes % 480 // 60, "h"), (minutes % 60, "m")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count) or "0m"
