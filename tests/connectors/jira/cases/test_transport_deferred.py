"""Case 2, a sync that a quota stopped and that is taken up later moves no clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.source import offset_of
from tests.connectors.jira.homes import Home, fake_time
from tests.fixtures.sandbox import running_world, small_world

SEARCH = "/search/jql"
HOURS = timedelta(hours=8)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def test_case_02_a_sync_taken_up_hours_later_keeps_the_clock_and_vouches_from_when_it_was_begun(home):
    with fake_time() as waits, running_world(small_world(60), faults=(f"429_quota@{SEARCH}:5",)) as jira:
        home.point_at(jira, page_size=10, in_flight=1)
        assert home.sync().status == "deferred"
        stopped, ahead = home.last, offset_of(home.landing.clock())
        waits.append(3600)
        jira.do("pass_time", seconds=int(HOURS.total_seconds()))
        report = home.sync()
    resumed = home.last
    assert report.status == "complete"
    moved = offset_of(home.landing.clock()) - ahead
    assert HOURS - timedelta(minutes=1) < moved < HOURS + timedelta(minutes=1)
    assert resumed.known_at - stopped.known_at > HOURS - timedelta(minutes=1)
    assert all(file.path.endswith("-0000.parquet") for file in resumed.files)  # written once
    assert resumed.server_time == stopped.server_time  # as of when everything is here
    assert all(one.lag_seconds >= HOURS.total_seconds() for one in report.certificates if one.stream == "issue")
