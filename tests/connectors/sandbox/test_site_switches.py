"""How the site itself behaves while it runs: index lag, clock, time zone; and that a restart plays it all again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.sandbox.jira.world_site import WorldSite
from connectors.sandbox.server import SandboxOptions, running
from tests.fixtures.sandbox import Client, Walking, running_world, small_world

ALFA, BRAVO = 10_200, 10_201
ALL = {"fields": ["*all"], "expand": "changelog"}


@pytest.fixture
def client() -> Iterator[Client]:
    with running_world() as jira:
        yield Client(jira)


def ids(client: Client, jql: str = "id > 0") -> set[int]:
    return {int(issue["id"]) for issue in client.search(jql, fields=["key"])}


def fetched(client: Client, *issues: int) -> list[dict[str, Any]]:
    asked = {"issueIdsOrKeys": [str(issue) for issue in issues], "fields": ["*all"], "expand": ["changelog"]}
    found: list[dict[str, Any]] = client.post("/rest/api/3/issue/bulkfetch", asked).json["issues"]
    return found


def test_a_lagging_index_shows_searches_the_past_and_fetches_the_truth(client: Client) -> None:
    client.jira.do("set_index_lag", seconds=60)
    client.jira.do("pass_time", seconds=100)
    made = client.jira.do("create_issue", project=ALFA)["issue"]
    client.jira.do("delete_issue", issue=10_004)
    client.jira.do("update_issue", issue=10_002, field="summary", value="Fresh")
    asked = {"jql": "id > 0", "fields": ["summary"], "maxResults": 100}

    def summaries(**more: Any) -> dict[int, str]:
        page = client.post("/rest/api/3/search/jql", {**asked, **more}).json
        return {int(issue["id"]): issue["fields"]["summary"] for issue in page["issues"]}

    seen = summaries()
    assert (made in seen, 10_004 in seen, seen[10_002]) == (False, True, "Work item 2")
    assert [issue["id"] for issue in fetched(client, 10_004, made)] == [str(made)]
    seen = summaries(reconcileIssues=[made, 10_004])
    assert (made in seen, 10_004 in seen, seen[10_002]) == (True, False, "Work item 2")
    client.jira.do("pass_time", seconds=61)
    seen = summaries()
    assert (made in seen, 10_004 in seen, seen[10_002]) == (True, False, "Fresh")


def test_a_lagging_index_shows_nothing_that_permissions_hide_today(client: Client) -> None:
    client.jira.do("set_index_lag", seconds=600)
    client.jira.do("revoke_browse", project=ALFA)
    assert all(number % 2 for number in ids(client))


def test_at_most_fifty_ids_are_reconciled(client: Client) -> None:
    answer = client.post("/rest/api/3/search/jql", {"jql": "id > 0", "reconcileIssues": list(range(1, 52))})
    assert answer.status == 400


def test_the_clock_of_the_server_can_be_wrong_and_corrected(client: Client) -> None:
    client.jira.do("set_clock_skew", seconds=600)
    answer = client.get("/rest/api/3/serverInfo")
    assert answer.json["serverTime"] == "2026-03-02T10:40:00.000+0100"
    assert answer.headers["Date"] == "Mon, 02 Mar 2026 09:40:00 GMT"
    client.jira.do("set_clock_skew", seconds=0)
    assert client.get("/rest/api/3/serverInfo").json["serverTime"] == "2026-03-02T10:30:00.000+0100"


def test_jql_reads_literals_in_the_zone_that_the_user_has_now(client: Client) -> None:
    jql = 'updated >= "2026-03-02 10:20"'
    in_berlin = ids(client, jql)
    client.jira.do("set_time_zone", zone="UTC")
    assert client.get("/rest/api/3/myself").json["timeZone"] == "UTC"
    assert (len(in_berlin), len(ids(client, jql))) == (9, 0)


def test_a_restart_plays_everything_again(tmp_path: Path) -> None:
    def fresh() -> WorldSite:
        return WorldSite(Walking(small_world()), ZoneInfo("Europe/Berlin"))

    options = SandboxOptions(state_dir=tmp_path)
    with running(options, fresh()) as jira:
        jira.do("delete_issue", issue=10_003)
        jira.advance(2)
        jira.do("move_issue", issue=10_004, project=BRAVO)
        jira.do("set_time_zone", zone="Asia/Tokyo")
        before = Client(jira).search("id > 0", **ALL)
    with running(options, fresh()) as jira:
        assert Client(jira).search("id > 0", **ALL) == before


@pytest.mark.slow
def test_a_simulated_portfolio_moves_on_whatever_is_done_to_it() -> None:
    with running(SandboxOptions()) as jira:
        world = jira.site.world  # type: ignore[attr-defined]
        project = max(world.projects)
        mine = [issue.id for issue in world.issues.values() if issue.project_id == project]
        for number in mine[::30]:
            if number not in world.deleted:
                jira.do("delete_issue", issue=number)
        jira.do("revoke_browse", project=min(world.projects))
        jira.advance(14)
        page = Client(jira).get("/rest/api/3/search/jql", jql="id > 0 ORDER BY updated DESC", maxResults=5)
        assert page.status == 200
