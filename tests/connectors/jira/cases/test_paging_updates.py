"""Cases 15 and 16: issues that change while pages are read, and thousands that change within one minute."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.sandbox.jira.clock import millis
from connectors.sandbox.server import SandboxOptions, running
from tests.connectors.jira.mirror import Mirror, truth
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import small_world


def _interrupted(acme, checkpoint, change):
    """A sync during which `change` happens as soon as the first issues have come."""
    items = acme.source.sync(checkpoint)
    before = []
    for item in items:
        before.append(item)
        if getattr(item, "stream", "") == "issue":
            change()
            break
    return collect(iter([*before, *items]))


@pytest.mark.parametrize("is_first", [pytest.param(True, marks=pytest.mark.slow), False])
def test_case_15_an_issue_updated_between_two_pages_is_not_lost(*, is_first):
    with site(small_world(60), page_size=5, in_flight=1) as acme:
        mirror = Mirror(acme)
        if not is_first:
            mirror.sync()
            acme.do("pass_time", seconds=7_200)
            for issue in range(10_001, 10_061):
                acme.do("update_issue", issue=issue, field="summary", value="Once")

        def change():
            for issue in (10_001, 10_030, 10_058):  # of pages that came, that come next, that come last
                acme.do("update_issue", issue=issue, field="summary", value="Twice")

        synced = _interrupted(acme, mirror.checkpoint, change)
        mirror.take(synced)
        assert len(set(synced.keys("issue"))) == 60
        second, third = mirror.sync(), mirror.sync()
        assert mirror.held() == truth(acme)
    assert set(second.keys("issue")) <= {"10001", "10030", "10058"}
    assert third.count() == 0


@pytest.mark.slow
def test_case_15_an_issue_created_deleted_or_moved_between_two_pages_is_where_it_belongs():
    with site(small_world(60), page_size=5, in_flight=1) as acme:
        mirror = Mirror(acme)

        def change():
            acme.do("create_issue", project=10_200)
            acme.do("delete_issue", issue=10_030)
            acme.do("move_issue", issue=10_031, project=10_200)

        mirror.take(_interrupted(acme, None, change))
        last = mirror.sync()
        assert (mirror.held(), last.outcome.status) == (truth(acme), "complete")


def test_case_16_what_one_moment_changed_over_many_pages_arrives_and_the_checkpoint_moves_on():
    with site(small_world(130), page_size=10, in_flight=2) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("pass_time", seconds=7_200)
        acme.edit(lambda world: [setattr(issue, "updated", world.now) for issue in world.issues.values()])
        second, third = mirror.sync(), mirror.sync()
        acme.do("pass_time", seconds=7_200)
        fourth = mirror.sync()
        assert mirror.held() == truth(acme)
    assert (len(second.keys("issue")), len(set(second.keys("issue")))) == (130, 130)
    assert (third.count(), fourth.count()) == (0, 0)
    assert fourth.outcome.server_time - second.outcome.server_time == timedelta(seconds=7_200)


@pytest.mark.slow
def test_case_16_five_thousand_updates_within_a_minute_arrive_once():
    with running(SandboxOptions(issues=6_000)) as jira:
        source = connect(jira.url, [], jira.email, jira.token)
        first = collect(source.sync(None))
        touched = jira.touch(5_000)
        minutes = {
            int(moment) // 60_000
            for moment in jira.site.index.updated
            if int(moment) >= millis(jira.site.now) - 120_000
        }
        second = collect(source.sync(first.checkpoint))
        third = collect(source.sync(second.checkpoint))
    assert len(minutes) == 1
    assert sorted(map(int, second.keys("issue"))) == sorted(touched)
    assert (second.outcome.status, third.count()) == ("complete", 0)
