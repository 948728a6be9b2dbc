"""Webhooks, cases 37 to 40, and what they add to cases 19 and 23: a hint is taken up, and nothing rests on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.sandbox.jira import faults, searches
from tests.connectors.jira.listening import SECRET, Door, Listening, event, listening, receiving, settings_of, signed
from tests.fixtures.sandbox import NOW, Client, small_world


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("door")


@pytest.fixture(scope="module")
def door(home: Path) -> Iterator[Door]:
    with receiving(settings_of(home), lambda: NOW) as found:
        yield found


def stored(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "webhooks").rglob("*") if path.is_file())


FORGED = {
    "no signature": (event(), {}),
    "a wrong secret": (event(), signed(event(), secret="something-else-altogether")),
    "another algorithm, rightly signed": (event(), signed(event(), method="sha1")),
    "a stronger algorithm, rightly signed": (event(), signed(event(), method="sha512")),
    "no algorithm named": (event(), {"X-Hub-Signature": signed(event())["X-Hub-Signature"].removeprefix("sha256=")}),
    "an algorithm named wrongly": (event(), {"X-Hub-Signature": "sha256=" + "0" * 40}),
    "an altered body": (event(webhookEvent="jira:issue_deleted"), signed(event())),
    "a body with a blank more": (event() + b" ", signed(event())),
    "a token in place of a signature": (event(), {"Authorization": f"Bearer {SECRET}"}),
    "an unsigned token": (event(), {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9."}),
    "unsigned nonsense": (b"nonsense", {}),
}


@pytest.mark.parametrize(("body", "headers"), FORGED.values(), ids=FORGED)
def test_case_37_what_is_not_rightly_signed_is_refused_and_not_stored(
    door: Door, home: Path, body: bytes, headers: dict[str, str]
) -> None:
    before = stored(home)
    assert door.post(body, headers) == 401
    assert stored(home) == before


def test_case_37_a_replay_is_refused_and_not_stored(tmp_path: Path) -> None:
    body = event()
    with receiving(settings_of(tmp_path), lambda: NOW) as door:
        assert door.post(body, signed(body)) == 202
        before = stored(tmp_path)
        assert door.post(body, signed(body, identifier="two")) == 401
        old = event(timestamp=int((NOW - timedelta(hours=24, seconds=1)).timestamp() * 1000))
        assert door.post(old, signed(old, identifier="three")) == 401
        assert stored(tmp_path) == before
    assert not [line for line in door.said if SECRET in line]


@pytest.mark.slow
def test_case_37_a_replay_is_refused_after_the_hint_was_taken_and_the_receiver_began_anew(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        acme.update(10_002, "changed")
        (parcel,) = acme.emitter.waiting
        acme.jira.deliver()
        acme.sync()
        with receiving(acme.settings, lambda: NOW) as anew:
            assert anew.post(parcel.body, signed(parcel.body, identifier="another")) == 401
            assert anew.post(parcel.body, acme.emitter.headers(parcel)) == 200
        assert not acme.spool.has_hints()


def test_case_38_the_same_identifier_three_times_has_one_effect(tmp_path: Path) -> None:
    with listening(tmp_path, webhook_duplicate=1.0) as acme:
        acme.sync()
        acme.update(10_002, "changed", index=False)
        acme.emitter.waiting += acme.emitter.waiting  # and each of the two arrives twice
        acme.jira.deliver()
        assert acme.emitter.counts["arrived"] == 4
        assert acme.events() == [("jira:issue_updated", ("10002",))]
        second, third = acme.sync(), acme.sync()
        assert [row["_key"] for row in acme.rows(second)] == ["10002"]
        assert (second.hints, third.hints, acme.rows(third)) == (1, 0, [])


@pytest.mark.slow
def test_case_38_what_came_by_the_search_does_not_land_once_more_for_a_hint(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        acme.change(lambda world: setattr(world, "now", world.now + timedelta(hours=2)))
        acme.update(10_002, "long ago")
        acme.change(lambda world: setattr(world, "now", world.now + timedelta(hours=2)))
        acme.jira.deliver()
        for full in (False, True):
            assert acme.spool.has_hints()
            report = acme.sync(full=full)
            assert [row["_key"] for row in acme.rows(report)].count("10002") == 1
            again = event(timestamp=int(acme.jira.site.now.timestamp() * 1000) + full)
            assert acme.door.post(again, signed(again, identifier=str(full))) == 202


def test_case_39_an_older_hint_after_a_newer_one_leaves_the_newest(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        acme.update(10_002, "older", index=False)
        acme.change(lambda world: setattr(world, "now", world.now + timedelta(minutes=1)), index=False)
        acme.update(10_002, "newer", index=False)
        older, newer = acme.emitter.waiting
        assert b"older" in older.body
        for parcel in (newer, older):
            acme.emitter.waiting = [parcel]
            acme.jira.deliver()
            acme.sync()
            assert acme.held() == acme.there()
        assert acme.held()["10002"].startswith("newer")
        assert [row["_key"] for row in acme.rows()].count("10002") == 2  # the first sync, and the newest


@pytest.mark.slow
def test_case_39_a_deletion_that_arrives_before_its_update_stays_a_deletion(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        acme.update(10_002, "changed")
        acme.delete(10_002)
        for parcel in reversed(list(acme.emitter.waiting)):
            acme.emitter.waiting = [parcel]
            acme.jira.deliver()
            assert acme.sync().status == "complete"
        assert acme.held() == acme.there()
        assert [row["_deleted"] for row in acme.rows() if row["_key"] == "10002"] == [False, True]


@pytest.mark.slow
def test_case_39_an_issue_back_from_the_dead_is_held_whatever_its_hints_say(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()
        issue = acme.jira.site.world.issues[10_002]  # type: ignore[attr-defined]
        acme.delete(10_002)
        acme.change(lambda world: world.issues.update({10_002: issue}))
        acme.jira.deliver()
        assert acme.sync().status == "complete"
        assert acme.held() == acme.there()


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
    plain = searches._search

    def spy(site: Any, body: dict[str, Any]) -> Any:
        asked.append((body["jql"], body.get("reconcileIssues")))
        return plain(site, body)

    monkeypatch.setattr(searches, "_search", spy)
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
        second = acme.sync(page_size=10, in_flight=1)
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


def test_sprints_versions_and_worklogs_are_hints_without_data(tmp_path: Path) -> None:
    with listening(tmp_path) as acme:
        acme.sync()

        def edit(world: Any) -> None:
            world.sprints[2].state, world.sprints[2].completed_at = "closed", world.now
            world.projects[10_200].versions[0].released = True
            world.worklogs[1].seconds += 60
            world.projects[10_201].name = "Another name"

        acme.change(edit)
        acme.jira.deliver()
        assert sorted(acme.events()) == [
            ("jira:version_released", ()),
            ("project_updated", ()),
            ("sprint_closed", ()),
            ("worklog_updated", ("10003",)),
        ]
        report = acme.sync()
        assert {"sprint": 1, "version": 1, "project": 1}.items() <= report.rows.items()
        assert not acme.spool.has_hints()


def register(acme: Listening, *events: str) -> None:
    hooks = [{"events": list(events) or ["jira:issue_updated"], "jqlFilter": "project = ALFA"}]
    answer = Client(acme.jira).post("/rest/api/3/webhook", {"url": acme.door.url, "webhooks": hooks})
    assert answer.json == {"webhookRegistrationResult": [{"createdWebhookId": 10_001}]}


def expiry(acme: Listening) -> datetime:
    (hook,) = Client(acme.jira).get("/rest/api/3/webhook").json["values"]
    return datetime.fromtimestamp(hook["expirationDate"] / 1000, UTC)


def test_case_40_a_dynamic_webhook_near_its_end_is_refreshed_and_goes_on(tmp_path: Path) -> None:
    with listening(tmp_path, admin=False) as acme:
        acme.options["webhook_url"] = acme.door.url
        register(acme)
        assert acme.sync().detail == ""
        assert expiry(acme) == NOW + timedelta(days=30)
        acme.jira.advance(21)
        assert acme.sync().status == "complete"
        assert expiry(acme) == NOW + timedelta(days=51)
        acme.jira.advance(20)
        acme.emitter.waiting.clear()
        acme.update(10_002, "changed")
        acme.jira.deliver()
        assert acme.events() == [("jira:issue_updated", ("10002",))]


def test_case_40_a_lapse_is_told_and_polling_fills_the_gap(tmp_path: Path) -> None:
    with listening(tmp_path, admin=False) as acme:
        acme.options["webhook_url"] = acme.door.url
        register(acme)
        acme.sync()
        acme.jira.advance(31)
        acme.emitter.waiting.clear()
        acme.update(10_002, "changed")
        acme.jira.deliver()
        assert not acme.spool.has_hints()
        report = acme.sync()
        assert report.status == "complete"
        assert "has lapsed; polling fills the gap" in report.detail
        assert "has lapsed" in report.summary()
        assert acme.held() == acme.there()


def test_case_40_an_account_that_may_not_look_after_webhooks_is_told_and_syncs(tmp_path: Path) -> None:
    with listening(tmp_path, admin=False, faults=("403@/rest/api/3/webhook:1+",)) as acme:
        acme.options["webhook_url"] = acme.door.url
        report = acme.sync()
        assert report.status == "complete"
        assert "cannot be looked after" in report.detail
        assert acme.held() == acme.there()
