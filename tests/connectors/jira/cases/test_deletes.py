"""Cases 23, 26 and 29: what is absent is deleted, not visible, archived, trashed or unexplained, on evidence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.connectors.jira.mirror import Mirror, buried, classes, evidence, true_hours, truth
from tests.connectors.jira.syncing import Site, collect, connect, site
from tests.fixtures.sandbox import small_world

ALFA, BRAVO = 10_200, 10_201


def alfa(acme: Site) -> list[int]:
    return sorted(one.id for one in acme.jira.site.shown.issues.values() if one.project_id == ALFA)


def test_case_23_a_deletion_that_no_webhook_told_is_found_and_buried_with_evidence():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("delete_issue", issue=10_020)
        second = mirror.sync()
        third = mirror.sync()
    (tombstone,) = second.records["issue"]
    assert (tombstone.key, tombstone.deleted, tombstone.payload["_absence"]) == ("10020", True, "not_found")
    assert tombstone.updated == datetime(2026, 3, 2, 9, 30, 0, 1_000, tzinfo=UTC)
    assert classes(second, "ALFA") == {"deleted": [10_020]}
    for told in (tombstone.payload["_evidence"], evidence(second, "ALFA", 10_020)):
        assert "BROWSE_PROJECTS is held" in told
        assert "twice from a fetch by id" in told
    assert second.outcome.status == "complete"
    assert second.certificate("ALFA").source_count == second.certificate("ALFA").held_count == 11
    assert (third.count(), classes(third, "ALFA")) == (0, {})


@pytest.mark.slow
def test_case_23_a_deletion_under_an_index_that_lags_is_found_when_the_index_tells():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("set_index_lag", seconds=120)
        acme.do("delete_issue", issue=10_020)
        assert not buried(mirror.sync())
        acme.do("pass_time", seconds=121)
        assert buried(mirror.sync()) == [("issue", "10020")]


@pytest.mark.slow
def test_case_23_an_issue_deleted_while_a_full_sync_runs_is_no_gap():
    with site(small_world(60), page_size=5, in_flight=1) as acme:
        items = acme.source.sync(None)
        before = []
        for item in items:
            before.append(item)
            if getattr(item, "stream", "") == "issue":
                acme.do("delete_issue", issue=10_008)  # among the youngest, which come last
                break
        synced = collect(iter([*before, *items]))
    assert "10008" not in synced.keys("issue")
    assert synced.outcome.status == "complete"
    assert synced.certificate("ALFA").source_count == synced.certificate("ALFA").held_count == 29


def test_case_23_an_issue_that_a_security_level_hides_is_not_taken_for_deleted_and_comes_back_whole():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("hide_issue", issue=10_020)
        acme.do("pass_time", seconds=3_600)
        hidden = mirror.sync()
        acme.do("update_issue", issue=10_020, field="summary", value="Changed unseen")
        acme.do("add_worklog", issue=10_020, seconds=600)
        acme.do("pass_time", seconds=3_600)
        mirror.sync()
        acme.do("show_issue", issue=10_020)
        shown = mirror.sync()
        again = mirror.sync()
        assert (mirror.held(), mirror.hours()) == (truth(acme), true_hours(acme))
    assert (buried(hidden), classes(hidden, "ALFA")) == ([], {"not_visible": [10_020]})
    assert "levels of issue security" in evidence(hidden, "ALFA", 10_020)
    assert (hidden.outcome.status, shown.outcome.status) == ("partial", "complete")
    assert (shown.keys("issue"), again.count()) == (["10020"], 0)


@pytest.mark.slow
def test_case_23_in_a_project_with_security_levels_a_deletion_is_believed_on_the_operators_word_only():
    for says_so, expected in ((False, "not_visible"), (True, "deleted")):
        with site(sees_all_issues=says_so) as acme:
            acme.do("hide_issue", issue=10_022)
            first = acme.sync()
            acme.do("delete_issue", issue=10_020)
            assert classes(acme.sync(first.checkpoint), "ALFA") == {expected: [10_020]}


@pytest.mark.parametrize(
    ("edit", "why"), [pytest.param("archive_project", "archived", marks=pytest.mark.slow), ("trash_project", "trashed")]
)
def test_case_26_a_project_put_away_and_restored_does_not_flap(edit, why):
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        mine, everything = alfa(acme), mirror.alive
        acme.do(edit, project=ALFA)
        away = [mirror.sync(), mirror.sync()]
        acme.do("restore_project", project=ALFA)
        acme.do("update_issue", issue=10_002, field="summary", value="Back")
        acme.do("pass_time", seconds=7_200)
        back = mirror.sync()
        assert mirror.held() == truth(acme)
        again = mirror.sync()
    for synced in away:
        assert (buried(synced), synced.outcome.status) == ([], "complete")
        assert classes(synced, "ALFA") == {why: mine}
        assert synced.certificate("ALFA").source_count is None
    assert (buried(back), back.outcome.status, again.count()) == ([], "complete", 0)
    assert mirror.alive == everything


@pytest.mark.slow
def test_case_26_a_project_put_away_keeps_its_boards_sprints_and_versions():
    with site() as acme:
        first = acme.sync()
        acme.do("trash_project", project=ALFA)
        second = acme.sync(first.checkpoint)
        acme.do("restore_project", project=ALFA)
        third = acme.sync(second.checkpoint)
    assert {name: second.keys(name) for name in second.records} == {"project": ["10200"]}
    assert {name: third.keys(name) for name in third.records if name != "issue"} == {"project": ["10200"]}
    assert buried(second) + buried(third) == []


def test_case_26_an_archived_issue_stays_alive_is_named_and_comes_back():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("archive_issue", issue=10_020)
        away = [mirror.sync(), mirror.sync()]
        acme.do("unarchive_issue", issue=10_020)
        back = mirror.sync()
        assert mirror.held() == truth(acme)
    for synced in away:
        assert (buried(synced), synced.outcome.status) == ([], "complete")
        assert classes(synced, "ALFA") == {"archived": [10_020]}
        assert synced.certificate("ALFA").source_count == synced.certificate("ALFA").held_count == 12
    assert (classes(back, "ALFA"), back.outcome.status) == ({}, "complete")


@pytest.mark.slow
def test_case_26_an_issue_restored_from_a_backup_comes_back_although_its_time_did_not_change():
    with site() as acme:
        first = acme.sync()
        acme.do("delete_issue", issue=10_002)
        second = acme.sync(first.checkpoint)
        acme.edit(lambda world: world.deleted.discard(10_002))
        third = acme.sync(second.checkpoint)
        fourth = acme.sync(third.checkpoint)
    assert [(record.key, record.deleted) for record in third.records["issue"]] == [("10002", False)]
    assert fourth.count() == 0


@pytest.mark.parametrize("fault", ["omit", "issue_errors"])
def test_case_29_issues_that_a_bulk_fetch_leaves_out_or_calls_errors_are_had_one_by_one(fault):
    with site(small_world(120), faults=(f"{fault}@/bulkfetch:1+",)) as acme:
        acme.do("revoke_browse", project=ALFA)
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("pass_time", seconds=86_400)
        mirror.sync()
        acme.do("grant_browse", project=ALFA)
        synced = mirror.sync()
        assert mirror.held() == truth(acme)
    assert (synced.outcome.status, len(mirror.alive)) == ("complete", 120)


@pytest.mark.slow
def test_case_29_an_issue_that_stays_listed_and_is_never_given_is_named_unresolved():
    with site(faults=("omit@/bulkfetch:1+", "403@/rest/api/3/issue/10024:1+")) as acme:
        acme.do("revoke_browse", project=ALFA)
        first = acme.sync()
        acme.do("pass_time", seconds=86_400)
        acme.do("grant_browse", project=ALFA)
        second = acme.sync(acme.sync(first.checkpoint).checkpoint)
    assert (second.outcome.status, classes(second, "ALFA")) == ("partial", {"unresolved": [10_024]})
    assert (second.certificate("ALFA").source_count, second.certificate("ALFA").held_count) == (12, 11)


@pytest.mark.slow
def test_case_29_an_archived_issue_that_a_bulk_fetch_leaves_out_is_not_buried():
    with site(faults=("omit@/bulkfetch:1+",)) as acme:
        first = acme.sync()
        acme.do("archive_issue", issue=10_002)
        second = acme.sync(first.checkpoint)
    assert (buried(second), classes(second, "ALFA")) == ([], {"archived": [10_002]})


def test_case_24_a_project_that_the_settings_name_no_more_is_out_of_scope_and_whole_when_it_is_named_again():
    with site() as acme:
        wide = acme.source
        mirror = Mirror(acme)
        mirror.sync()
        everything = mirror.alive
        acme.source = connect(acme.jira.url, acme.waits, acme.jira.email, acme.jira.token, projects=["BRAVO"])
        narrowed = [mirror.sync(), mirror.sync()]
        acme.do("update_issue", issue=10_002, field="summary", value="Changed while nobody looked")
        acme.do("pass_time", seconds=7_200)
        acme.source = wide
        back = mirror.sync()
        assert mirror.held() == truth(acme)
    for synced in narrowed:
        assert (buried(synced), synced.outcome.status) == ([], "complete")
        assert set(classes(synced, "ALFA")) == {"out_of_scope"}
        assert classes(synced, "BRAVO") == {}
    assert (back.outcome.status, classes(back, "ALFA"), mirror.alive) == ("complete", {}, everything)
