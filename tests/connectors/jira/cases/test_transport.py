"""Cases 1 to 9: limits, faults on the way, answers that are none, refusals; over HTTP through the real connector."""

from __future__ import annotations

import json
import sys

import pytest

from connectors.errors import (
    DeferredError,
    GoneError,
    ProtocolError,
    RefusedError,
    SourceError,
    UnreachableError,
)
from connectors.jira import issues
from connectors.sandbox.world import Board, Project
from pipelines import cli
from tests.connectors.jira.homes import Home, fake_time, impatient
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import make_issue, running_world, small_world

SEARCH = "/search/jql"
EVERY = list(range(10_001, 10_061))


def _issues(synced):
    return sorted(map(int, synced.keys("issue")))


def _slipstream(home, monkeypatch, capsys, *arguments):
    """The command in this process: its exit code and what it printed."""
    for name, value in home.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["slipstream", *arguments])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    return stop.value.code, capsys.readouterr()


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


# 1: 429 burst


def test_case_01_a_burst_is_waited_out_as_long_as_asked_and_no_other_endpoint_waits():
    with fake_time() as waits, running_world(faults=("429_burst@/rest/api/3/status:1",)) as jira:
        synced = collect(connect(jira.url, waits, jira.email, jira.token).sync(None))
        asked = jira.sandbox.requests["/rest/api/3/status"]
    assert synced.outcome.status == "complete"
    assert asked == 2  # it was let in on the second try: the wait was long enough
    assert [1.0 <= wait <= 1.1 for wait in waits] == [True]


def test_case_01_a_burst_on_the_search_holds_all_that_search_at_once():
    faults = (f"429_burst@{SEARCH}:4",)
    with fake_time() as waits, running_world(small_world(60), faults=faults) as jira:
        source = connect(jira.url, waits, jira.email, jira.token, page_size=5, in_flight=4)
        synced = collect(source.sync(None))
    assert synced.outcome.status == "complete"
    assert _issues(synced) == EVERY
    assert max(waits) >= 0.9


def test_case_01_a_burst_at_sign_in_is_waited_out_too():
    with fake_time() as waits, running_world(faults=("429_burst@1",)) as jira:
        synced = collect(connect(jira.url, waits, jira.email, jira.token).sync(None))
    assert synced.outcome.status == "complete"
    assert list(waits) == [1.0]


def test_case_01_a_burst_that_never_ends_defers_the_sync_after_a_bounded_number_of_tries():
    with site(faults=(f"429_no_header@{SEARCH}:1+",)) as acme:
        synced = acme.sync()
        assert acme.jira.sandbox.requests["/rest/api/3/search/jql"] == 5
    assert synced.outcome.status == "deferred"
    assert synced.outcome.resume_at is not None


# 2: 429 quota


@pytest.mark.parametrize("strike", range(1, 16, 2))
def test_case_02_a_quota_anywhere_defers_and_nothing_is_lost_or_fetched_twice(strike):
    world = small_world(60)
    options = {"page_size": 10, "in_flight": 1}
    with running_world(world, faults=(f"429_quota@/rest/api/3/search/jql:{strike}",)) as jira:
        stopped = collect(connect(jira.url, [], jira.email, jira.token, **options).sync(None))
    with running_world(world) as jira:
        source = connect(jira.url, [], jira.email, jira.token, **options)
        resumed = collect(source.sync(stopped.checkpoint or None))
        after = collect(source.sync(resumed.checkpoint))
    if strike <= 7:
        assert stopped.outcome.status == "deferred"
        assert "Sync again after 2026-03-02 10:30:00 UTC" in stopped.outcome.detail
    issues = stopped.keys("issue") + resumed.keys("issue")
    assert sorted(map(int, issues)) == EVERY
    assert resumed.outcome.status == "complete"
    assert after.count() == 0


def test_case_02_after_a_quota_nothing_more_is_asked():
    with site(small_world(60), faults=(f"429_quota@{SEARCH}:3",), page_size=10, in_flight=1) as acme:
        stopped = acme.sync()
        assert acme.jira.requests == stopped.outcome.requests
        assert stopped.outcome.certificates == ()
        assert acme.waits == []


def test_case_02_who_queues_behind_the_request_that_met_the_quota_does_not_ask_either():
    world = small_world()
    for number in range(20):
        world.projects[10_300 + number] = Project(10_300 + number, f"P{number}", f"Project {number}", "A", "acc-1")
    with site(world, faults=("429_quota@/versions:1",), in_flight=1) as acme:
        assert acme.sync().outcome.status == "deferred"
        assert acme.jira.sandbox.requests["/rest/api/3/project/{project}/versions"] == 1


def test_case_02_a_quota_at_sign_in_defers_with_an_empty_checkpoint():
    with site(faults=("429_quota@1",)) as acme:
        assert acme.sync().outcome.status == "deferred"


def test_case_02_the_command_line_ends_with_3_tells_why_and_until_when_and_goes_on_from_there(
    home, monkeypatch, capsys
):
    with fake_time() as waits, running_world(small_world(60), faults=(f"429_quota@{SEARCH}:5",)) as jira:
        home.point_at(jira, page_size=10, in_flight=1)
        code, said = _slipstream(home, monkeypatch, capsys, "sync", "jira", "--json")
        stopped = json.loads(said.out)
        first = home.versions_of(home.last)
        waits.append(3600)  # the hour is over
        again, said = _slipstream(home, monkeypatch, capsys, "sync", "jira", "--json")
    assert (code, stopped["status"]) == (3, "deferred")
    assert "quota is used up" in stopped["detail"]
    assert stopped["resume_at"][:16].replace("T", " ") in stopped["detail"]
    assert (again, json.loads(said.out)["status"]) == (0, "complete")
    landed = [int(version.key) for version in home.versions() if version.stream == "issue"]
    assert 0 < sum(version.stream == "issue" for version in first) < 60
    assert sorted(landed) == EVERY  # each once


# 3 and 4: what passes


@pytest.mark.parametrize("fault", ["429_no_header", "429_http_date", "429_garbage"])
@pytest.mark.parametrize("where", ["1", f"{SEARCH}:3", "/rest/api/3/field:1"])
def test_case_03_a_missing_dated_or_unreadable_retry_after_is_no_exception(fault, where):
    with site(small_world(60), faults=(f"{fault}@{where}",), page_size=10, in_flight=2) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert _issues(synced) == EVERY
    assert acme.waits or fault == "429_http_date"  # a date long past asks for no wait


@pytest.mark.parametrize("fault", ["408", "500", "502", "503", "504", "reset", "truncated", "hang", "stalled"])
def test_case_04_a_passing_fault_is_tried_again_and_loses_nothing(fault):
    with site(small_world(60), faults=(f"{fault}@{SEARCH}:3",), page_size=10, in_flight=2) as acme:
        if fault in ("hang", "stalled"):
            impatient(acme.source)
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert _issues(synced) == EVERY
    assert acme.waits


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("500", "answered 500"),
        ("502", "answered 502"),
        ("503", "answered 503"),
        ("504", "answered 504"),
        ("reset", "the connection broke"),
        ("truncated", "the answer was cut off"),
        ("stalled", "no answer in time"),
    ],
)
def test_case_04_a_lasting_fault_fails_after_bounded_tries_and_leaves_the_checkpoint(home, fault, said):
    world = small_world(60)
    with running_world(world) as jira:
        home.point_at(jira)
        home.sync()
    before = (home.checkpoint, home.landing.commit_ids(), home.versions())
    world.issues[10_001].updated = world.now
    with running_world(world, faults=(f"{fault}@{SEARCH}:2+",)) as jira:
        waits = []
        source = connect(jira.url, waits, jira.email, jira.token, page_size=10, in_flight=1)
        with pytest.raises(UnreachableError, match=f"failed 5 times: {said}"):
            home.sync(impatient(source, 0.1) if fault == "stalled" else source, full=True)
        assert jira.sandbox.requests["/rest/api/3/search/jql"] == 6
    assert (home.checkpoint, home.landing.commit_ids(), home.versions()) == before
    assert sum(waits) < 60


def test_case_04_a_server_that_is_down_is_told_after_a_bounded_number_of_tries():
    with site() as acme:
        pass
    with pytest.raises(UnreachableError, match="failed 3 times"):
        acme.sync()
    assert len(acme.waits) == 2


# 5: 200 with something else

ENDPOINTS = (
    *("serverInfo:1+", "myself:1+", "/project/search:1", "/api/3/field:1", "/field/search:1"),
    *("/api/3/status:1", "/users/search:1", "/issueLinkType:1", "/1.0/board:1", "/board/200/sprint:1", "/versions:1"),
    *("/search/jql:1", "/search/jql:2", "/issue/bulkfetch:1", "/changelog/bulkfetch:1", "/worklog/updated:1"),
    "/worklog/list:1",
)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html200", "text/html instead of JSON|not Jira's JSON"),
        ("empty200", "an empty body|not Jira's JSON|does not describe itself"),
        ("text200", "text/plain instead of JSON|not Jira's JSON"),
    ],
)
def test_case_05_a_body_that_is_no_json_fails_at_once_wherever_it_comes(fault, said):
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=120)
    for endpoint in ENDPOINTS:
        with site(world, faults=(f"{fault}@{endpoint}",), page_size=10, in_flight=1) as acme:
            with pytest.raises(ProtocolError, match=said):
                acme.sync()
            assert acme.waits == [], endpoint


@pytest.mark.parametrize("endpoint", ["serverInfo:1", "/project/search:1", SEARCH + ":1", "/worklog/updated:1"])
def test_case_05_json_of_another_product_is_not_taken_for_an_empty_answer(endpoint):
    with site(faults=(f"json200@{endpoint}",)) as acme, pytest.raises(ProtocolError):
        acme.sync()


def test_case_05_nothing_is_committed_and_the_exit_code_is_1(home, monkeypatch, capsys):
    with running_world(small_world(60), faults=(f"html200@{SEARCH}:3",)) as jira:
        home.point_at(jira, page_size=10)
        code, said = _slipstream(home, monkeypatch, capsys, "sync", "jira", "--json")
    assert (code, said.out) == (1, "")
    assert "text/html instead of JSON" in " ".join(said.err.split())
    assert home.landing.commit_ids() == []


# 7: 400 in mid-paging


@pytest.mark.parametrize("when", ["3", "3+", "7"])
def test_case_07_a_400_in_mid_paging_fails_with_jiras_own_words(home, when):
    with running_world(small_world(60), faults=(f"400@{SEARCH}:{when}",)) as jira:
        source = connect(jira.url, [], jira.email, jira.token, page_size=10, in_flight=1)
        home.point_at(jira)
        with pytest.raises(RefusedError, match="Error in the JQL Query: the page could not be read"):
            home.sync(source)
    assert home.landing.commit_ids() == []


# 8: one child refused

CHILDREN = {
    "sprint": ("/board/201/sprint:1+",),
    "version": ("/project/10201/versions:1+",),
    "worklog": ("/worklog/list:1+",),
    "issue": ("/changelog/bulkfetch:1+", "/issue/10002/changelog:1+"),
}


@pytest.mark.parametrize("status", [403, 404, 422])
@pytest.mark.parametrize("stream", CHILDREN)
def test_case_08_a_refused_child_is_a_recorded_skip_and_the_sync_partial(stream, status):
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=120)
    with site(world, faults=tuple(f"{status}@{path}" for path in CHILDREN[stream])) as acme:
        synced = acme.sync()
        second = acme.sync(synced.checkpoint)
    assert len(synced.keys("issue")) == 24
    assert not any(record.deleted for records in second.records.values() for record in records)
    for one in (synced, second):
        (proof,) = [proof for proof in one.outcome.certificates if proof.status == "partial"]
        assert (one.outcome.status, proof.stream) == ("partial", stream)
        (missing,) = proof.missing
        assert missing["class"] == ("changelog_short" if stream == "issue" else "skipped")
        assert stream == "issue" or str(status) in missing["evidence"]


def test_case_08_a_child_that_is_no_longer_refused_is_made_good():
    faults = ("403@/changelog/bulkfetch:1", "422@/issue/10002/changelog:1", "422@/worklog/list:1")
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=250)
    with site(world, faults=faults) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    assert first.outcome.status == "partial"
    assert second.outcome.status == third.outcome.status == "complete"
    logs = [record.payload for record in second.records["issue_changelog"]]
    assert len({row["id"] for log in logs for row in log["changeHistories"]}) == 250
    assert sorted(second.keys("worklog")) == ["1", "2"]
    assert third.count() == 0


def test_case_08_a_board_without_sprints_is_no_skip():
    with site(faults=("400@/board/201/sprint:1+",)) as acme:
        assert acme.sync().outcome.status == "complete"


def test_case_08_an_interface_that_the_site_does_not_offer_is_unavailable_not_partial():
    with site(faults=("403@/rest/agile:1+", "404@/worklog/updated:1+")) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert {synced.certificate("*", name).status for name in ("board", "sprint", "worklog")} == {"unavailable"}
    assert "board" not in synced.records


def test_case_08_the_command_line_ends_with_3_and_lists_the_skip(home, monkeypatch, capsys):
    with running_world(faults=("403@/board/200/sprint:1+",)) as jira:
        jira.change(lambda: jira.site.world.boards.setdefault(7, Board(7, "Seventh", 10_200)))
        home.point_at(jira)
        code, said = _slipstream(home, monkeypatch, capsys, "sync", "jira", "--json")
    told = json.loads(said.out)
    (proof,) = [proof for proof in told["certificates"] if proof["status"] == "partial"]
    assert (code, told["status"], proof["missing"][0]["id"]) == (3, "partial", "board/200")


# 9: 410


def test_case_09_a_withdrawn_interface_is_told_at_once(monkeypatch):
    monkeypatch.setattr(issues, "SEARCH", "/rest/api/3/search")
    with site() as acme:
        with pytest.raises(GoneError, match=r"410.*Please migrate.*update Slipstream"):
            acme.sync()
        assert acme.waits == []


def test_case_09_a_410_in_mid_search_is_told_at_once():
    with site(small_world(60), faults=(f"410@{SEARCH}:4+",), page_size=10, in_flight=1) as acme:
        with pytest.raises(GoneError):
            acme.sync()
        assert acme.jira.sandbox.requests["/rest/api/3/search/jql"] == 4
        assert acme.waits == []


def test_every_error_of_the_family_reads_as_text_with_remedy():
    assert issubclass(DeferredError, SourceError)
    assert str(UnreachableError("what.", "do this.")) == "what. do this."
