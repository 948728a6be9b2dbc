"""Changelogs that a page carries only in part are fetched whole and counted."""

from __future__ import annotations

from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import make_issue, small_world


def _world(*numbers, histories):
    world = small_world()
    for number in numbers:
        make_issue(world, number, world.projects[10_200 + number % 2], histories=histories)
    return world


def _rows(synced, issue):
    logs = [record.payload for record in synced.records["issue_changelog"] if record.payload["issueId"] == issue]
    return [row["id"] for log in logs for row in log["changeHistories"]]


def test_a_changelog_longer_than_a_page_keeps_each_part_under_its_own_key():
    with site(_world(2, 3, histories=6_000)) as acme:
        synced = acme.sync()
    assert len(_rows(synced, "10002")) == len(_rows(synced, "10003")) == 6_000
    assert len(set(synced.keys("issue_changelog"))) == len(synced.keys("issue_changelog"))


def test_where_bulk_is_not_offered_the_changelog_comes_issue_by_issue():
    with site(_world(2, histories=250), faults=("403@/changelog/bulkfetch:1+",)) as acme:
        synced = acme.sync()
    assert synced.keys("issue_changelog") == ["10002/1", "10002/2", "10002/3"]
    assert len(set(_rows(synced, "10002"))) == 250
    assert synced.outcome.status == "complete"


def test_a_changelog_that_stays_short_is_certified_as_such_and_asked_for_again():
    faults = ("403@/changelog/bulkfetch:1", "403@/issue/10002/changelog:1")
    with site(_world(2, histories=250), faults=faults) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    proof = first.certificate("ALFA")
    assert (proof.status, proof.changelog_total - proof.changelog_held) == ("partial", 250)
    assert {entry["class"] for entry in proof.missing} == {"changelog_short"}
    assert len(_rows(second, "10002")) == 250
    assert second.certificate("ALFA").status == "complete"
    assert "issue" not in second.records


def test_an_updated_long_issue_brings_its_changelog_again():
    with site(_world(2, histories=120)) as acme:
        first = acme.sync()
        acme.edit(lambda world: setattr(world.issues[10_002], "updated", world.now))
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    assert second.keys("issue") == ["10002"]
    assert len(_rows(second, "10002")) == 120
    assert third.count() == 0
