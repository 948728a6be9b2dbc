"""The recorded Jira payloads as they are, and what they refer to (projects, versions, users), collected from them."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from connectors.sandbox.jira.references import Doc

_PREFIX = "_raw_jira_api_"
_BOARD_OF_PROJECT = {"EE": 8, "K5": 93}  # from the addresses the payloads were fetched from


@dataclass
class Payloads:
    issues: dict[int, Doc] = field(default_factory=dict)
    texts: dict[int, bytes] = field(default_factory=dict)  # each issue exactly as recorded
    projects: list[Doc] = field(default_factory=list)
    statuses: list[Doc] = field(default_factory=list)
    issue_types: list[Doc] = field(default_factory=list)
    sprints: list[Doc] = field(default_factory=list)
    fields: list[Doc] = field(default_factory=list)
    users: list[Doc] = field(default_factory=list)
    worklogs: list[Doc] = field(default_factory=list)
    versions: dict[str, list[Doc]] = field(default_factory=dict)
    resolutions: list[Doc] = field(default_factory=list)
    priorities: list[Doc] = field(default_factory=list)


def read(folder: Path) -> Payloads:
    """Worklogs of issues that were not recorded are left out, as Jira would not show them."""
    found = Payloads(
        statuses=_docs(folder, "status"), sprints=_docs(folder, "sprints"), fields=_docs(folder, "issue_fields"),
        issue_types=_unique(_docs(folder, "issue_types"), "id"), projects=_docs(folder, "projects"),
        users=_docs(folder, "users"),
    )  # fmt: skip
    for text in _texts(folder, "issues"):
        doc: Doc = orjson.loads(text)
        found.issues[int(doc["id"])], found.texts[int(doc["id"])] = doc, text
    found.worklogs = [doc for doc in _docs(folder, "worklogs") if int(doc["issueId"]) in found.issues]
    _collect(found)
    return found


def _collect(found: Payloads) -> None:
    fields = [doc["fields"] for doc in found.issues.values()]
    found.projects = _unique([*found.projects, *(one["project"] for one in fields)], "id")
    found.issue_types = _unique([*found.issue_types, *(one["issuetype"] for one in fields)], "id")
    found.statuses = _unique([*found.statuses, *(one["status"] for one in fields)], "id")
    found.resolutions = _unique([one["resolution"] for one in fields if one["resolution"]], "id")
    found.priorities = _unique([one["priority"] for one in fields if one["priority"]], "id")
    found.users = _unique([*found.users, *_users(list(found.issues.values()))], "accountId")
    for one in fields:
        held = found.versions.setdefault(one["project"]["id"], [])
        held += [{**doc, "projectId": int(one["project"]["id"])} for doc in one["fixVersions"]]
    found.versions = {key: _unique(held, "id") for key, held in found.versions.items()}
    found.fields += _custom_fields(fields, {doc["id"] for doc in found.fields})


def _custom_fields(issues: list[Doc], known: set[str]) -> list[Doc]:
    """The custom fields of the issues, of which no definition was recorded: their ids and no more."""
    names = {name for one in issues for name in one if name.startswith("customfield_")} - known
    return [
        {
            "id": name, "key": name, "name": name, "custom": True, "orderable": True, "navigable": True,
            "searchable": True, "clauseNames": [f"cf[{name[12:]}]"],
            "schema": {"type": "any", "custom": "slipstream:not-recorded", "customId": int(name[12:])},
        }
        for name in sorted(names)
    ]  # fmt: skip


def boards(found: Payloads) -> list[Doc]:
    """Boards were not recorded, only their ids (in sprints and addresses): id, type, and project where known."""
    projects = {doc["key"]: doc for doc in found.projects}
    keys = {number: key for key, number in _BOARD_OF_PROJECT.items()}
    docs = []
    for number in sorted({doc["originBoardId"] for doc in found.sprints} | keys.keys()):
        doc = {"id": number, "self": f"https://merico.atlassian.net/rest/agile/1.0/board/{number}"}
        doc |= {"name": f"Board {number}", "type": "scrum"}
        project = projects.get(keys.get(number, ""))
        if project is not None:
            place = {"projectId": int(project["id"]), "projectKey": project["key"], "projectName": project["name"]}
            doc["location"] = {**place, "name": f"{project['name']} ({project['key']})"}
        docs.append(doc)
    return docs


def _users(value: Any) -> Iterator[Doc]:
    if isinstance(value, dict):
        if value.get("accountId") and "displayName" in value:
            yield value
        for part in value.values():
            yield from _users(part)
    elif isinstance(value, list):
        for part in value:
            yield from _users(part)


def _unique(docs: list[Doc], name: str) -> list[Doc]:
    """The first of each id."""
    held: dict[str, Doc] = {}
    for doc in docs:
        held.setdefault(str(doc[name]), doc)
    return list(held.values())


def _docs(folder: Path, name: str) -> list[Doc]:
    return [orjson.loads(text) for text in _texts(folder, name)]


def _texts(folder: Path, name: str) -> Iterator[bytes]:
    csv.field_size_limit(sys.maxsize)
    with (folder / f"{_PREFIX}{name}.csv").open(encoding="utf-8", newline="") as stream:
        lines = (line for line in stream if line.strip() or line.startswith(" "))
        for row in csv.DictReader(lines):
            yield row["data"].encode()
