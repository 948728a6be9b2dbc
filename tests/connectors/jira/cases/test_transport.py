"""Cases 1 to 9: limits, faults on the way, answers that are none, refusals; over HTTP through the real connector."""

from __future__ import annotations

import json

import pytest

from connectors.errors import (
    UnreachableError,
)
from connectors.sandbox.world import Project
from tests.connectors.jira.homes import Home, fake_time, impatient, slipstream
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import running_world, small_world

SEARCH = "/search/jql"
EVERY = list(range(10_001, 10_061))


def _issues(synced):
    return sorted(map(int, synced.keys("issue")))


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
        assert {proof.status for proof in stopped.outcome.certificates} == {"deferred"}
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
        code, said = slipstream(home, monkeypatch, "sync", "jira", "--json"), capsys.readouterr()
        stopped = json.loads(said.out)
        first = home.versions_of(home.last)
        waits.append(3600)  # the hour is over
        again, said = slipstream(home, monkeypatch, "sync", "jira", "--json"), capsys.readouterr()
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
        # what may have been too much is tried twice, and then five times as a page of one issue
        may_be_heavy = fault in ("504", "truncated", "stalled")
        assert jira.sandbox.requests["/rest/api/3/search/jql"] == (8 if may_be_heavy else 6)
    assert (home.checkpoint, home.landing.commit_ids(), home.versions()) == before
    assert sum(waits) < 60


def test_case_04_a_server_that_is_down_is_told_after_a_bounded_number_of_tries():
    with site() as acme:
        pass
    with pytest.raises(UnreachableError, match="failed 3 times"):
        acme.sync()
    assert len(acme.waits) == 2
