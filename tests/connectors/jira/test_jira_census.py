"""Deletions: found by census and fetch by id, never by absence alone, and never in masses."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.connectors.jira.syncing import collect, site
from tests.fixtures.sandbox import small_world


def _remove(*ids):
    return lambda world: [world.issues.pop(issue) for issue in ids]


def test_a_deleted_issue_gets_one_tombstone_with_evidence():
    with site() as acme:
        first = acme.sync()
        acme.edit(_remove(10_020))
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    (tombstone,) = second.records["issue"]
    assert (tombstone.key, tombstone.deleted) == ("10020", True)
    assert tombstone.payload["_absence"] == "not_found"
    assert tombstone.updated == datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert second.outcome.status == "complete"
    assert second.certificate("ALFA").source_count == second.certificate("ALFA").held_count == 11
    assert third.count() == 0


def test_a_restored_issue_comes_back_although_its_time_did_not_change():
    with site() as acme:
        first = acme.sync()
        kept = acme.jira.site.world.issues[10_002]
        acme.edit(_remove(10_002))
        second = acme.sync(first.checkpoint)
        acme.edit(lambda world: world.issues.update({10_002: kept}))
        third = acme.sync(second.checkpoint)
    assert [record.deleted for record in third.records["issue"]] == [False]
    assert third.keys("issue") == ["10002"]


def test_a_project_out_of_sight_buries_nothing_and_is_certified_partial():
    with site() as acme:
        first = acme.sync()
        gone = [issue.id for issue in acme.jira.site.world.issues.values() if issue.project_id == 10_201]

        def hide(world):
            _remove(*gone)(world)
            del world.projects[10_201], world.boards[201]
            world.links.clear()
            world.worklogs.clear()

        acme.edit(hide)
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    for synced in (second, third):
        assert not any(record.deleted for records in synced.records.values() for record in records)
        assert synced.outcome.status == "partial"
        proof = synced.certificate("10201")
        assert (proof.status, proof.source_count, proof.held_count) == ("partial", None, 12)
        assert {entry["class"] for entry in proof.missing} == {"not_visible"}
        assert synced.certificate("ALFA").status == "complete"


def test_many_issues_of_a_visible_project_gone_at_once_are_not_believed():
    with site(small_world(80)) as acme:
        first = acme.sync()
        gone = [10_002 + 2 * number for number in range(5, 20)]
        acme.edit(_remove(*gone))
        second = acme.sync(first.checkpoint)
    assert second.count() == 0
    proof = second.certificate("ALFA")
    assert (proof.status, proof.source_count, proof.held_count) == ("partial", 25, 40)
    assert sorted(entry["id"] for entry in proof.missing) == sorted(map(str, gone))


def test_an_archived_project_keeps_its_last_known_state():
    with site() as acme:
        first = acme.sync()
        gone = [issue.id for issue in acme.jira.site.world.issues.values() if issue.project_id == 10_200]

        def archive(world):
            world.projects[10_200].archived = True
            _remove(*gone)(world)
            world.links.clear()

        acme.edit(archive)
        second = acme.sync(first.checkpoint)
    assert second.keys("project") == ["10200"]
    assert "issue" not in second.records
    assert second.certificate("ALFA").status == "complete"
    assert "archived" in second.certificate("ALFA").detail


def test_a_moved_issue_keeps_its_id_and_is_counted_where_it_is_now():
    with site() as acme:
        first = acme.sync()

        def move(world):
            issue = world.issues[10_020]
            issue.project_id, issue.key = 10_201, "BRAVO-99"

        acme.edit(move)  # even if `updated` did not tell
        second = acme.sync(first.checkpoint)
    (moved,) = second.records["issue"]
    assert (moved.key, moved.payload["key"], moved.deleted) == ("10020", "BRAVO-99", False)
    assert (second.certificate("ALFA").held_count, second.certificate("BRAVO").held_count) == (11, 13)


def test_an_issue_that_moved_out_of_the_chosen_projects_is_told_once_and_let_go():
    with site(projects=["ALFA"]) as acme:
        first = acme.sync()

        def move(world):
            issue = world.issues[10_020]
            issue.project_id, issue.key = 10_201, "BRAVO-99"

        acme.edit(move)
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    assert [record.payload["key"] for record in second.records["issue"]] == ["BRAVO-99"]
    assert third.count() == 0
    assert third.outcome.status == "complete"
    assert third.certificate("ALFA").held_count == 11


def test_nothing_visible_at_all_is_not_called_complete():
    world = small_world(6)
    world.issues.clear()
    world.projects.clear()
    world.boards.clear()
    world.sprints.clear()
    world.links.clear()
    world.worklogs.clear()
    with site(world) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "partial"
    assert "no project is visible" in synced.outcome.detail


def test_an_issue_deleted_while_a_full_sync_runs_is_no_gap():
    with site(small_world(60), page_size=5, in_flight=1) as acme:
        items = acme.source.sync(None)
        before = []
        for item in items:
            before.append(item)
            if getattr(item, "stream", "") == "issue":
                acme.edit(_remove(10_008))  # among the youngest, which come last
                break
        synced = collect(iter([*before, *items]))
    assert "10008" not in synced.keys("issue")
    assert synced.outcome.status == "complete"
    assert synced.certificate("ALFA").source_count == synced.certificate("ALFA").held_count == 29


def test_an_issue_updated_between_two_pages_is_not_lost():
    with site(small_world(60), page_size=5, in_flight=1) as acme:
        items = acme.source.sync(None)
        before = []
        for item in items:
            before.append(item)
            if getattr(item, "stream", "") == "issue":
                acme.edit(lambda world: [setattr(issue, "updated", world.now) for issue in world.issues.values()])
                break
        first = collect(iter([*before, *items]))
        second = acme.sync(first.checkpoint)
    assert len(set(first.keys("issue"))) == 60
    held = {record.key: record.updated for record in first.records["issue"] + second.records["issue"]}
    assert set(held.values()) == {acme.jira.site.now}
