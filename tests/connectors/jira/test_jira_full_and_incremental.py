"""Full and incremental syncs against the sandbox: everything once, then only what changed."""

from __future__ import annotations

from datetime import UTC, datetime

from connectors.jira.streams import STREAMS
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import small_world


def test_a_first_sync_brings_every_record_of_every_stream_once():
    with site(small_world(230), page_size=50, in_flight=2) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert sorted(map(int, synced.keys("issue"))) == list(range(10_001, 10_231))
    for stream, expected in {"project": 2, "user": 3, "board": 2, "sprint": 3, "version": 2, "worklog": 2}.items():
        assert len(set(synced.keys(stream))) == len(synced.keys(stream)) == expected
    assert {stream.name for stream in STREAMS} - set(synced.records) == {"issue_changelog", "issue_comment"}


def test_an_issue_arrives_as_jira_wrote_it_with_its_time_in_utc():
    with site() as acme:
        record = next(record for record in acme.sync().records["issue"] if record.key == "10003")
    assert record.payload["key"] == "BRAVO-3"
    assert len(record.payload["changelog"]["histories"]) == record.payload["changelog"]["total"] == 2
    assert record.payload["fields"]["updated"] == "2026-03-02T10:26:42.655+0100"
    assert record.updated == datetime(2026, 3, 2, 9, 26, 42, 655_000, tzinfo=UTC)


def test_a_second_sync_without_changes_brings_nothing():
    with site() as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    assert (second.count(), third.count()) == (0, 0)
    assert (second.outcome.status, third.outcome.status) == ("complete", "complete")


def test_only_what_changed_comes_after_time_has_moved():
    with site() as acme:
        first = acme.sync()
        acme.jira.advance(2)
        second = acme.sync(first.checkpoint)
    assert second.keys("issue") == ["10025", "10026"]
    assert second.outcome.server_time == datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def test_a_full_sync_on_request_brings_all_issues_again_and_no_tombstones():
    with site() as acme:
        first = acme.sync()
        again = acme.sync(first.checkpoint, full=True)
    assert len(again.keys("issue")) == 24
    assert not any(record.deleted for records in again.records.values() for record in records)


def test_a_changed_project_filter_reads_the_new_scope_whole():
    with site(projects=["ALFA"]) as alfa:
        first = alfa.sync()
        assert {record.payload["key"].split("-")[0] for record in first.records["issue"]} == {"ALFA"}
        assert first.keys("project") == ["10200"]
        assert first.keys("board") == ["200"]
        everything = connect(alfa.jira.url, [], alfa.jira.email, alfa.jira.token)
        second = collect(everything.sync(first.checkpoint))
    assert len(second.keys("issue")) == 24


def test_changed_is_true_until_the_news_is_held_and_costs_one_request():
    with site() as acme:
        assert acme.source.changed(None)
        first = acme.sync()
        before = acme.jira.requests
        assert not acme.source.changed(first.checkpoint)
        assert acme.jira.requests == before + 1
        acme.jira.advance(1)
        assert acme.source.changed(first.checkpoint)
        assert not acme.source.changed(acme.sync(first.checkpoint).checkpoint)
