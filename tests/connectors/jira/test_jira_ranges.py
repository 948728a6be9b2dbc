"""Ranges that are cut while their ids are still being listed: read side by side, nothing twice and nothing lost."""

from __future__ import annotations

import json

import pytest

from connectors.jira import cloud, ranges, sync
from connectors.source import Progress
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import running_world, small_world

SEARCH = "/rest/api/3/search/jql"
ISSUES = 120
EVERY = {str(number) for number in range(10_001, 10_001 + ISSUES)}


@pytest.fixture(autouse=True)
def many_pages_of_ids(monkeypatch):
    monkeypatch.setattr(cloud, "_IDS", 10)
    monkeypatch.setattr(ranges, "_UNCUT", 10)
    monkeypatch.setattr(ranges, "_LARGEST", 10)


def _asked(world, faults, checkpoint=None):
    """One sync in the course of events, and whether it was put off."""
    with running_world(world, faults=faults) as jira:
        source = connect(jira.url, [], jira.email, jira.token, page_size=5, in_flight=2)
        return collect(source.sync(checkpoint))


def test_a_first_sync_reads_each_issue_once_while_the_ids_are_still_listed():
    with site(small_world(ISSUES), page_size=5, in_flight=2) as acme:
        found = acme.sync()
    assert found.outcome.status == "complete"
    assert sorted(found.keys("issue")) == sorted(EVERY)


@pytest.mark.parametrize("at", [9, 12])
def test_a_quota_while_the_ids_are_listed_leaves_ranges_that_hold_all_that_was_not_read(at):
    world = small_world(ISSUES)
    stopped = _asked(world, (f"429_quota@{SEARCH}:{at}",))
    rest = stopped.checkpoint["unfinished"]
    assert stopped.outcome.status == "deferred"
    assert rest["is_open"]
    assert len(rest["ranges"]) > 1
    resumed = _asked(world, (), stopped.checkpoint)
    assert resumed.outcome.status == "complete"
    assert set(stopped.keys("issue")) | set(resumed.keys("issue")) == EVERY
    assert 0 < len(stopped.keys("issue")) < ISSUES
    assert len(resumed.keys("issue")) < ISSUES


def test_a_sync_that_a_quota_stops_over_and_over_gets_on_and_ends():
    world, came, checkpoint = small_world(ISSUES), set(), None
    for _ in range(20):
        found = _asked(world, (f"429_quota@{SEARCH}:16",), checkpoint)
        came |= set(found.keys("issue"))
        checkpoint = found.checkpoint
        if not checkpoint["unfinished"] or not checkpoint["unfinished"]["ranges"]:
            break
    assert came == EVERY
    assert _asked(world, (), checkpoint).outcome.status == "complete"


def test_a_checkpoint_from_before_ranges_were_cut_on_the_way_is_taken_up():
    world = small_world(ISSUES)
    stopped = _asked(world, (f"429_quota@{SEARCH}:20",))
    checkpoint = json.loads(json.dumps(stopped.checkpoint))
    del checkpoint["unfinished"]["is_open"]
    resumed = _asked(world, (), checkpoint)
    assert set(stopped.keys("issue")) | set(resumed.keys("issue")) == EVERY


def test_what_is_told_on_the_way_depends_on_how_much_there_is(monkeypatch):
    monkeypatch.setattr(ranges, "_UNCUT", 5_000)  # so few that one page of ids tells how many there are
    monkeypatch.setattr(cloud, "_IDS", 5_000)
    monkeypatch.setattr(sync, "_LEAST_TOLD", 2)
    monkeypatch.setattr(sync, "_LINES", 4)
    with site(small_world(ISSUES), page_size=5, in_flight=1) as acme:
        items = list(acme.source.sync(None))
        again = list(acme.source.sync(None))
    told = [(item.done, item.total) for item in items if isinstance(item, Progress) and item.done]
    assert told == [(30, 120), (60, 120), (90, 120), (120, 120)]
    assert told == [(item.done, item.total) for item in again if isinstance(item, Progress) and item.done]
