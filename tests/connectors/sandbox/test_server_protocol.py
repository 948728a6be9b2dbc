"""Around the search: sign-in, what is gone or unknown, paging of projects and users, time and state."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from connectors.errors import ConfigurationError
from connectors.sandbox.server import SandboxOptions, running
from tests.fixtures.sandbox import Client, Walking, running_world, shared, small_world

API = "/rest/api/3"


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with running_world() as jira:
        yield Client(jira)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


@pytest.mark.parametrize(
    "given", [None, basic("demo@slipstream.test:wrong"), basic("someone:sandbox-token"), "Bearer wrong", "nonsense"]
)
def test_wrong_or_missing_credentials_are_refused(client: Client, given: str | None) -> None:
    answer = Client(client.jira, given).get(f"{API}/myself")
    assert answer.status == 401
    assert answer.json["errorMessages"] == ["Client must be authenticated to access this resource."]
    assert "WWW-Authenticate" in answer.headers


def test_both_ways_of_signing_in_work_and_the_server_information_is_open(client: Client) -> None:
    assert client.get(f"{API}/myself").status == 200
    assert Client(client.jira, "Bearer sandbox-token").get(f"{API}/myself").status == 200
    assert Client(client.jira, None).get(f"{API}/serverInfo").status == 200
    assert Client(client.jira, "Bearer wrong").get(f"{API}/serverInfo").status == 401
    assert Client(client.jira, None).post("/sandbox/advance", days=1).status == 401


def test_the_old_search_is_gone_and_says_where_to_go(client: Client) -> None:
    for answer in (client.get(f"{API}/search", jql="project = ALFA"), client.post(f"{API}/search", {})):
        assert answer.status == 410
        assert "/rest/api/3/search/jql" in answer.json["errorMessages"][0]


def test_version_2_gives_rich_text_as_text_and_the_same_issues(client: Client) -> None:
    asked = {"jql": "project = ALFA", "fields": "*all", "expand": "transitions", "maxResults": "5"}
    old, new = (client.get(f"/rest/api/{version}/search/jql", **asked).json for version in (2, 3))
    assert {issue["fields"]["description"] for issue in old["issues"]} == {"First line\nSecond line"}
    assert new["issues"][0]["fields"]["description"]["type"] == "doc"
    assert [issue["id"] for issue in old["issues"]] == [issue["id"] for issue in new["issues"]]
    assert old["nextPageToken"] == new["nextPageToken"]
    assert {step["to"]["name"] for step in old["issues"][0]["transitions"]} == {"To Do", "In Progress", "Done"}
    assert client.get("/rest/api/2/search", jql="project = ALFA").status == 410


@pytest.mark.parametrize(
    "path", [f"{API}/nothing", f"{API}/issue/NO-1", f"{API}/project/NO", "/rest/agile/1.0/board/9"]
)
def test_the_unknown_is_a_json_404(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 404
    assert answer.json["errorMessages"]


def test_a_body_that_is_no_json_is_a_400(client: Client) -> None:
    assert client.post(f"{API}/search/jql").status == 400
    assert client.post(f"{API}/search/jql", ["jql"]).status == 400
    assert client.get(f"{API}/search/jql", jql="id > 0", maxResults="many").status == 400


def test_the_clock_is_virtual_in_body_and_header(client: Client) -> None:
    answer = client.get(f"{API}/serverInfo")
    assert datetime.fromisoformat(answer.json["serverTime"]) == small_world().now
    assert answer.headers["Date"] == "Mon, 02 Mar 2026 09:30:00 GMT"


def test_projects_show_lead_and_properties_only_when_asked(client: Client) -> None:
    plain = client.get(f"{API}/project/search").json["values"][0]
    assert not {"lead", "description", "insight", "properties"} & plain.keys()
    assert plain["projectCategory"]["name"] == "Programme A"
    full = client.get(f"{API}/project/search", expand="lead,insight", properties="slipstream").json["values"][0]
    assert full["lead"]["accountId"] == "acc-1"
    assert full["insight"]["totalIssueCount"] == 12
    assert full["properties"] == {}


def test_archived_projects_are_listed_only_on_request() -> None:
    world = small_world()
    world.projects[10201].archived = True
    with running_world(world) as jira:
        client = Client(jira)

        def keys(**query: object) -> list[str]:
            return [doc["key"] for doc in client.get(f"{API}/project/search", **query).json["values"]]

        assert keys() == ["ALFA"]
        assert keys(status="archived") == ["BRAVO"]
        assert keys(status=["live", "archived"]) == ["ALFA", "BRAVO"]


def test_offset_pages_lead_to_the_end(client: Client) -> None:
    page = client.get(f"{API}/project/search", maxResults=1).json
    assert (page["total"], page["isLast"]) == (2, False)
    page = client.get(page["nextPage"]).json
    assert (page["values"][0]["key"], page["isLast"]) == ("BRAVO", True)
    assert "nextPage" not in page
    assert client.get(f"{API}/users/search", startAt=1, maxResults=1).json[0]["accountId"] == "acc-2"
    assert client.get(f"{API}/users/search", startAt=3).json == []


def test_custom_fields_are_told_by_their_type(client: Client) -> None:
    found = {doc["schema"].get("custom", ""): doc["id"] for doc in client.get(f"{API}/field").json if "schema" in doc}
    assert found["com.pyxis.greenhopper.jira:jsw-story-points"] == "customfield_10016"
    assert found["com.pyxis.greenhopper.jira:gh-sprint"] == "customfield_10020"
    custom = client.get(f"{API}/field/search", type="custom").json["values"]
    assert {doc["id"] for doc in custom} == {
        f"customfield_{n}" for n in (10014, 10016, 10020, 10021, 10030, 10031, 10032, 10034)
    }


def test_the_two_lists_of_fields_differ(client: Client) -> None:
    listed = {doc["id"]: doc for doc in client.get(f"{API}/field").json}
    searched = {doc["id"] for doc in client.get(f"{API}/field/search", maxResults=100).json["values"]}
    assert listed.keys() - searched == {"parent", "customfield_10033"}
    assert searched - listed.keys() == {"customfield_10034"}
    assert listed["customfield_10033"]["scope"] == {"type": "PROJECT", "project": {"id": "10201"}}


def test_an_issue_shows_its_relations(client: Client) -> None:
    fields = client.get(f"{API}/issue/BRAVO-3").json["fields"]
    assert (fields["parent"]["key"], fields["customfield_10014"]) == ("BRAVO-1", "BRAVO-1")
    assert [sprint["state"] for sprint in fields["customfield_10020"]] == ["closed", "active"]
    assert fields["issuelinks"][0]["outwardIssue"]["key"] == "ALFA-4"
    assert client.get(f"{API}/issue/10004").json["fields"]["issuelinks"][0]["inwardIssue"]["key"] == "BRAVO-3"
    assert fields["subtasks"][0]["key"] == "BRAVO-5"
    assert fields["timespent"] == 3 * 3600
    assert client.get(f"{API}/issue/10005").json["fields"]["customfield_10021"][0]["value"] == "Impediment"
    assert client.get(f"{API}/issue/10006").json["fields"]["duedate"] == "2026-04-01"


def test_sprints_are_listed_by_state(client: Client) -> None:
    path = "/rest/agile/1.0/board/200/sprint"
    assert [doc["state"] for doc in client.get(path).json["values"]] == ["closed", "active", "future"]
    assert [doc["id"] for doc in client.get(path, state="active").json["values"]] == [2]


def test_requests_are_counted_without_the_switches(client: Client) -> None:
    before = client.jira.requests
    client.get(f"{API}/issue/10001")
    counted = client.get("/sandbox/requests").json
    assert counted["total"] == client.jira.requests == before + 1
    assert counted["paths"][f"{API}/issue/{{issue}}"] >= 1


def test_time_moves_over_http() -> None:
    with running_world() as jira:
        client = Client(jira)
        assert client.post("/sandbox/advance", days=7).json["now"].startswith("2026-03-09")
        assert len(client.search('created >= "2026-02-02"')) > 0
        assert len(client.search("id > 0")) == 31
        assert client.post("/sandbox/advance", days=0).status == 400
        assert client.post("/sandbox/touch", count=1).status == 409


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The hand-made world in the simulator's place; holds the world's time at each writing of the register."""
    moments: list[datetime] = []
    simulator = SimpleNamespace(Simulator=lambda seed: Walking(small_world()))
    workbook = SimpleNamespace(write=lambda mover, folder: moments.append(mover.world.now))
    monkeypatch.setitem(sys.modules, "connectors.sandbox.portfolio.simulator", simulator)
    monkeypatch.setitem(sys.modules, "connectors.sandbox.workbook", workbook)
    return moments


def test_a_restart_shows_the_world_as_it_was_left(tmp_path: Path, written: list[datetime]) -> None:
    def issues(*, advance: int = 0, **options: int) -> list[str]:
        with running(SandboxOptions(state_dir=tmp_path, **options)) as jira:
            if advance:
                jira.advance(advance)
            return [issue["id"] for issue in Client(jira).search("id > 0")]

    assert len(issues(advance_days=3)) == 27
    assert len(issues()) == 27
    assert len(issues(advance=2)) == 29
    assert len(issues(advance_days=1)) == 30
    with pytest.raises(ConfigurationError, match="another sandbox"):
        issues(seed=8)


def test_the_register_is_written_at_the_start_and_after_each_step(tmp_path: Path, written: list[datetime]) -> None:
    with running(SandboxOptions(register_folder=tmp_path / "inbox" / "pmo")) as jira:
        Client(jira).post("/sandbox/advance", days=2)
    assert (tmp_path / "inbox" / "pmo").is_dir()
    assert [moment - small_world().now for moment in written] == [timedelta(), timedelta(days=2)]


def test_serving_stops_cleanly_on_a_signal() -> None:
    code = (
        "from connectors.sandbox.server import SandboxOptions, serve\n"
        "serve(SandboxOptions(issues=100), lambda url: print(url, flush=True))"
    )
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(f"{url}{API}/serverInfo", timeout=10) as response:
            assert response.status == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0


def test_a_port_in_use_is_said_plainly() -> None:
    with running_world() as jira:
        port = int(jira.url.rpartition(":")[2])
        with pytest.raises(ConfigurationError, match=f"Port {port} cannot be opened"), running_world(port=port):
            pass


def test_recorded_time_cannot_be_moved_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match="fixed"), running(
        SandboxOptions(recorded=shared("data"), advance_days=1)
    ):  # fmt: skip
        pass
