"""Case 22: a Data Center re-index rewrites the times its search goes by, and leaves gaps while it runs."""

from __future__ import annotations

from datetime import timedelta

from tests.connectors.jira.flavours import datacenter
from tests.fixtures.sandbox import small_world


def _reindex(acme, **options):
    acme.jira.change(lambda: acme.jira.site.reindex(**options))


def test_case_22_after_a_reindex_everything_comes_at_most_once_more_and_then_nothing():
    with datacenter(small_world(30)) as acme:
        first = acme.sync()
        _reindex(acme)
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
        fourth = acme.sync(third.checkpoint)
    assert len(second.keys("issue")) == len(set(second.keys("issue"))) <= 30
    assert (third.count(), fourth.count()) == (0, 0)
    assert {one.outcome.status for one in (second, third, fourth)} == {"complete"}
    before = {record.key: record.updated for record in first.records["issue"]}
    assert all(before[record.key] == record.updated for record in second.records["issue"])  # no version goes backwards


def test_case_22_what_a_reindex_brought_is_forgotten_once_the_search_finds_it_no_more():
    with datacenter(small_world(30)) as acme:
        first = acme.sync()
        _reindex(acme)
        second = acme.sync(first.checkpoint)
        acme.jira.advance(1)
        third = acme.sync(second.checkpoint)
        fourth = acme.sync(third.checkpoint)
    assert len(str(fourth.checkpoint["recent"])) < len(str(second.checkpoint["recent"]))
    assert (third.keys("issue"), fourth.count()) == (["10031"], 0)


def test_case_22_indexed_times_that_went_backwards_lose_no_update_that_comes_after():
    with datacenter() as acme:
        first = acme.sync()
        _reindex(acme, at=acme.jira.site.now - timedelta(days=30))
        second = acme.sync(first.checkpoint)
        acme.edit(lambda world: setattr(world.issues[10_007], "updated", world.now))
        third = acme.sync(second.checkpoint)
    assert second.count() == 0
    assert third.keys("issue") == ["10007"]
    assert third.outcome.status == "complete"


def test_case_22_issues_that_a_running_reindex_has_not_reached_are_not_buried():
    with datacenter() as acme:
        first = acme.sync()
        _reindex(acme, without={10_002, 10_005})
        second = acme.sync(first.checkpoint)
        acme.jira.change(lambda: acme.jira.site.reindex())
        third = acme.sync(second.checkpoint)
    assert not any(record.deleted for synced in (second, third) for record in synced.records.get("issue", []))
    assert (second.outcome.status, third.outcome.status) == ("complete", "complete")
    assert second.certificate("ALFA").held_count == 12


def test_case_22_a_cluster_node_whose_clock_is_behind_costs_no_loss_and_no_loop():
    with datacenter() as acme:
        first = acme.sync()
        acme.edit(lambda world: setattr(world, "now", world.now - timedelta(minutes=30)))
        second = acme.sync(first.checkpoint)
        acme.edit(lambda world: setattr(world, "now", world.now + timedelta(minutes=31)))
        acme.edit(lambda world: setattr(world.issues[10_007], "updated", world.now))
        third = acme.sync(second.checkpoint)
        fourth = acme.sync(third.checkpoint)
    assert second.outcome.status == third.outcome.status == "complete"
    assert "10007" in third.keys("issue")
    assert fourth.count() == 0
