"""What happens to a Jira over time, played on the sandbox by name: each edit shows on the wire as Jira shows it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.sandbox.jira.errors import JiraError
from connectors.sandbox.server import Running
from tests.connectors.sandbox.test_openapi_answers import assert_answer, assert_issue
from tests.fixtures.sandbox import Client, running_world

ALFA, BRAVO = 10_200, 10_201


@pytest.fixture
def jira() -> Iterator[Running]:
    with running_world() as running_:
        yield running_


@pytest.fixture
def client(jira: Running) -> Client:
    return Client(jira)


def ids(client: Client, jql: str = "id > 0", **asked: Any) -> set[int]:
    return {int(issue["id"]) for issue in client.search(jql, fields=["key"], **asked)}


def fetched(client: Client, *issues: int) -> list[dict[str, Any]]:
    asked = {"issueIdsOrKeys": [str(issue) for issue in issues], "fields": ["*all"], "expand": ["changelog"]}
    found: list[dict[str, Any]] = client.post("/rest/api/3/issue/bulkfetch", asked).json["issues"]
    return found


def listed(client: Client, status: str = "live") -> set[str]:
    page = client.get("/rest/api/3/project/search", status=status).json
    return {project["key"] for project in page["values"]}


def may_browse(client: Client, project: int) -> bool:
    asked = client.get("/rest/api/3/mypermissions", permissions="BROWSE_PROJECTS", projectId=project)
    have: bool = assert_answer(asked, "Permissions")["permissions"]["BROWSE_PROJECTS"]["havePermission"]
    return have


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("summary", "New words", "New words"),
        ("status", 10003, "Done"),
        ("assignee", "acc-3", "Person 3"),
        ("story_points", 8, "8"),
        ("sprints", [2, 3], "Sprint 2, Sprint 3"),
        ("priority", "High", "High"),
        ("due_on", "2026-05-01", "2026-05-01 00:00:00.0"),
        ("labels", ["one", "two"], "one two"),
    ],
)
def test_an_updated_field_shows_with_its_history(client: Client, field: str, value: Any, told: str) -> None:
    done = client.jira.do("update_issue", issue=10_002, field=field, value=value)
    (issue,) = fetched(client, 10_002)
    newest = issue["changelog"]["histories"][0]
    assert newest["id"] == str(done["history"])
    assert newest["items"][0]["toString"] == told
    assert newest["created"] == issue["fields"]["updated"]
    assert_issue(issue)


def test_two_updates_never_bear_the_same_time(client: Client) -> None:
    stamps = set()
    for words in ("one", "two"):
        client.jira.do("update_issue", issue=10_002, field="summary", value=words)
        stamps.add(fetched(client, 10_002)[0]["fields"]["updated"])
    assert len(stamps) == 2


def test_a_created_issue_is_found_and_valid(client: Client) -> None:
    done = client.jira.do("create_issue", project=ALFA, summary="By hand", parent=10_001)
    (issue,) = fetched(client, done["issue"])
    assert (issue["key"], issue["fields"]["parent"]["id"]) == (done["key"], "10001")
    assert done["issue"] in ids(client)
    assert_issue(issue)


def test_a_moved_issue_keeps_its_id_and_its_old_keys_still_lead_to_it(client: Client) -> None:
    first = client.jira.do("move_issue", issue=10_004, project=BRAVO)["keys"]["10004"]
    second = client.jira.do("move_issue", issue=10_004, project=ALFA)["keys"]["10004"]
    assert len({"ALFA-4", first, second}) == 3
    for key in ("ALFA-4", first, second):
        issue = client.get(f"/rest/api/3/issue/{key}", expand="changelog").json
        assert (issue["id"], issue["key"]) == ("10004", second)
    items = [item for entry in issue["changelog"]["histories"] for item in entry["items"] if item["field"] == "Key"]
    assert [(item["fromString"], item["toString"]) for item in items] == [(first, second), ("ALFA-4", first)]


def test_a_renamed_project_key_changes_every_key_and_the_old_ones_resolve(client: Client) -> None:
    before = fetched(client, 10_002)[0]["fields"]["updated"]
    client.jira.do("rename_project_key", project=ALFA, key="ALPHA")
    (project,) = client.get("/rest/api/3/project/search", keys="ALPHA", expand="projectKeys").json["values"]
    assert project["projectKeys"] == ["ALFA", "ALPHA"]
    for key in ("ALFA-2", "ALPHA-2"):
        assert client.get(f"/rest/api/3/issue/{key}").json["key"] == "ALPHA-2"
    assert fetched(client, 10_002)[0]["fields"]["updated"] == before
    assert client.get("/rest/api/3/project/ALFA").json["key"] == "ALPHA"
    assert ids(client, "project = ALFA") == ids(client, "project = ALPHA") != set()


def test_a_deleted_issue_is_gone_with_its_subtasks_and_worklogs(client: Client) -> None:
    assert client.jira.do("delete_issue", issue=10_003) == {"deleted": [10_003, 10_005]}
    assert not {10_003, 10_005} & ids(client)
    assert client.get("/rest/api/3/issue/10003").status == 404
    assert fetched(client, 10_003, 10_004)[0]["fields"]["issuelinks"] == []
    assert client.post("/rest/api/3/worklog/list", {"ids": [1, 2]}).json == []


@pytest.mark.parametrize(("edit", "status"), [("trash_project", "deleted"), ("archive_project", "archived")])
def test_a_project_put_away_is_listed_as_such_and_comes_back_whole(client: Client, edit: str, status: str) -> None:
    before = ids(client)
    client.jira.do(edit, project=ALFA)
    assert (listed(client), listed(client, status)) == ({"BRAVO"}, {"ALFA"})
    assert all(number % 2 for number in ids(client))
    assert not fetched(client, 10_002)
    client.jira.do("restore_project", project=ALFA)
    assert (listed(client), ids(client)) == ({"ALFA", "BRAVO"}, before)


def test_an_archived_issue_is_found_by_id_only(client: Client) -> None:
    client.jira.do("archive_issue", issue=10_002)
    assert 10_002 not in ids(client)
    (issue,) = fetched(client, 10_002)
    assert issue["fields"]["archiveddate"]
    client.jira.do("unarchive_issue", issue=10_002)
    assert 10_002 in ids(client)


@pytest.mark.parametrize("is_listed", [True, False])
def test_a_revoked_permission_hides_all_issues_and_granting_shows_them(client: Client, *, is_listed: bool) -> None:
    before = ids(client)
    client.jira.do("revoke_browse", project=ALFA, listed=is_listed)
    assert listed(client) == ({"ALFA", "BRAVO"} if is_listed else {"BRAVO"})
    assert all(number % 2 for number in ids(client))
    assert not fetched(client, 10_002)
    if is_listed:
        assert not may_browse(client, ALFA)
    assert may_browse(client, BRAVO)
    client.jira.do("grant_browse", project=ALFA)
    assert (may_browse(client, ALFA), ids(client)) == (True, before)


def test_a_hidden_issue_looks_deleted_but_its_project_has_security_levels(client: Client) -> None:
    path = "/rest/api/3/project/ALFA/securitylevel"
    assert client.get(path).json == {"levels": []}
    client.jira.do("hide_issue", issue=10_002)
    assert not fetched(client, 10_002)
    assert assert_answer(client.get(path), "ProjectIssueSecurityLevels")["levels"]
    client.jira.do("show_issue", issue=10_002)
    assert fetched(client, 10_002)


def test_plans_and_people_change_without_any_issue_telling(client: Client) -> None:
    before = {issue["id"]: issue["fields"]["updated"] for issue in client.search("id > 0", fields=["updated"])}
    client.jira.do("close_sprint", sprint=2)
    client.jira.do("start_sprint", sprint=3)
    client.jira.do("rename_sprint", sprint=1, name="Old one")
    client.jira.do("move_version", version=10_300, releases_on="2026-09-30")
    client.jira.do("rename_user", user="acc-2", name="Somebody Else")
    sprints = client.get("/rest/agile/1.0/board/200/sprint").json["values"]
    assert {one["id"]: (one["name"], one["state"]) for one in sprints} == {
        1: ("Old one", "closed"),
        2: ("Sprint 2", "closed"),
        3: ("Sprint 3", "active"),
    }
    assert client.get("/rest/api/3/project/ALFA/versions").json[0]["releaseDate"] == "2026-09-30"
    assert "Somebody Else" in {user["displayName"] for user in client.get("/rest/api/3/users/search").json}
    assert before == {issue["id"]: issue["fields"]["updated"] for issue in client.search("id > 0", fields=["updated"])}


def test_worklogs_added_edited_and_deleted_show_in_their_feeds(client: Client) -> None:
    added = client.jira.do("add_worklog", issue=10_002, seconds=60)["worklog"]
    client.jira.do("edit_worklog", worklog=1, seconds=120)
    client.jira.do("delete_worklog", worklog=2)
    client.jira.do("pass_time", seconds=61)
    feed = {name: client.get(f"/rest/api/3/worklog/{name}").json["values"] for name in ("updated", "deleted")}
    assert [change["worklogId"] for change in feed["updated"]] == [added, 1]
    assert [change["worklogId"] for change in feed["deleted"]] == [2]
    (log,) = client.post("/rest/api/3/worklog/list", {"ids": [1]}).json
    assert log["timeSpentSeconds"] == 120


def test_what_cannot_be_done_is_refused_and_changes_nothing(client: Client) -> None:
    now = client.jira.site.now
    refused = [
        ("no_such_edit", {}),
        ("delete_issue", {"issue": 99}),
        ("delete_issue", {"number": 10_002}),
        ("move_issue", {"issue": 10_002, "project": ALFA}),
        ("update_issue", {"issue": 10_002, "field": "colour", "value": "red"}),
        ("restore_project", {"project": ALFA}),
        ("start_sprint", {"sprint": 1}),
        ("set_time_zone", {"zone": "Nowhere/None"}),
    ]
    for name, args in refused:
        with pytest.raises(JiraError):
            client.jira.do(name, **args)
        assert client.post(f"/sandbox/do/{name}", args).status in (400, 404, 409)
    assert client.jira.site.now == now


def test_edits_over_http_do_the_same_and_say_what_they_did(client: Client) -> None:
    answer = client.post("/sandbox/do/move_issue", {"issue": 10_002, "project": BRAVO})
    assert answer.json["done"] == {"issue": 10_002, "project": BRAVO, "keys": {"10002": "BRAVO-24"}}
    assert client.get("/rest/api/3/issue/ALFA-2").json["key"] == "BRAVO-24"
