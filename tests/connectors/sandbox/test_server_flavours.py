"""The sandbox as a Data Center, and each kind of token at its own address only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from connectors.sandbox.jira.oauth import TokenOffice
from connectors.sandbox.jira.options import SandboxOptions
from tests.fixtures.sandbox import NOW, Client, running_world, small_world

API = "/rest/api/2"


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    with running_world(small_world(12), flavour="datacenter") as jira:
        yield Client(jira, f"Bearer {jira.sandbox.options.pat}")


@pytest.fixture(scope="module")
def cloud() -> Iterator[Client]:
    with running_world(small_world(2)) as jira:
        yield Client(jira)


def test_it_describes_itself_as_a_server_to_everybody(server: Client) -> None:
    info = Client(server.jira, None).get(f"{API}/serverInfo").json
    assert info["deploymentType"] == "Server"
    assert Client(server.jira, None).get(f"{API}/myself").status == 401


@pytest.mark.parametrize(
    "path",
    ["/rest/api/3/serverInfo", f"{API}/search/jql", f"{API}/project/search", f"{API}/users/search", "/oauth/token"],
)
def test_what_only_cloud_has_is_not_there(server: Client, path: str) -> None:
    assert server.get(path).status in (404, 405)


def test_nothing_in_an_issue_is_of_cloud(server: Client) -> None:
    issue = server.get(f"{API}/issue/10003", expand="changelog")
    for word in (b"accountId", b"/rest/api/3", b"hierarchyLevel", b'"fieldId"', b'"type":"doc"', b'"parent"'):
        assert word not in issue.body
    fields = issue.json["fields"]
    assert fields["description"] == "First line\r\nSecond line"
    assert (fields["customfield_10014"], fields["assignee"]["name"]) == ("BRAVO-1", "acc-2")
    assert fields["customfield_10020"][0].startswith("com.atlassian.greenhopper.service.sprint.Sprint@")
    assert server.get(f"{API}/issue/10001").json["fields"]["customfield_10011"] == "Work item 1"
    assert server.get(f"{API}/issue/10005").json["fields"]["parent"]["id"] == "10003"


def test_search_pages_by_position_with_a_total_and_at_most_a_thousand_rows(server: Client) -> None:
    first = server.post(f"{API}/search", {"jql": "created >= 0 ORDER BY created", "maxResults": 5}).json
    rest = server.get(f"{API}/search", jql="created >= 0 ORDER BY created", startAt=5, maxResults=5000).json
    assert (first["total"], len(first["issues"]), len(rest["issues"]), rest["maxResults"]) == (12, 5, 7, 1000)
    assert len({issue["id"] for issue in first["issues"] + rest["issues"]}) == 12


def test_an_unknown_id_is_an_error_unless_the_query_is_not_validated(server: Client) -> None:
    asked = {"jql": "id in (10001, 99)", "fields": ["key"]}
    assert server.post(f"{API}/search", asked).status == 400
    found = server.post(f"{API}/search", {**asked, "validateQuery": False}).json
    assert [issue["key"] for issue in found["issues"]] == ["BRAVO-1"]


def test_users_are_found_by_a_point_or_a_part_of_their_name(server: Client) -> None:
    assert len(server.get(f"{API}/user/search", username=".").json) == 3
    assert [user["name"] for user in server.get(f"{API}/user/search", username="ACC-2").json] == ["acc-2"]
    assert server.get(f"{API}/user/search").status == 400


def test_a_reindex_rewrites_the_time_a_search_goes_by_and_not_the_issues(server: Client) -> None:
    before = server.get(f"{API}/issue/10001").json["fields"]["updated"]
    jql = f"updated >= {int(NOW.timestamp() * 1000)}"
    assert server.get(f"{API}/search", jql=jql).json["total"] == 0
    assert server.post("/sandbox/reindex").json == {"issues": 12}
    assert server.get(f"{API}/search", jql=jql).json["total"] == 12
    assert server.get(f"{API}/issue/10001").json["fields"]["updated"] == before


def test_each_token_works_at_its_own_address_only(cloud: Client) -> None:
    options = cloud.jira.sandbox.options
    gateway = f"/ex/jira/{options.cloud_id}"
    scoped = Client(cloud.jira, f"Bearer {options.scoped_token}")
    assert [scoped.get(f"{place}/rest/api/3/myself").status for place in ("", gateway)] == [401, 200]
    assert [cloud.get(f"{place}/rest/api/3/myself").status for place in ("", gateway)] == [200, 401]
    assert scoped.get("/ex/jira/another-site/rest/api/3/myself").status == 404
    assert Client(cloud.jira, None).get("/_edge/tenant_info").json == {"cloudId": options.cloud_id}


def test_a_refresh_gives_a_pair_that_works_at_the_gateway(cloud: Client) -> None:
    options = cloud.jira.sandbox.options
    asked = {
        "grant_type": "refresh_token",
        "client_id": options.client_id,
        "client_secret": options.client_secret,
        "refresh_token": options.refresh_token,
    }
    nobody = Client(cloud.jira, None)
    pair = nobody.post("/oauth/token", asked).json
    bearer = Client(cloud.jira, f"Bearer {pair['access_token']}")
    assert bearer.get(f"/ex/jira/{options.cloud_id}/rest/agile/1.0/board").status == 200
    assert bearer.get("/rest/api/3/myself").status == 401
    assert nobody.post("/oauth/token", asked | {"client_secret": "wrong"}).status == 403


@pytest.mark.parametrize(("grace", "taken"), [(10, True), (0, False)])
def test_a_used_refresh_token_is_taken_within_its_grace_and_else_ends_all(grace: int, taken: bool) -> None:
    options = SandboxOptions(oauth_grace_minutes=grace)
    office = TokenOffice(options, lambda: NOW)
    asked = {"grant_type": "refresh_token", "client_id": options.client_id, "client_secret": options.client_secret}
    first = office.refresh(asked | {"refresh_token": options.refresh_token})
    assert first is not None
    again = office.refresh(asked | {"refresh_token": options.refresh_token})
    assert (again is not None) is taken
    assert office.accepts(first["access_token"]) is taken
    assert (office.refresh(asked | {"refresh_token": first["refresh_token"]}) is not None) is taken


@pytest.mark.slow
def test_the_command_line_says_how_to_sign_in_to_a_data_center() -> None:
    command = [sys.executable, "-m", "pipelines.cli", "sandbox", "jira", "--flavour", "datacenter", "--port", "0"]
    with subprocess.Popen([*command, "--issues", "50"], stdout=subprocess.PIPE, text=True) as child:
        lines = [child.stdout.readline() for _ in range(2)] if child.stdout else []
        child.terminate()
    assert lines[0].startswith("ready http://127.0.0.1:")
    assert "personal access token sandbox-pat" in lines[1]
