"""Worklogs: the exact set through Jira's own feeds, deletions as tombstones."""

from __future__ import annotations

from datetime import timedelta

from connectors.jira.wire import millis
from connectors.sandbox.world import Worklog
from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import small_world


def _log(world, number, at, issue=10_003):
    world.worklogs[number] = Worklog(number, issue, "acc-2", at, 60, at, at)


def test_an_edited_worklog_comes_once_and_only_it():
    with site() as acme:
        first = acme.sync()
        acme.edit(lambda world: _log(world, 1, world.now - timedelta(minutes=2)))
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    assert (second.keys("worklog"), third.count()) == (["1"], 0)


def test_a_deleted_worklog_gets_one_tombstone():
    with site() as acme:
        first = acme.sync()
        acme.edit(lambda world: world.worklogs.pop(2))
        acme.jira.site.catalog.worklogs_gone["2"] = millis(acme.jira.site.now - timedelta(minutes=3))
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    (tombstone,) = second.records["worklog"]
    assert (tombstone.key, tombstone.deleted) == ("2", True)
    assert third.count() == 0


def test_a_thousand_equal_times_and_more_pages_arrive_as_the_exact_set():
    world = small_world()
    for number in range(10, 1_300):
        _log(world, number, world.now - timedelta(hours=5))
    for number in range(1_300, 2_000):
        _log(world, number, world.now - timedelta(hours=4, seconds=number))
    with site(world) as acme:
        synced = acme.sync()
    assert sorted(map(int, synced.keys("worklog"))) == [1, 2, *range(10, 2_000)]


def test_a_worklog_of_the_last_minute_comes_with_the_next_sync():
    world = small_world()
    _log(world, 9, world.now - timedelta(seconds=20))
    with site(world) as acme:
        first = acme.sync()
        acme.jira.advance(1)
        second = acme.sync(first.checkpoint)
    assert "9" not in first.keys("worklog")
    assert second.keys("worklog") == ["9"]


def test_only_worklogs_of_the_chosen_projects_come():
    world = small_world()
    _log(world, 5, world.now - timedelta(hours=1), issue=10_002)
    with site(world, projects=["ALFA"]) as acme:
        assert acme.sync().keys("worklog") == ["5"]


def test_a_site_without_the_feeds_is_complete_and_says_so():
    with site(faults=("403@/worklog/updated:1+",)) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert synced.certificate("*", "worklog").status == "unavailable"
