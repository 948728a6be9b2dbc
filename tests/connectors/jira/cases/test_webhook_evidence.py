"""What webhooks add to polling (cases 19 and 23): issues the index does not show yet, and evidence of deletions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.jira import faults, searches
from tests.connectors.jira.listening import event, listening, signed
from tests.fixtures.sandbox import small_world


def test_case_19_issues_that_the_index_does_not_show_yet_come_by_their_webhooks(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        acme.update(10_020, "changed", index=False)
        assert acme.rows(acme.sync()) == []  # polling alone has to wait for the index
        acme.jira.deliver()
        report = acme.sync()
        assert [row["_key"] for row in acme.rows(report)] == ["10020"]
        assert report.status == "complete"
        assert acme.held() == acme.there()


def test_case_19_webhook_ids_are_reconciled_fifty_at_most_and_the_same_on_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, Any]] = []
    plain = searches.search

    def spy(site: Any, body: dict[str, Any]) -> Any:
        asked.append((body["jql"], body.get("reconcileIssues")))
        return plain(site, body)

    monkeypatch.setattr(searches, "search", spy)
    with listening(tmp_path, small_world(64)) as acme:
        acme.sync()
        acme.change(lambda world: [setattr(one, "updated", world.now) for one in list(world.issues.values())[:60]])
        acme.jira.deliver()
        asked.clear()
        before = acme.jira.sandbox.requests["/rest/api/3/issue/bulkfetch"]
        report = acme.sync(page_size=10)
        assert report.hints == 60
        assert acme.jira.sandbox.requests["/rest/api/3/issue/bulkfetch"] == before + 1
    by_jql = {jql: [ids for query, ids in asked if query == jql] for jql, _ in asked}
    assert sorted(map(len, by_jql.values())) == [1, 6]  # the census, and the pages of what changed
    (ids,) = {tuple(ids) for lists in by_jql.values() for ids in lists}
    assert len(ids) == 50


@pytest.mark.slow
def test_case_19_a_search_taken_up_again_reconciles_the_ids_it_was_begun_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox refuses a page token that comes with other ids."""
    monkeypatch.setattr(faults.KINDS["429_quota"], "hold_seconds", 0.0)
    with listening(tmp_path, small_world(64), faults=("429_quota@/search/jql:5",)) as acme:
        acme.sync()
        acme.change(lambda world: [setattr(one, "updated", world.now) for one in world.issues.values()])
        acme.emitter.waiting = acme.emitter.waiting[:40]
        acme.jira.deliver()
        first = acme.sync(page_size=10, in_flight=1)
        assert (first.status, first.hints, len(acme.events())) == ("deferred", 0, 40)  # they wait for the next
        acme.update(10_001, "later")
        acme.jira.deliver()
        before = acme.jira.sandbox.requests["/rest/api/3/search/jql"]
        second = acme.sync(page_size=10, in_flight=1)
        assert (
            acme.jira.sandbox.requests["/rest/api/3/search/jql"] == before + 6
        )  # five pages, one census: no new start
        assert (second.status, second.hints) == ("complete", 41)
        assert len(acme.rows(first)) + len(acme.rows(second)) == 64  # nothing was read from the start
        assert acme.held() == acme.there()


def test_case_23_the_webhook_of_a_deletion_is_evidence_in_tombstone_and_certificate(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        acme.delete(10_020)
        acme.jira.deliver()
        report = acme.sync()
        (row,) = acme.rows(report)
        proof = next(one for one in report.certificates if (one.scope_key, one.stream) == ("ALFA", "issue"))
    assert (row["_key"], row["_deleted"], report.status) == ("10020", True, "complete")
    (entry,) = proof.missing
    assert (entry["id"], entry["class"], proof.source_count, proof.held_count) == ("10020", "deleted", 11, 11)
    said = "the webhook jira:issue_deleted of 2026-03-02 09:30:00 UTC by acc-1"
    assert entry["evidence"].startswith(said)
    assert json.loads(row["payload"])["_evidence"] == entry["evidence"]


def test_case_23_a_lost_webhook_of_a_deletion_loses_nothing(tmp_path: Path) -> None:
    with listening(tmp_path, webhook_drop=1.0) as acme:
        acme.sync()
        acme.delete(10_020)
        acme.jira.deliver()
        assert (acme.emitter.counts["dropped"], acme.spool.has_hints()) == (1, False)
        report = acme.sync()
        assert acme.held() == acme.there()
        (entry,) = next(one for one in report.certificates if one.scope_key == "ALFA").missing
    assert (entry["class"], "webhook" in entry["evidence"]) == ("deleted", False)


@pytest.mark.slow
def test_case_23_many_deletions_told_by_webhooks_are_believed_and_a_false_word_is_not(tmp_path: Path) -> None:
    gone = [10_002 + 2 * number for number in range(8)]
    with listening(tmp_path) as acme:
        acme.sync()
        acme.delete(*gone)
        acme.jira.deliver()
        told = {"webhookEvent": "jira:issue_deleted", "issue": {"id": "10001"}}
        body = event(**told)
        assert acme.door.post(body, signed(body)) == 202
        report = acme.sync()
        assert report.status == "complete"
        assert sorted(int(row["_key"]) for row in acme.rows(report) if row["_deleted"]) == gone
        assert acme.held() == acme.there()
        assert "10001" in acme.held()


@pytest.mark.slow
def test_case_23_a_word_of_deletion_about_a_project_out_of_sight_buries_nothing(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()

        def hide(world: Any) -> None:
            for issue in [one.id for one in world.issues.values() if one.project_id == 10_201]:
                del world.issues[issue]
            del world.projects[10_201], world.boards[201]
            world.links.clear()
            world.worklogs.clear()

        acme.change(hide)
        acme.jira.deliver()
        assert {name for name, _ in acme.events()} >= {"jira:issue_deleted", "project_deleted"}
        report = acme.sync()
        assert report.status == "partial"
        assert not [row for row in acme.rows() if row["_deleted"]]


@pytest.mark.slow
def test_a_hint_about_an_issue_of_no_chosen_project_lands_nothing(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.options["projects"] = ["ALFA"]
        acme.sync()
        acme.update(10_001, "not ours")
        acme.update(10_002, "ours")
        acme.jira.deliver()
        report = acme.sync()
        assert [row["_key"] for row in acme.rows(report)] == ["10002"]
        assert (report.hints, report.status) == (2, "complete")
