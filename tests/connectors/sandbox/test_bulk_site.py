"""Bulk mode: many issues from few bytes, and as true to its queries as the simulated world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.server import Running, SandboxOptions, running
from tests.fixtures.sandbox import Client

JQL = "/rest/api/3/search/jql"
COUNT = 2_000


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running(SandboxOptions(issues=COUNT)) as jira:
        yield Client(jira)


@pytest.fixture
def fresh() -> Iterator[Running]:
    with running(SandboxOptions(issues=COUNT)) as jira:
        yield jira


def full(client: Client, jql: str) -> list[dict[str, Any]]:
    return client.search(jql, fields=["*all"], expand="changelog", maxResults=100)


def test_every_issue_comes_once_with_an_id_and_key_of_its_own(client: Client) -> None:
    issues = full(client, "id > 0 ORDER BY id")
    assert len(issues) == len({issue["id"] for issue in issues}) == len({issue["key"] for issue in issues}) == COUNT
    histories = Counter(history["id"] for issue in issues for history in issue["changelog"]["histories"])
    assert max(histories.values()) == 1
    for issue in issues:
        assert issue["self"].endswith(f"/issue/{issue['id']}")
        assert issue["key"].startswith(issue["fields"]["project"]["key"] + "-")


def test_issues_are_of_realistic_size_and_every_twentieth_overflows(client: Client) -> None:
    page = client.post(JQL, {"jql": "id < 10000400", "fields": ["*all"], "expand": "changelog", "maxResults": 100})
    assert 4_000 <= len(page.body) / 100 <= 11_000
    logs = [issue["changelog"] for issue in full(client, "id < 10000400")]
    assert sum(log["total"] > len(log["histories"]) for log in logs) == 20


def test_what_overflows_can_be_fetched(client: Client) -> None:
    issue = next(i for i in full(client, "id >= 10001000") if i["changelog"]["total"] > 100)
    asked = {"issueIdsOrKeys": [issue["id"]], "maxResults": 10_000}
    log = client.post("/rest/api/3/changelog/bulkfetch", asked).json["issueChangeLogs"][0]
    held = log["changeHistories"]
    assert len(held) == issue["changelog"]["total"]
    assert held[::-1][:100] == issue["changelog"]["histories"]
    assert client.get(f"/rest/api/3/issue/{issue['key']}/changelog").json["total"] == len(held)
    one = client.post("/rest/api/3/issue/bulkfetch", {"issueIdsOrKeys": [issue["key"]], "expand": ["changelog"]}).json
    assert len(one["issues"][0]["changelog"]["histories"]) == 40


def test_ids_come_five_thousand_a_page() -> None:
    with running(SandboxOptions(issues=12_000)) as jira:
        page = Client(jira).post(JQL, {"jql": "project is not EMPTY ORDER BY id", "maxResults": 5000}).json
        assert len(page["issues"]) == 5000
        assert len(Client(jira).search("id > 0", maxResults=5000)) == 12_000


def test_partitions_are_disjoint_and_complete(client: Client) -> None:
    keys = [doc["key"] for doc in client.get("/rest/api/3/project/search", maxResults=100).json["values"]]
    halves = [client.search(f"project in ({','.join(part)})", maxResults=5000) for part in (keys[:17], keys[17:])]
    assert sum(map(len, halves)) == len({issue["id"] for half in halves for issue in half}) == COUNT
    ranges = [client.search(jql, maxResults=5000) for jql in ("id < 10000777", "id >= 10000777")]
    assert [len(part) for part in ranges] == [777, COUNT - 777]


def test_updated_filters_agree_with_what_the_issues_show(client: Client) -> None:
    issues = {issue["id"]: issue["fields"]["updated"] for issue in full(client, "id > 0")}
    bound = "2025-01-01T12:00"
    found = client.search('updated >= "2025-01-01 12:00"', maxResults=5000)
    assert {issue["id"] for issue in found} == {key for key, updated in issues.items() if updated[:16] >= bound}
    assert 0 < len(found) < COUNT


def test_an_incremental_sync_finds_exactly_the_touched(fresh: Running) -> None:
    client = Client(fresh)
    before = client.get("/rest/api/3/serverInfo").json["serverTime"][:16].replace("T", " ")
    changed = client.post("/sandbox/touch", count=50).json["ids"]
    assert len(set(changed)) == 50
    found = full(client, f'updated >= "{before}" ORDER BY updated')
    assert {issue["id"] for issue in found} == set(changed)
    for issue in found:
        newest = issue["changelog"]["histories"][0]
        assert newest["created"] == issue["fields"]["updated"]
        assert newest["items"][0]["toString"] == f"{issue['fields']['customfield_10016']:g}"
        count = client.get(f"/rest/api/3/issue/{issue['id']}/changelog").json["total"]
        assert count == issue["changelog"]["total"]
    assert client.post("/sandbox/touch", count=COUNT + 1).status == 400


def test_five_thousand_updates_fit_into_one_minute() -> None:
    with running(SandboxOptions(issues=6_000)) as jira:
        jira.touch(5_000)
        minutes = Counter(
            issue["fields"]["updated"][:16]
            for issue in Client(jira).search("updated >= -1h", fields=["updated"], maxResults=100)
        )
        assert list(minutes.values()) == [5_000]


def test_a_restart_keeps_the_touches(tmp_path: Path) -> None:
    options = SandboxOptions(issues=500, state_dir=tmp_path)
    with running(options) as jira:
        jira.touch(5)
        jira.advance(2)
        jira.touch(7)
        before = full(Client(jira), "id > 0 ORDER BY id"), jira.site.now
    with running(options) as jira:
        assert (full(Client(jira), "id > 0 ORDER BY id"), jira.site.now) == before


def test_a_million_issues_are_ready_at_once_and_small() -> None:
    with running(SandboxOptions(issues=1_000_000)) as jira:
        arrays = [jira.site.index.ids, jira.site.index.created, jira.site.index.updated]
        arrays += [facet.codes for facet in jira.site.index.facets.values()]
        assert sum(array.nbytes for array in arrays) < 50_000_000
        client = Client(jira)
        assert client.post("/rest/api/3/search/approximate-count", {"jql": "id > 0"}).json == {"count": 1_000_000}
        assert client.search("id > 10999998", fields=["updated"])[0]["fields"]["updated"].startswith("2025-12-3")
