"""Search as Jira does it: JQL, pages by token, fields, caps and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.sandbox.jira.errors import UNBOUNDED
from tests.fixtures.sandbox import NOW, Client, make_issue, running_world, small_world

JQL = "/rest/api/3/search/jql"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_world() as jira:
        yield Client(jira)


def ids(issues: list[dict[str, Any]]) -> list[int]:
    return [int(issue["id"]) - 10_000 for issue in issues]


@pytest.mark.parametrize("size", [1, 5, 12, 24, 100])
def test_pages_by_token_give_every_issue_exactly_once(client: Client, size: int) -> None:
    assert ids(client.search("id > 0 ORDER BY id", maxResults=size)) == list(range(1, 25))


def test_the_last_page_has_no_token_and_no_total(client: Client) -> None:
    page = client.get(JQL, jql="id > 0", maxResults=100).json
    assert page.keys() == {"issues", "isLast"}
    assert page["isLast"] is True
    assert client.get(JQL, jql="id > 0", maxResults=23).json["isLast"] is False


def test_an_issue_updated_between_two_pages_is_not_lost() -> None:
    world = small_world()
    with running_world(world) as jira:
        client = Client(jira)
        asked = {"jql": "id > 0 ORDER BY updated ASC", "maxResults": 6}
        page = client.post(JQL, asked).json
        seen = ids(page["issues"])
        site: Any = jira.site

        def touch() -> None:
            world.issues[10_020].updated = world.now  # it was on the first page and moves to the end
            site._load(site.index.version + 1)

        jira.change(touch)
        while "nextPageToken" in page:
            page = client.post(JQL, {**asked, "nextPageToken": page["nextPageToken"]}).json
            seen += ids(page["issues"])
        assert 20 in seen[:6]
        assert seen.count(20) == 2
        assert len(seen) == 25  # and nothing else twice
        assert set(seen) == set(range(1, 25))


def test_a_token_belongs_to_its_query_and_expires_after_seven_days() -> None:
    with running_world() as jira:
        client = Client(jira)
        token = client.get(JQL, jql="id > 0", maxResults=5).json["nextPageToken"]
        assert client.get(JQL, jql="project = ALFA", nextPageToken=token).status == 400
        assert client.get(JQL, jql="id > 0", nextPageToken="garbage").status == 400
        jira.advance(7)
        assert client.get(JQL, jql="id > 0", nextPageToken=token).status == 200
        jira.advance(1)
        assert client.get(JQL, jql="id > 0", nextPageToken=token).status == 400


@pytest.mark.parametrize(
    ("jql", "expected"),
    [
        ("project = ALFA AND id < 10006", [2, 4]),
        ("project in (alfa, 10201) and id <= 10002", [1, 2]),
        ("project != ALFA AND id < 10004", [1, 3]),
        ("key in (ALFA-2, 'BRAVO-3')", [2, 3]),
        ("issuekey = BRAVO-3", [3]),
        ("id in (10003, 10001)", [1, 3]),
        ("statusCategory = Done AND id < 10008", [3, 6]),
        ("statusCategory != done AND id < 10004", [1, 2]),
        ('status = "To Do" AND id > 10021', [22, 23]),
        ("issuetype = Epic OR issuetype in (Sub-task)", [1, 5]),
        ("NOT project = ALFA AND (id = 10001 OR key = BRAVO-5)", [1, 5]),
        ("id >= 10023 ORDER BY id DESC", [24, 23]),
        ("id < 10004 ORDER BY key", [2, 1, 3]),
        ("id < 10004 ORDER BY created DESC", [1, 2, 3]),
        ("project is not EMPTY AND id < 10002", [1]),
        ("updated >= -3m", [1, 2]),
        ("updated >= -1d AND id < 10002 ORDER BY updated, id", [1]),
        ("created < -30d AND id < 10003", [1, 2]),
    ],
)
def test_what_a_query_means(client: Client, jql: str, expected: list[int]) -> None:
    assert ids(client.search(jql)) == expected


def test_dates_are_minutes_in_the_users_zone_and_millis_are_free_of_zones(client: Client) -> None:
    """Issue 5 was updated at 09:24:42.655 UTC, which is 10:24 in Berlin."""
    assert client.get("/rest/api/3/myself").json["timeZone"] == "Europe/Berlin"
    assert ids(client.search('updated >= "2026-03-02 10:24" AND updated < "2026-03-02 10:25"')) == [5]
    assert ids(client.search('updated >= "2026/03/02 10:25"')) == [1, 2, 3, 4]
    assert ids(client.search('updated >= "2026-03-03"')) == []
    moment = int(datetime(2026, 3, 2, 9, 24, 42, 655000, UTC).timestamp() * 1000)
    assert ids(client.search(f"updated >= {moment}")) == [1, 2, 3, 4, 5]
    assert ids(client.search(f"updated > {moment}")) == [1, 2, 3, 4]
    assert ids(client.search(f"updated <= {moment} AND updated > {moment - 60_000}")) == [5]


def test_another_zone_of_the_user_shifts_the_minutes() -> None:
    with running_world(time_zone="America/New_York") as jira:
        client = Client(jira)
        assert ids(client.search('updated >= "2026-03-02 04:25"')) == [1, 2, 3, 4]
        assert client.get("/rest/api/3/issue/10001").json["fields"]["updated"].endswith("-0500")


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("", UNBOUNDED),
        ("ORDER BY updated", UNBOUNDED),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("key = NOPE-1", "An issue with key 'NOPE-1' does not exist for field 'key'."),
        ("id in (10001, 99)", "A value with ID '99' does not exist for the field 'id'."),
        ("project = ", "Error in the JQL Query: Expecting a value but got the end of the query."),
        ("(project = ALFA", "Error in the JQL Query: Expecting ')' but got the end of the query."),
        ("project = ALFA ORDER BY colour", "Not able to sort using field 'colour'."),
        ("project > ALFA", "The operator '>' is not supported by the 'project' field."),
    ],
)
def test_a_query_jira_would_refuse_is_refused(client: Client, jql: str, message: str) -> None:
    answer = client.post(JQL, {"jql": jql})
    assert (answer.status, answer.json["errorMessages"]) == (400, [message])


def test_a_bad_date_is_refused(client: Client) -> None:
    assert "Date value 'soon' for field 'updated' is invalid." in client.post(JQL, {"jql": "updated > soon"}).json[
        "errorMessages"
    ][0]  # fmt: skip


def test_fields_are_chosen_as_asked(client: Client) -> None:
    def shown(**asked: Any) -> dict[str, Any]:
        issue: dict[str, Any] = client.post(JQL, {"jql": "id = 10003", **asked}).json["issues"][0]
        return issue

    assert shown() == {"id": "10003"}
    assert shown(fields=["key"]).keys() == {"expand", "id", "self", "key"}
    assert shown(fields=["summary", "nope"])["fields"] == {"summary": "Work item 3"}
    everything = shown(fields=["*all"])["fields"]
    assert {"worklog", "customfield_10016", "parent"} <= everything.keys()
    assert shown(fields=["*all", "-worklog"])["fields"].keys() == everything.keys() - {"worklog"}
    assert "worklog" not in shown(fields=["*navigable"])["fields"]


def test_only_ids_and_keys_come_in_pages_of_five_thousand() -> None:
    world = small_world(issues=150)
    with running_world(world) as jira:
        client = Client(jira)
        asked = {"jql": "id > 0", "maxResults": 5000}
        assert len(client.post(JQL, asked).json["issues"]) == 150
        assert len(client.post(JQL, asked | {"fields": ["key"]}).json["issues"]) == 150
        assert len(client.post(JQL, asked | {"fields": ["summary"]}).json["issues"]) == 100
        assert len(client.post(JQL, asked | {"fields": ["id"], "expand": "changelog"}).json["issues"]) == 100


def test_no_more_than_fifty_ids_are_reconciled(client: Client) -> None:
    assert client.post(JQL, {"jql": "id > 0", "reconcileIssues": list(range(50))}).status == 200
    assert client.post(JQL, {"jql": "id > 0", "reconcileIssues": list(range(51))}).status == 400


def test_embedded_changelogs_are_capped_newest_first_and_tell_the_true_total() -> None:
    world = small_world(issues=2)
    make_issue(world, 3, world.projects[10200], histories=250)
    with running_world(world) as jira:
        client = Client(jira)
        log = client.search("id = 10003", expand="changelog")[0]["changelog"]
        assert (log["total"], len(log["histories"])) == (250, 100)
        assert log["histories"][0]["id"] == "3249"
        asked = {"issueIdsOrKeys": ["10003"], "expand": ["changelog"]}
        log = client.post("/rest/api/3/issue/bulkfetch", asked).json["issues"][0]["changelog"]
        assert (log["total"], len(log["histories"])) == (250, 40)
        pages = [client.get("/rest/api/3/issue/10003/changelog", startAt=at).json for at in (0, 100, 200)]
        found = [history["id"] for page in pages for history in page["values"]]
        assert found == [str(3000 + number) for number in range(250)]
        assert [page["isLast"] for page in pages] == [False, False, True]


@pytest.mark.parametrize("size", [7, 40, 1000])
def test_changelogs_in_bulk_are_complete_whatever_the_page(client: Client, size: int) -> None:
    asked: dict[str, Any] = {"issueIdsOrKeys": [str(10_000 + n) for n in range(1, 25)] + ["777"], "maxResults": size}
    found: list[str] = []
    page: dict[str, Any] = {"nextPageToken": None}
    while "nextPageToken" in page:
        token = {"nextPageToken": page["nextPageToken"]} if page["nextPageToken"] else {}
        page = client.post("/rest/api/3/changelog/bulkfetch", asked | token).json
        found += [history["id"] for log in page["issueChangeLogs"] for history in log["changeHistories"]]
    assert found == [str(n * 1000 + place) for n in range(1, 25) for place in (0, 1)]


def test_changelogs_in_bulk_can_be_limited_to_fields(client: Client) -> None:
    asked = {"issueIdsOrKeys": ["10003"], "fieldIds": ["assignee"]}
    assert client.post("/rest/api/3/changelog/bulkfetch", asked).json == {"issueChangeLogs": []}
    asked = {"issueIdsOrKeys": ["10003"], "fieldIds": ["status"]}
    assert len(client.post("/rest/api/3/changelog/bulkfetch", asked).json["issueChangeLogs"]) == 1


def test_bulk_fetch_is_bounded_ascending_and_silent_about_the_unknown(client: Client) -> None:
    path = "/rest/api/3/issue/bulkfetch"
    answer = client.post(path, {"issueIdsOrKeys": ["BRAVO-5", "10002", "777", "alfa-4"], "fields": ["summary"]}).json
    assert ids(answer["issues"]) == [2, 4, 5]
    assert answer["issueErrors"] == []
    assert client.post(path, {"issueIdsOrKeys": [str(n) for n in range(101)]}).status == 400
    assert client.post(path, {"issueIdsOrKeys": []}).status == 400


def test_worklog_feeds_hold_back_the_last_minute() -> None:
    world = small_world()
    world.worklogs[1].updated = world.now - timedelta(seconds=59)
    with running_world(world) as jira:
        client = Client(jira)
        feed = client.get("/rest/api/3/worklog/updated").json
        assert [entry["worklogId"] for entry in feed["values"]] == [2]
        assert feed["lastPage"] is True
        assert client.get("/rest/api/3/worklog/updated", since=feed["until"]).json["values"] == []
        jira.advance(1)
        feed = client.get("/rest/api/3/worklog/updated", since=feed["until"]).json
        assert [entry["worklogId"] for entry in feed["values"]] == [1]
        assert client.post("/rest/api/3/worklog/list", {"ids": [1]}).json[0]["timeSpent"] == "1h"


def test_the_worklog_feed_pages_by_a_thousand_and_never_cuts_equal_moments() -> None:
    world = small_world()
    sample = world.worklogs[1]
    for number in range(10, 2500):
        log = type(sample)(**{name: getattr(sample, name) for name in sample.__slots__})
        log.id = number
        log.updated = NOW - timedelta(days=2, seconds=0 if number < 1500 else number)
        world.worklogs[number] = log
    with running_world(world) as jira:
        client = Client(jira)
        page = client.get("/rest/api/3/worklog/updated").json
        found = [entry["worklogId"] for entry in page["values"]]
        while not page["lastPage"]:
            page = client.get(page["nextPage"]).json
            found += [entry["worklogId"] for entry in page["values"]]
        assert len(found) == len(set(found)) == len(world.worklogs)
