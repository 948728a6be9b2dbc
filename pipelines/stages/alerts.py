"""Tells owners what they have to mend: one message per owner and run, and only what changed since the last one.

The ledger remembers what each owner was told; a message that was not taken is therefore told again next time.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from connectors.errors import SourceError
from pipelines.clock import stamp
from pipelines.crashpoints import crashpoint
from pipelines.resources.notifier import Delivery, Notifier
from pipelines.stages.gate import latest_results

if TYPE_CHECKING:
    from pipelines.line import Line
    from pipelines.resources.ledger import Ledger

LEDGER_TABLE = "alert"
NO_CHANNEL = "none"
TOLD = ("critical", "warning")  # notes of severity info stand on the quality page only: a message costs attention
KEYS_SHOWN = 5
NOUNS = {
    "dim_issue": "issue",
    "dim_project": "project",
    "rpt_watermelon": "project",
    "fct_risk": "risk",
    "fct_baseline": "baseline",
    "fct_budget_line": "budget line",
    "dim_milestone": "milestone",
    "dim_portfolio": "level",
    "fct_benefit": "benefit",
    "fct_decision": "decision",
    "fct_dependency": "link",
    "fct_issue_cycle": "issue",
    "fct_actual_cost": "booking",
    "fct_utilisation": "person's week",
}


@dataclass(frozen=True)
class Finding:
    """An unmet rule in a project, for one owner. `key` is what the ledger remembers it by."""

    key: str
    rule_id: str
    project_id: str | None
    owner: str
    severity: str
    what: str
    why: str
    fix: str


@dataclass(frozen=True)
class Situation:
    """What holds now: the open findings, and the rules that could not be judged (nothing is resolved by that)."""

    findings: tuple[Finding, ...]
    unjudged: frozenset[str] = frozenset()

    def of(self, owner: str) -> dict[str, Finding]:
        return {finding.key: finding for finding in self.findings if finding.owner == owner}


@dataclass(frozen=True)
class AlertReport:
    """What was said in one run. `unsent` had no channel to go to; `failures` were not taken and are tried again."""

    messages: int
    delivered: int
    unsent: int = 0
    failures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """Words for a message: what projects are called, and where the rows can be seen."""

    projects: Mapping[str, str] = field(default_factory=dict)
    page: str = ""


def run_alerts(
    line: Line, *, run_id: str, notifier: Notifier | None = None, now: datetime | None = None
) -> AlertReport:
    """Tell each owner what changed in the last evaluation of both gates. A look into the past tells nobody."""
    if line.as_of is not None:
        line.tell("Alerts: none, this run looks into the past")
        return AlertReport(0, 0)
    sender = notifier or Notifier(line.settings.notify_urls)
    situation = read_situation(latest_results(line.ledger))
    page = line.settings.published_dir / "current" / "index.html"
    place = Place(_project_names(line), str(page))
    moment = line.ledger.after_last(LEDGER_TABLE, now or line.landing.clock()())
    report = tell_owners(line.ledger, sender, situation, place, run_id, moment)
    line.tell(
        f"Alerts: {report.delivered} of {report.messages} messages delivered"
        + (f", {report.unsent} without a channel" if report.unsent else "")
    )
    return report


def notify_operators(line: Line, subject: str, body: str, *, notifier: Notifier | None = None) -> str:
    """Send one message to those who run Slipstream (channels that need no owner); says what became of it."""
    sender = notifier or Notifier(line.settings.notify_urls)
    reachable = [channel for channel in sender.channels if channel.address("operators")]
    said = [f"{each.label}: {sender.send(each, 'operators', subject, body).detail}" for each in reachable]
    return "; ".join(said) or "no channel configured for the operators"


def read_situation(rows: Iterable[Mapping[str, Any]]) -> Situation:
    """The open findings among the recorded results. Unmet without a row judged means: could not be evaluated."""
    findings, unjudged = [], set()
    for row in rows:
        if row["is_met"]:
            continue
        if not row["evaluated_count"]:
            unjudged.add(row["rule_id"])
        elif row["severity"] in TOLD:
            findings.append(_finding(row))
    return Situation(tuple(findings), frozenset(unjudged))


def _finding(row: Mapping[str, Any]) -> Finding:
    keys = json.loads(row["failing_keys"] or "[]")
    noun = NOUNS.get(row["table_name"].rpartition(".")[2], "row")
    shown = ", ".join(keys[:KEYS_SHOWN]) + (" …" if row["failing_count"] > KEYS_SHOWN else "")
    count, total = row["failing_count"], row["evaluated_count"]
    return Finding(
        key=f"{row['rule_id']}@{row['project_id'] or '-'}",
        rule_id=row["rule_id"],
        project_id=row["project_id"],
        owner=row["owner"],
        severity=row["severity"],
        what=f"{count} of {total} {noun}{'' if total == 1 else 's'}: {shown}",
        why=row["why"],
        fix=row["fix"],
    )


@dataclass(frozen=True)
class Message:
    """One text for one owner; `keys` is all that is open for the owner after it."""

    owner: str
    keys: tuple[str, ...]
    subject: str
    body: str


def tell_owners(
    ledger: Ledger, notifier: Notifier, situation: Situation, place: Place, run_id: str, now: datetime
) -> AlertReport:
    """Send what changed for each owner and channel, and record every message, taken or not."""
    memory = _memory(ledger)
    outbox: list[tuple[Message, str, Delivery]] = []
    try:
        for owner in sorted({finding.owner for finding in situation.findings} | {owner for owner, _ in memory}):
            reachable = [channel for channel in notifier.channels if channel.address(owner)]
            for channel in reachable:
                message = compose(situation, place, owner, memory.get((owner, channel.label), ()))
                if message:
                    outbox.append(
                        (message, channel.label, notifier.send(channel, owner, message.subject, message.body))
                    )
                    crashpoint("line.sent")
            message = compose(situation, place, owner, memory.get((owner, NO_CHANNEL), ())) if not reachable else None
            if message:
                reason = f"no channel reaches {owner}" if notifier.channels else "no channel configured"
                outbox.append((message, NO_CHANNEL, Delivery(False, reason)))
    finally:  # what was sent must be remembered even if the run breaks off here
        _record(ledger, outbox, run_id, now)
    crashpoint("line.told")
    delivered = sum(delivery.delivered for _, _, delivery in outbox)
    unsent = sum(label == NO_CHANNEL for _, label, _ in outbox)
    failures = [
        f"{message.owner}: {delivery.detail}"
        for message, label, delivery in outbox
        if label != NO_CHANNEL and not delivery.delivered
    ]
    return AlertReport(len(outbox), delivered, unsent, tuple(failures))


def _memory(ledger: Ledger) -> dict[tuple[str, str], tuple[str, ...]]:
    """What each owner was last told over each channel. Of owners without a channel: what was last set down."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows: list[dict[str, Any]] = []
    for name in ledger.store.names(LEDGER_TABLE):
        rows += pq.read_table(pa.BufferReader(ledger.store.read(f"{LEDGER_TABLE}/{name}"))).to_pylist()
    rows.sort(key=lambda row: (row["sent_at"], row["alert_id"]))
    return {
        (row["owner"], row["channel"]): tuple(json.loads(row["finding_keys"]))
        for row in rows
        if row["delivered"] or row["channel"] == NO_CHANNEL
    }


def _record(ledger: Ledger, outbox: Sequence[tuple[Message, str, Delivery]], run_id: str, now: datetime) -> None:
    entry = f"{stamp(now if now.tzinfo else now.replace(tzinfo=UTC))}-{run_id[:8]}"
    rows = [
        {
            "alert_id": f"{entry}/{number:04}",
            "run_id": run_id,
            "owner": message.owner,
            "channel": label,
            "subject": message.subject,
            "body_hash": hashlib.sha256(message.body.encode()).hexdigest(),
            "finding_keys": json.dumps(message.keys),
            "sent_at": now,
            "delivered": delivery.delivered,
            "detail": delivery.detail,
        }
        for number, (message, label, delivery) in enumerate(outbox)
    ]
    if rows:
        ledger.append(LEDGER_TABLE, rows, entry)


def compose(situation: Situation, place: Place, owner: str, before: Sequence[str]) -> Message | None:
    """The message about what changed for this owner since `before`; None where nothing did."""
    findings = situation.of(owner)
    unknown = {key for key in before if key not in findings and key.partition("@")[0] in situation.unjudged}
    new = [finding for key, finding in findings.items() if key not in before]
    gone = [key for key in before if key not in findings and key not in unknown]
    if not new and not gone:
        return None
    keys = tuple(sorted({*findings, *unknown}))
    counts = [text for text in (_count(len(new), "new"), _count(len(gone), "resolved")) if text]
    subject = f"Slipstream: {' and '.join(counts)}"
    return Message(owner, keys, subject, _body(new, gone, len(keys), place))


def _count(number: int, kind: str) -> str:
    return f"{number} {kind} finding{'' if number == 1 else 's'}" if number else ""


def _body(new: Sequence[Finding], gone: Sequence[str], open_count: int, place: Place) -> str:
    sections: dict[str, list[str]] = defaultdict(list)
    for finding in sorted(new, key=lambda each: (TOLD.index(each.severity), each.rule_id)):
        sections[finding.project_id or ""] += [
            f"  * {_title(finding.rule_id)}: not so ({finding.severity})",
            f"      What: {finding.what}",
            f"      Why it matters: {finding.why}",
            f"      How to fix it: {finding.fix}",
        ]
    for key in sorted(gone):
        rule_id, _, project = key.partition("@")
        sections["" if project == "-" else project].append(f"  * {_title(rule_id)}: no longer open for you")
    lines = ["The PMO's rules were checked again. This changed for you since the last message:", ""]
    for project in sorted(sections, key=lambda each: (not each, _named(each, place))):
        lines += [_named(project, place), *sections[project], ""]
    lines.append(f"Open for you in all: {open_count}.")
    if place.page:
        lines.append(f"Where to look: the section on data quality in {place.page}")
    return "\n".join(lines)


def _title(rule_id: str) -> str:
    return rule_id.replace("_", " ").capitalize()


def _named(project: str, place: Place) -> str:
    return place.projects.get(project, project) if project else "Not of one project"


def _project_names(line: Line) -> dict[str, str]:
    """Project labels for people; ids do where the warehouse cannot be read now."""
    try:
        with line.warehouse.read("alerts") as connection:
            rows = connection.execute("select project_id, project_key, project_name from marts.dim_project").fetchall()
    except (SourceError, duckdb.Error):
        return {}
    return {project: f"{key} ({name})" for project, key, name in rows}
