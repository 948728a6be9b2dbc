"""Cases 17 to 21: minutes, zones, daylight saving, an index that lags, a clock that is wrong, silent changes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.connectors.jira.homes import Home
from tests.connectors.jira.mirror import Mirror, truth
from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import small_world

AUTUMN = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # at 01:00 UTC Berlin's clocks go from 03:00 back to 02:00
SPRING = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)  # at 01:00 UTC they go from 02:00 on to 03:00


def _touch(acme, issue, words):
    acme.do("update_issue", issue=issue, field="summary", value=words)


def test_case_17_an_update_at_the_last_tenth_of_a_minute_is_in_the_next_sync_and_only_there():
    with site() as acme:
        mirror = Mirror(acme)
        acme.do("pass_time_until", moment="2026-03-02T09:30:59.899+00:00")
        mirror.sync()
        _touch(acme, 10_007, "At :59.9")
        second, third = mirror.sync(), mirror.sync()
        assert mirror.held() == truth(acme)
    assert (second.keys("issue"), third.keys("issue")) == (["10007"], [])
    assert second.records["issue"][0].updated == datetime(2026, 3, 2, 9, 30, 59, 900_000, tzinfo=UTC)


@pytest.mark.slow
def test_case_17_an_update_in_the_very_minute_of_a_sync_is_in_the_next():
    with site() as acme:
        mirror = Mirror(acme)
        _touch(acme, 10_007, "Before the sync")
        mirror.sync()
        _touch(acme, 10_007, "After it, in the same minute")
        second = mirror.sync()
        assert mirror.held() == truth(acme)
    assert second.keys("issue") == ["10007"]


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", pytest.param("Asia/Kolkata", marks=pytest.mark.slow)])
def test_case_18_whatever_the_zone_of_the_user_and_however_it_changes_nothing_is_lost(zone):
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("set_time_zone", zone=zone)
        _touch(acme, 10_007, "In another zone")
        acme.do("pass_time", seconds=1_800)
        second = mirror.sync()
        acme.do("set_time_zone", zone="Europe/Berlin")
        _touch(acme, 10_008, "Back home")
        third = mirror.sync()
        held, true = mirror.held(), truth(acme)
    assert (second.keys("issue"), third.keys("issue")) == (["10007"], ["10008"])
    assert {key: one["summary"] for key, one in held.items()} == {key: one["summary"] for key, one in true.items()}


@pytest.mark.slow
@pytest.mark.parametrize("night", [AUTUMN, SPRING])
def test_case_18_every_update_of_a_night_with_a_clock_change_arrives_once(night):
    with site(small_world(12, now=night)) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        came = []
        for step in range(8):  # every twenty minutes, over the hour that comes twice or not at all
            acme.do("pass_time", seconds=1_200)
            _touch(acme, 10_001 + step, f"Step {step}")
            came += mirror.sync().keys("issue")
        assert mirror.held() == truth(acme)
    assert came == [str(10_001 + step) for step in range(8)]


@pytest.mark.slow
@pytest.mark.parametrize("lag", [30, 299])
def test_case_19_an_index_that_lags_loses_nothing_within_the_lookback(lag):
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("set_index_lag", seconds=lag)
        for step in range(8):
            _touch(acme, 10_002 + step, f"Step {step}")
            made = acme.do("create_issue", project=10_200, summary=f"Step {step}")["issue"]
            acme.do("delete_issue", issue=made) if step % 3 == 0 else None
            acme.do("pass_time", seconds=47)
            mirror.sync()
        acme.do("pass_time", seconds=lag + 1)
        last = mirror.sync()
        assert (mirror.held(), last.outcome.status) == (truth(acme), "complete")
        assert mirror.sync().count() == 0


def test_case_19_an_older_version_from_a_lagging_index_never_replaces_a_newer_one():
    with site() as acme:
        mirror = Mirror(acme)
        _touch(acme, 10_020, "Old words")
        mirror.sync()
        acme.do("hide_issue", issue=10_020)
        mirror.sync()
        acme.do("set_index_lag", seconds=240)
        _touch(acme, 10_020, "New words")
        acme.do("show_issue", issue=10_020)  # fetched by id: the truth, which the index does not tell yet
        for _ in range(6):
            mirror.sync()
            assert mirror.held()["10020"]["summary"] == "New words"
            acme.do("pass_time", seconds=60)


@pytest.mark.slow
@pytest.mark.parametrize("skew", [600, -600])
def test_case_20_with_a_clock_ten_minutes_off_the_time_of_the_server_rules(skew):
    with site() as acme:
        acme.do("set_clock_skew", seconds=skew)
        mirror = Mirror(acme)
        first = mirror.sync()
        for step in range(4):
            _touch(acme, 10_002 + step, f"Step {step}")
            assert mirror.sync().keys("issue") == [str(10_002 + step)]
            acme.do("pass_time", seconds=200)
        assert mirror.held() == truth(acme)
    assert first.outcome.server_time == datetime(2026, 3, 2, 9, 40 if skew > 0 else 20, tzinfo=UTC)


def test_case_20_a_clock_that_is_set_back_loses_no_update():
    with site() as acme:
        acme.do("set_clock_skew", seconds=7_200)
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("set_clock_skew", seconds=0)  # what is updated now looks two hours older than the last sync
        _touch(acme, 10_020, "After the correction")
        acme.do("add_worklog", issue=10_020, seconds=60)
        acme.do("pass_time", seconds=120)
        mirror.sync()
        assert (mirror.held(), len(mirror.hours())) == (truth(acme), 3)
        assert mirror.sync().count() == 0


def test_case_20_a_site_in_another_calendar_is_not_taken_for_one_whose_clock_was_set_back(tmp_path):
    home = Home(tmp_path / "home")
    with site() as acme:
        home.point_at(acme.jira)
        first = home.sync()
        acme.do("pass_time", seconds=3 * 86_400)
        _touch(acme, 10_020, "Days later")
        acme.do("pass_time", seconds=4 * 86_400)
        second, third = home.sync(), home.sync()  # by now the landing's own clock goes by the site's
    assert first.server_time < second.server_time
    assert (second.rows["issue"], third.rows.get("issue", 0)) == (1, 0)


@pytest.mark.slow
def test_case_20_a_clock_that_is_set_forward_loses_no_update():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        _touch(acme, 10_020, "Before the correction")
        acme.do("set_clock_skew", seconds=7_200)
        _touch(acme, 10_018, "After it")
        mirror.sync()
        assert mirror.held() == truth(acme)


def test_case_21_what_no_issue_tells_arrives_as_a_new_row_of_its_dimension_and_nothing_else_does():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("close_sprint", sprint=2)
        acme.do("start_sprint", sprint=3)
        acme.do("rename_sprint", sprint=1, name="Sprint One")
        acme.do("move_version", version=10_300, releases_on="2026-09-30")
        acme.do("release_version", version=10_301)
        acme.do("rename_user", user="acc-2", name="Renamed")
        second, third = mirror.sync(), mirror.sync()
    told = {name: [(one.key, one.deleted) for one in records] for name, records in second.records.items()}
    assert told == {
        "sprint": [("1", False), ("2", False), ("3", False)],
        "user": [("acc-2", False)],
        "version": [("10300", False), ("10301", False)],
    }
    rows = {one.key: one.payload for one in second.records["sprint"]}
    assert (rows["1"]["name"], rows["2"]["state"], rows["3"]["state"]) == ("Sprint One", "closed", "active")
    assert "completeDate" in rows["2"]
    assert third.count() == 0
