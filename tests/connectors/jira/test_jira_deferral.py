"""A used-up quota: what came is kept, the sync says when to come back, and goes on where it stood."""

from __future__ import annotations

import pytest

from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import running_world, small_world


@pytest.mark.parametrize("strike", range(1, 16, 2))
def test_a_quota_anywhere_defers_and_nothing_is_lost_or_fetched_twice(strike):
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
    assert sorted(map(int, issues)) == list(range(10_001, 10_061))
    assert resumed.outcome.status == "complete"
    assert after.count() == 0


def test_after_a_quota_nothing_more_is_asked():
    with site(small_world(60), faults=("429_quota@/search/jql:3",), page_size=10, in_flight=1) as acme:
        stopped = acme.sync()
        assert acme.jira.requests == stopped.outcome.requests
        assert stopped.outcome.certificates == ()
        assert acme.waits == []


def test_a_token_that_expired_meanwhile_reads_its_range_again():
    world = small_world(60)
    with running_world(world, faults=("429_quota@/rest/api/3/search/jql:4",)) as jira:
        stopped = collect(connect(jira.url, [], jira.email, jira.token, page_size=10, in_flight=1).sync(None))
    with site(world, page_size=10, in_flight=1) as acme:
        acme.jira.advance(8)
        resumed = acme.sync(stopped.checkpoint)
    assert set(stopped.keys("issue") + resumed.keys("issue")) >= {str(number) for number in range(10_001, 10_061)}
    assert resumed.outcome.status == "complete"
    assert resumed.outcome.server_time == stopped.outcome.server_time  # it vouches from when it was begun


def test_a_quota_at_sign_in_defers_with_an_empty_checkpoint():
    with site(faults=("429_quota@1",)) as acme:
        assert acme.sync().outcome.status == "deferred"
