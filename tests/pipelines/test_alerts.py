"""Owners hear of a finding once, in words they can act on; what did not reach them is told again."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from aiosmtpd.smtp import SMTP, Envelope

from pipelines.line import Line
from pipelines.resources.ledger import Ledger
from pipelines.resources.notifier import Notifier
from pipelines.settings import load
from pipelines.stages import alerts
from pipelines.stages.alerts import AlertReport, Place, read_situation
from pipelines.stages.gate import entry_id

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLACE = Place({"j:1": "ALPHA (Alpha portal)", "j:2": "BETA (Beta)"}, "published/current/index.html")


class Postbox:
    """A real SMTP server on loopback that keeps what it is given."""

    def __init__(self) -> None:
        self.envelopes: list[tuple[list[str], email.message.EmailMessage]] = []
        self.loop = asyncio.new_event_loop()
        self.server = self.loop.run_until_complete(
            self.loop.create_server(lambda: SMTP(self, hostname="test", loop=self.loop), "127.0.0.1", 0)
        )
        self.port: int = self.server.sockets[0].getsockname()[1]
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        self.envelopes.append((envelope.rcpt_tos, message))  # type: ignore[arg-type]
        return "250 OK"

    def texts(self) -> dict[str, str]:
        """Recipient -> text, and an empty box afterwards; a recipient written to twice fails the test."""
        found = {}
        for (recipient,), message in self.envelopes:
            assert recipient not in found
            body = message.get_body(("plain",))
            assert body is not None
            found[recipient] = f"{message['Subject']}\n{body.get_content()}"
        self.envelopes.clear()
        return found

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.server.close)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.close()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    box = Postbox()
    yield box
    box.close()


class Office:
    """A ledger, and runs one day apart."""

    def __init__(self, root: Path) -> None:
        self.ledger = Ledger(root / "ledger")
        self.runs = 0

    def run(self, urls: list[str], *rows: dict[str, Any]) -> AlertReport:
        self.runs += 1
        return alerts.tell_owners(
            self.ledger,
            Notifier(urls, wait=lambda _: None),
            read_situation(rows),
            PLACE,
            f"run-{self.runs}",
            NOW + timedelta(days=self.runs),
        )

    def recorded(self) -> list[dict[str, Any]]:
        rows = [row for path in self.ledger.files("alert") for row in pq.read_table(path).to_pylist()]
        return sorted(rows, key=lambda row: row["alert_id"])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def mail(box: Postbox) -> list[str]:
    return [f"mailto://127.0.0.1:{box.port}?from=pmo@example.org&to={{owner:desk@example.org}}"]


def unmet(rule: str, project: str | None = "j:1", owner: str = "ana@example.org", **more: Any) -> dict[str, Any]:
    row = {
        "gate": "input",
        "rule_id": rule,
        "table_name": "marts.dim_issue",
        "severity": "warning",
        "project_id": project,
        "owner": owner,
        "is_met": False,
        "evaluated_count": 40,
        "failing_count": 7,
        "failing_keys": json.dumps([f"A-{number}" for number in range(7)]),
        "why": f"Because of {rule}.",
        "fix": f"Mend {rule}.",
    }
    return row | more


def test_owner_gets_one_message_with_what_why_how_and_where(office: Office, postbox: Postbox) -> None:
    report = office.run(
        mail(postbox),
        unmet("done_issue_has_resolution"),
        unmet("active_project_has_sponsor", severity="critical", table_name="marts.dim_project", evaluated_count=1),
        unmet("story_points_not_negative", "j:2"),
        unmet("open_risk_has_owner", "j:2", "ben@example.org"),
        unmet("risk_belongs_to_a_project", None, "team:pmo"),
        unmet("open_issue_not_overdue", severity="info"),
        unmet("resolved_after_created", is_met=True),
    )
    assert report == AlertReport(3, 3)
    texts = postbox.texts()
    assert texts.keys() == {"ana@example.org", "ben@example.org", "desk@example.org"}
    text = texts["ana@example.org"]
    assert text.startswith("Slipstream: 3 new findings\n")
    order = ["ALPHA (Alpha portal)", "Active project has sponsor: not so (critical)", "Done issue has", "BETA (Beta)"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    assert "What: 7 of 40 issues: A-0, A-1, A-2, A-3, A-4 …" in text
    assert "Why it matters: Because of done_issue_has_resolution." in text
    assert "How to fix it: Mend done_issue_has_resolution." in text
    assert "published/current/index.html" in text
    assert "overdue" not in text
    assert "Not of one project" in texts["desk@example.org"]


def test_unchanged_findings_send_nothing_and_a_change_sends_only_itself(office: Office, postbox: Postbox) -> None:
    old, other = unmet("done_issue_has_resolution"), unmet("story_points_not_negative")
    office.run(mail(postbox), old, other)
    postbox.texts()
    assert office.run(mail(postbox), other, old | {"failing_count": 9}) == AlertReport(0, 0)
    assert postbox.texts() == {}

    assert office.run(mail(postbox), old, unmet("resolved_after_created")) == AlertReport(1, 1)
    text = postbox.texts()["ana@example.org"]
    assert text.startswith("Slipstream: 1 new finding and 1 resolved finding\n")
    assert "Resolved after created: not so" in text
    assert "Story points not negative: no longer open for you" in text
    assert "Done issue has resolution" not in text
    assert "Open for you in all: 2." in text


def test_last_finding_resolved_is_told_once(office: Office, postbox: Postbox) -> None:
    office.run(mail(postbox), unmet("done_issue_has_resolution"))
    assert office.run(mail(postbox)) == AlertReport(1, 1)
    assert office.run(mail(postbox)) == AlertReport(0, 0)
    assert len(office.recorded()) == 2


def test_rule_that_could_not_be_judged_resolves_nothing(office: Office, postbox: Postbox) -> None:
    office.run(mail(postbox), unmet("done_issue_has_resolution"))
    broken = unmet("done_issue_has_resolution", None, "team:pmo", evaluated_count=0, failing_count=0)
    assert office.run(mail(postbox), broken) == AlertReport(0, 0)
    assert office.run(mail(postbox), unmet("done_issue_has_resolution")) == AlertReport(0, 0)


def test_dead_server_is_recorded_as_failed_and_tried_again_at_the_next_run(office: Office, postbox: Postbox) -> None:
    dead = Postbox()
    dead.close()
    urls = [f"mailto://joe:hunter2secret@127.0.0.1:{dead.port}?from=pmo@example.org&to={{owner}}"]
    failed = office.run(urls, unmet("done_issue_has_resolution"))
    assert (failed.messages, failed.delivered, len(failed.failures)) == (1, 0, 1)
    assert "ana@example.org: mailto://127.0.0.1 did not take it in 3 attempts" in failed.failures[0]
    again = office.run(mail(postbox), unmet("done_issue_has_resolution"))
    assert again == AlertReport(1, 1)
    assert "1 new finding" in postbox.texts()["ana@example.org"]
    first, second = office.recorded()
    assert (first["delivered"], second["delivered"]) == (False, True)
    assert json.loads(second["finding_keys"]) == ["done_issue_has_resolution@j:1"]
    assert all("hunter2secret" not in str(row) for row in (first, second))


def test_without_a_channel_the_alert_is_set_down_once_and_told_when_there_is_one(
    office: Office, postbox: Postbox
) -> None:
    finding = unmet("done_issue_has_resolution")
    assert office.run([], finding) == AlertReport(1, 0, unsent=1)
    assert office.run([], finding) == AlertReport(0, 0)
    (row,) = office.recorded()
    assert (row["channel"], row["delivered"], row["detail"]) == ("none", False, "no channel configured")
    assert office.run(mail(postbox), finding) == AlertReport(1, 1)


def test_each_channel_remembers_for_itself(office: Office, postbox: Postbox) -> None:
    office.run(mail(postbox), unmet("done_issue_has_resolution"))
    postbox.texts()
    both = [*mail(postbox), f"mailto://127.0.0.1:{postbox.port}?from=pmo@example.org&to=archive@example.org"]
    assert office.run(both, unmet("done_issue_has_resolution")) == AlertReport(1, 1)
    assert postbox.texts().keys() == {"archive@example.org"}


def test_owner_without_an_address_is_not_a_failure(office: Office, postbox: Postbox) -> None:
    urls = [f"mailto://127.0.0.1:{postbox.port}?from=pmo@example.org&to={{owner}}"]
    assert office.run(urls, unmet("risk_belongs_to_a_project", None, "team:pmo")) == AlertReport(1, 0, unsent=1)
    assert office.recorded()[0]["detail"] == "no channel reaches team:pmo"


def test_line_tells_the_findings_of_the_last_gates_with_project_names(tmp_path: Path, postbox: Postbox) -> None:
    line = Line(replace(load({}), home=tmp_path, notify_urls=tuple(mail(postbox))))
    for name, rows in (("input", [unmet("done_issue_has_resolution")]), ("output", [unmet("no_watermelon", "j:2")])):
        kept = [{name: value for name, value in row.items() if name != "gate"} | {"gate": name} for row in rows]
        line.ledger.append("expectation_result", kept, entry_id(NOW, name, "run-1"))
    line.settings.warehouse_path.parent.mkdir()
    with line.warehouse.write("test") as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.dim_project as "
            "select 'j:1' as project_id, 'ALPHA' as project_key, 'Alpha portal' as project_name"
        )
    assert alerts.run_alerts(line, run_id="run-1", now=NOW) == AlertReport(1, 1)
    text = postbox.texts()["ana@example.org"]
    assert "ALPHA (Alpha portal)" in text
    assert "j:2" in text
    assert str(line.settings.published_dir) in text


def test_line_without_a_warehouse_still_tells(tmp_path: Path, postbox: Postbox) -> None:
    line = Line(replace(load({}), home=tmp_path, notify_urls=tuple(mail(postbox))))
    line.ledger.append("expectation_result", [unmet("done_issue_has_resolution")], entry_id(NOW, "input", "run-1"))
    assert alerts.run_alerts(line, run_id="run-1", now=NOW) == AlertReport(1, 1)


def test_operators_hear_of_a_failed_run_where_a_channel_needs_no_owner(tmp_path: Path, postbox: Postbox) -> None:
    line = Line(replace(load({}), home=tmp_path, notify_urls=tuple(mail(postbox))))
    assert "taken" in alerts.notify_operators(line, "Run failed", "The disk is full.")
    assert "The disk is full." in postbox.texts()["desk@example.org"]
    assert "no channel" in alerts.notify_operators(Line(replace(load({}), home=tmp_path)), "Run failed", "x")


def test_messages_sent_before_a_crash_are_remembered(office: Office, postbox: Postbox) -> None:
    class Breaking(Notifier):
        def send(self, channel: Any, owner: str, subject: str, body: str) -> Any:
            if owner == "ben@example.org":
                raise KeyboardInterrupt
            return super().send(channel, owner, subject, body)

    rows = [unmet("done_issue_has_resolution"), unmet("done_issue_has_resolution", "j:2", "ben@example.org")]
    with pytest.raises(KeyboardInterrupt):
        alerts.tell_owners(office.ledger, Breaking(mail(postbox)), read_situation(rows), PLACE, "run-0", NOW)
    postbox.texts()
    office.run(mail(postbox), *rows)
    assert postbox.texts().keys() == {"ben@example.org"}
