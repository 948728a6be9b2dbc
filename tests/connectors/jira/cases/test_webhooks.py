"""Webhooks, cases 37 to 40: what is genuine is taken up once, the newest wins, and nothing rests on any of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.jira.listening import SECRET, Door, Listening, event, listening, receiving, settings_of, signed
from tests.fixtures.sandbox import NOW, Client


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
    "another algorithm named over a right digest": (
        event(),
        {"X-Hub-Signature": signed(event())["X-Hub-Signature"].replace("sha256", "sha1")},
    ),
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_case_40_an_account_that_may_not_look_after_webhooks_is_told_and_syncs(tmp_path: Path) -> None:
    with listening(tmp_path, admin=False, faults=("403@/rest/api/3/webhook:1+",)) as acme:
        acme.options["webhook_url"] = acme.door.url
        report = acme.sync()
        assert report.status == "complete"
        assert "cannot be looked after" in report.detail
        assert acme.held() == acme.there()
