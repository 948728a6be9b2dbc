"""Case 25: an issue moved to another project, a project's key renamed: same id, the history of keys kept."""

from __future__ import annotations

import pytest

from connectors.jira import census
from tests.connectors.jira.mirror import Mirror, truth
from tests.connectors.jira.syncing import site

ALFA, BRAVO = 10_200, 10_201


def _keys(payload):
    """The keys that an issue had, oldest first, by its own history."""
    items = [item for entry in payload["changelog"]["histories"] for item in entry["items"] if item["field"] == "Key"]
    return [item["fromString"] for item in reversed(items)]


def test_case_25_a_moved_issue_keeps_its_id_its_history_and_is_counted_where_it_is_now():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        first = acme.do("move_issue", issue=10_020, project=BRAVO)["keys"]["10020"]
        acme.do("move_issue", issue=10_020, project=ALFA)
        acme.do("move_issue", issue=10_020, project=BRAVO)
        second = mirror.sync()
        assert mirror.held() == truth(acme)
    (moved,) = second.records["issue"]
    assert (moved.key, moved.deleted) == ("10020", False)
    assert _keys(moved.payload) == ["ALFA-20", first, "ALFA-25"]
    assert (second.certificate("ALFA").held_count, second.certificate("BRAVO").held_count) == (11, 13)
    assert second.outcome.status == "complete"


@pytest.mark.slow
def test_case_25_a_move_that_updated_does_not_tell_is_seen_by_the_census():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        before = acme.jira.site.world.issues[10_020].updated
        acme.do("move_issue", issue=10_020, project=BRAVO)
        acme.edit(lambda world: setattr(world.issues[10_020], "updated", before))
        second = mirror.sync()
        assert mirror.held() == truth(acme)
    assert second.keys("issue") == ["10020"]


def test_case_25_an_issue_that_moved_out_of_the_chosen_projects_is_told_once_and_let_go():
    with site(projects=["ALFA"]) as acme:
        first = acme.sync()
        acme.do("move_issue", issue=10_020, project=BRAVO)
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
        acme.do("move_issue", issue=10_020, project=ALFA)
        fourth = acme.sync(third.checkpoint)
    assert [record.payload["key"] for record in second.records["issue"]] == ["BRAVO-24"]
    (entry,) = second.certificate("ALFA").missing
    assert entry == {"id": "10020", "class": "moved", "evidence": census.evidence("moved")}
    assert [synced.outcome.status for synced in (second, third, fourth)] == ["complete"] * 3
    assert (third.count(), third.certificate("ALFA").held_count) == (0, 11)
    assert [record.payload["key"] for record in fourth.records["issue"]] == ["ALFA-25"]


def test_case_25_a_renamed_key_reaches_every_issue_although_none_was_updated():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("rename_project_key", project=ALFA, key="ALPHA")
        second = mirror.sync()
        assert mirror.held() == truth(acme)
        third = mirror.sync()
    (project,) = second.records["project"]
    assert (project.payload["key"], project.payload["projectKeys"]) == ("ALPHA", ["ALFA", "ALPHA"])
    assert (len(second.keys("issue")), third.count()) == (12, 0)
    assert (second.outcome.status, second.certificate("ALPHA").held_count) == ("complete", 12)


@pytest.mark.slow
def test_case_25_a_key_renamed_under_an_index_that_lags_is_not_renamed_back():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("set_index_lag", seconds=120)
        acme.do("rename_project_key", project=ALFA, key="ALPHA")
        for _ in range(3):
            mirror.sync()
            assert mirror.held() == truth(acme)
            acme.do("pass_time", seconds=70)
        mirror.sync()
        assert mirror.held() == truth(acme)


@pytest.mark.slow
def test_case_25_settings_that_name_a_project_by_its_former_key_still_read_it():
    with site(projects=["ALFA"]) as acme:
        first = acme.sync()
        acme.do("rename_project_key", project=ALFA, key="ALPHA")
        acme.do("update_issue", issue=10_020, field="summary", value="After")
        assert acme.source.changed(first.checkpoint)
        second = acme.sync(first.checkpoint)
    assert (second.outcome.status, len(set(second.keys("issue")))) == ("complete", 12)


@pytest.mark.slow
def test_case_25_worklogs_and_links_follow_a_moved_issue():
    with site() as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("move_issue", issue=10_003, project=ALFA)
        mirror.sync()
    assert mirror.hours() == {"1": 3600, "2": 7200}
    assert mirror.issues["10003"].payload["fields"]["issuelinks"][0]["outwardIssue"]["id"] == "10004"
    assert mirror.issues["10005"].payload["key"].startswith("ALFA-")  # its sub-task went with it
