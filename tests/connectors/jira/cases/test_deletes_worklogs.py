"""Case 27: worklogs edited, deleted, a thousand at one moment, in the last minute: the exact set through the feeds."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.sandbox.world import Worklog
from tests.connectors.jira.mirror import Mirror, true_hours
from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import small_world


def _log(world, number, at, issue=10_003):
    world.worklogs[number] = Worklog(number, issue, "acc-2", at, 60, at, at)


def test_case_27_an_edited_worklog_comes_once_and_only_it():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("edit_worklog", worklog=1, seconds=120)
        acme.do("pass_time", seconds=61)
        second, third = mirror.sync(), mirror.sync()
        assert mirror.hours() == true_hours(acme)
    assert (second.keys("worklog"), third.count()) == (["1"], 0)


def test_case_27_a_deleted_worklog_gets_one_tombstone():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("delete_worklog", worklog=2)
        acme.do("pass_time", seconds=61)
        second, third = mirror.sync(), mirror.sync()
        assert mirror.hours() == true_hours(acme) == {"1": 3600}
    (tombstone,) = second.records["worklog"]
    assert (tombstone.key, tombstone.deleted) == ("2", True)
    assert third.count() == 0


@pytest.mark.slow
def test_case_27_a_worklog_edited_and_then_deleted_ends_deleted():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("edit_worklog", worklog=2, seconds=60)
        acme.do("delete_worklog", worklog=2)
        added = acme.do("add_worklog", issue=10_004, seconds=300)["worklog"]
        acme.do("delete_worklog", worklog=added)  # never met by us at all
        acme.do("pass_time", seconds=61)
        mirror.sync()
    assert mirror.hours() == {"1": 3600}


def test_case_27_a_thousand_equal_times_and_more_pages_arrive_as_the_exact_set():
    world = small_world()
    for number in range(10, 1_300):
        _log(world, number, world.now - timedelta(hours=5))
    for number in range(1_300, 2_000):
        _log(world, number, world.now - timedelta(hours=4, seconds=number))
    with site(world) as acme:
        synced = acme.sync()
    assert sorted(map(int, synced.keys("worklog"))) == [1, 2, *range(10, 2_000)]


def test_case_27_a_worklog_of_the_last_minute_comes_with_the_next_sync():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        added = str(acme.do("add_worklog", issue=10_004, seconds=300)["worklog"])
        second = mirror.sync()  # the feed does not tell of the last minute yet
        acme.do("pass_time", seconds=61)
        third, fourth = mirror.sync(), mirror.sync()
        assert mirror.hours() == true_hours(acme)
    assert [synced.keys("worklog") for synced in (second, third, fourth)] == [[], [added], []]


@pytest.mark.slow
def test_case_27_only_worklogs_of_the_chosen_projects_come():
    world = small_world()
    _log(world, 5, world.now - timedelta(hours=1), issue=10_002)
    with site(world, projects=["ALFA"]) as acme:
        assert acme.sync().keys("worklog") == ["5"]
