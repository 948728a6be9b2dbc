"""Recorded data: the payloads as they were, the extract complete, and nothing invented but what is marked."""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.sandbox.recorded.extract import ID_SHIFT
from connectors.sandbox.server import SandboxOptions, running
from tests.fixtures.sandbox import Client, shared


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running(SandboxOptions(recorded=shared("data"))) as jira:
        yield Client(jira)


@pytest.fixture(scope="module")
def extract() -> list[dict[str, str]]:
    with gzip.open(shared("data", "jira_issues", "issues.csv.gz"), "rt", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def payloads() -> dict[str, dict[str, Any]]:
    csv.field_size_limit(sys.maxsize)
    with shared("data", "jira_payloads", "_raw_jira_api_issues.csv").open(encoding="utf-8", newline="") as lines:
        return {doc["id"]: doc for row in csv.DictReader(lines) for doc in [json.loads(row["data"])]}


def test_every_issue_is_there_once(client: Client, extract: list[dict[str, str]], payloads: dict[str, Any]) -> None:
    found = [issue["id"] for issue in client.search("id > 0", maxResults=5000)]
    wanted = {str(int(row["ID"]) + ID_SHIFT) for row in extract} | payloads.keys()
    assert len(found) == len(extract) + len(payloads) == 32_677 + 33
    assert set(found) == wanted


def test_payloads_are_served_as_they_were_recorded(client: Client, payloads: dict[str, Any]) -> None:
    found = client.search("project in (EE, K5)", fields=["*all"], expand="changelog", maxResults=100)
    assert {issue["id"]: issue for issue in found} == payloads
    plain = client.get("/rest/api/3/issue/EE-1").json
    assert "changelog" not in plain
    assert plain["fields"] == payloads["10063"]["fields"]
    histories = client.get("/rest/api/3/issue/EE-1/changelog").json["values"]
    assert histories == payloads["10063"]["changelog"]["histories"][::-1]


def test_an_issue_of_the_extract_shows_what_the_file_says(client: Client, extract: list[dict[str, str]]) -> None:
    row = next(row for row in extract if row["Timespent"] and row["Story_Point"] and row["Resolution_Date"])
    issue = client.get(f"/rest/api/3/issue/{row['Issue_Key']}", expand="changelog").json
    fields = issue["fields"]
    shown = [fields["project"]["key"], fields["issuetype"]["name"], fields["status"]["name"]]
    assert shown == [row["Project"], row["Type"], row["Status"]]
    assert fields["resolution"]["name"] == row["Resolution"]
    assert fields["customfield_10016"] == float(row["Story_Point"])
    assert fields["timespent"] == float(row["Timespent"]) * 60
    for name, column in (("created", "Creation_Date"), ("resolutiondate", "Resolution_Date")):
        assert datetime.fromisoformat(fields[name]) == datetime.fromisoformat(row[column]).replace(tzinfo=UTC)
    assert fields["updated"] == fields["resolutiondate"]
    assert (fields["priority"], fields["assignee"], fields["description"]) == (None, None, None)


def test_the_one_reconstructed_step_is_marked_and_open_issues_have_none(
    client: Client, extract: list[dict[str, str]]
) -> None:
    asked = {"fields": ["status", "updated", "created"], "expand": "changelog", "maxResults": 100}
    issues = {issue["key"]: issue for issue in client.search("project in (CXX, DAEMON)", **asked)}
    for row in (row for row in extract if row["Project"] in ("CXX", "DAEMON")):
        issue = issues[row["Issue_Key"]]
        histories = issue["changelog"]["histories"]
        assert len(histories) == (1 if row["Resolution_Date"] else 0)
        for history in histories:
            assert history["historyMetadata"] == {"type": "reconstructed"}
            assert history["author"]["displayName"] == "Reconstructed by Slipstream"
            assert history["items"][0]["toString"] == row["Status"]
            assert history["created"] == issue["fields"]["updated"]
        if not histories:
            assert issue["fields"]["updated"] == issue["fields"]["created"]


def test_29_projects_say_how_far_they_are_known(client: Client, extract: list[dict[str, str]]) -> None:
    page = client.get("/rest/api/3/project/search", maxResults=100, properties="slipstream").json
    known = {doc["key"]: doc["properties"]["slipstream"]["known_until"] for doc in page["values"] if doc["properties"]}
    assert known == {row["Project"]: row["Known_Until"] for row in extract}
    assert len(known) == 29
    assert {"EE", "K5"} <= {doc["key"] for doc in page["values"]} - known.keys()


def test_statuses_carry_the_category_their_name_says(client: Client, extract: list[dict[str, str]]) -> None:
    counted = Counter("new" if row["Status"] == "Open" else "done" for row in extract)
    keys = ",".join({row["Project"] for row in extract})
    for key, count in counted.items():
        jql = f"project in ({keys}) AND statusCategory = {key}"
        assert client.post("/rest/api/3/search/approximate-count", {"jql": jql}).json == {"count": count}


def test_the_clock_stands_a_minute_after_the_last_known_instant(client: Client) -> None:
    assert client.get("/rest/api/3/serverInfo").json["serverTime"] == "2022-07-16T06:32:38.616+0800"
    assert client.post("/sandbox/advance", days=1).status == 409


def test_surroundings_are_the_recorded_ones(client: Client) -> None:
    assert {doc["name"] for doc in client.get("/rest/api/3/status").json} >= {"已完成", "Won't Fix"}
    sprints = client.get("/rest/agile/1.0/board/8/sprint", maxResults=100).json["values"]
    assert sprints[0]["name"] == "EE Sprint 7"
    users = client.get("/rest/api/3/users/search", maxResults=100).json
    assert len(users) == 32
    feed = client.get("/rest/api/3/worklog/updated").json
    assert len(feed["values"]) == 6
    ids = [entry["worklogId"] for entry in feed["values"]]
    worklogs = client.post("/rest/api/3/worklog/list", {"ids": ids}).json
    assert {log["issueId"] for log in worklogs} <= {issue["id"] for issue in client.search("project = EE")}
    versions = client.get("/rest/api/3/project/EE/versions").json
    assert versions[0]["projectId"] == 10003


def test_a_folder_without_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"issues\.csv\.gz"), running(SandboxOptions(recorded=tmp_path)):
        pass
