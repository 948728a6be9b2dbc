"""Faults strike the request they were ordered for, alone or several at once, and no other."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from connectors.errors import ConfigurationError
from connectors.sandbox.jira.faults import FaultLayer, parse
from tests.fixtures.sandbox import Answer, Client, running_world

JQL = "/rest/api/3/search/jql"


def statuses(*faults: str, requests: int = 4) -> list[int]:
    with running_world(faults=faults) as jira:
        client = Client(jira)
        return [client.get(JQL, jql="id > 0").status for _ in range(requests)]


@pytest.mark.parametrize("code", [400, 401, 403, 500, 502, 503, 504])
def test_an_error_strikes_once(code: int) -> None:
    assert statuses(f"{code}@2") == [200, code, 200, 200]


def test_faults_can_be_ranges_last_and_come_together() -> None:
    assert statuses("500@1-2", "503@4") == [500, 500, 200, 503]
    assert statuses("502@3+") == [200, 200, 502, 502]


def test_a_fault_can_be_aimed_at_a_path() -> None:
    with running_world(faults=("500@myself:1",)) as jira:
        client = Client(jira)
        assert client.get(JQL, jql="id > 0").status == 200
        assert [client.get("/rest/api/3/myself").status for _ in range(2)] == [500, 200]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("429_burst", "1"), ("429_quota", "3600"), ("429_no_header", None), ("429_garbage", "soon"),
        ("429_http_date", "Wed, 21 Oct 2015 07:28:00 GMT"),
    ],
)  # fmt: skip
def test_limits_tell_when_to_come_back(name: str, header: str | None) -> None:
    with running_world(faults=(f"{name}@1",)) as jira:
        answer = Client(jira).get(JQL, jql="id > 0")
        assert answer.status == 429
        assert answer.headers.get("Retry-After") == header
        assert "RateLimit-Reason" in answer.headers


def test_a_burst_holds_one_endpoint_and_a_quota_the_tenant() -> None:
    for name, other in (("429_burst", 200), ("429_quota", 429)):
        with running_world(faults=(f"{name}@1",)) as jira:
            client = Client(jira)
            assert [client.get(JQL, jql="id > 0").status for _ in range(2)] == [429, 429]
            assert client.get("/rest/api/3/myself").status == other


def test_a_reset_gives_no_answer() -> None:
    with running_world(faults=("reset@1",)) as jira:
        client = Client(jira)
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            client.get(JQL, jql="id > 0")
        assert client.get(JQL, jql="id > 0").status == 200


def test_a_truncated_body_is_shorter_than_announced() -> None:
    with running_world(faults=("truncated@1",)) as jira, pytest.raises(http.client.IncompleteRead):
        Client(jira).get(JQL, jql="id > 0")


def test_a_login_page_and_an_empty_body_come_with_200() -> None:
    with running_world(faults=("html200@1", "empty200@2")) as jira:
        client = Client(jira)
        page, empty = client.get(JQL, jql="id > 0"), client.get(JQL, jql="id > 0")
    assert (page.status, page.body[:9]) == (200, b"<!DOCTYPE")
    assert (empty.status, empty.body) == (200, b"")


def walk(client: Client, most: int = 12) -> tuple[list[str], list[dict[str, Any]]]:
    """Follow the token for at most `most` pages of five."""
    pages: list[dict[str, Any]] = []
    token: str | None = None
    for _ in range(most):
        asked = {"jql": "id > 0 ORDER BY id", "maxResults": 5} | ({"nextPageToken": token} if token else {})
        answer: Answer = client.post(JQL, asked)
        pages.append(json.loads(answer.body))
        token = pages[-1].get("nextPageToken")
        if token is None:
            break
    return [issue["id"] for page in pages for issue in page["issues"]], pages


EVERY = [str(10_000 + number) for number in range(1, 25)]


def test_a_missing_is_last_leaves_the_pages_whole() -> None:
    with running_world(faults=("is_last_missing@1",)) as jira:
        found, pages = walk(Client(jira))
    assert found == EVERY
    assert not any("isLast" in page for page in pages)


def test_a_repeated_token_never_ends() -> None:
    with running_world(faults=("repeated_token@2",)) as jira:
        found, pages = walk(Client(jira))
    assert len(pages) == 12
    assert len({page["nextPageToken"] for page in pages[1:]}) == 1
    assert len(set(found)) < len(found)


def test_an_empty_page_points_on() -> None:
    with running_world(faults=("empty_page@3",)) as jira:
        found, pages = walk(Client(jira))
    assert found == EVERY
    assert pages[2]["issues"] == []


def test_short_pages_are_complete() -> None:
    with running_world(faults=("short_pages@2",)) as jira:
        found, pages = walk(Client(jira), most=20)
    assert found == EVERY
    assert [len(page["issues"]) for page in pages[:3]] == [5, 2, 2]


@pytest.mark.parametrize("spec", ["500", "nonsense@3", "500@", "500@x"])
def test_an_unknown_fault_is_refused_with_the_known_ones(spec: str) -> None:
    with pytest.raises(ConfigurationError, match="NAME@REQUEST"):
        parse(spec)
    with pytest.raises(ConfigurationError):
        FaultLayer((spec,))
