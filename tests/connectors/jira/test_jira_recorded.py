"""Real payloads through connector, landing and staging: every field of every payload is found again.

What staging opens into columns is compared after the normalisation named here: things are kept by id and name (people
by account, name and address), times as UTC, links and sub-tasks by the issue at their other end. All else must be
equal as it came. Addresses, icons and avatars are left to landing, which is compared byte for byte first.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connectors.sandbox.recorded import payloads
from connectors.sandbox.server import SandboxOptions, running
from tests.connectors.jira.syncing import connect
from tests.fixtures.jira_line import LittleLine
from tests.fixtures.sandbox import shared
from tests.fixtures.warehouse import parsed_target

pytestmark = pytest.mark.slow
MODELS = (
    "+fct_issue_field_value", "+int_delivery__issue_comment", "+int_delivery__issue_attachment", "stg_jira__worklog",
    "stg_jira__user", "stg_jira__sprint", "stg_jira__status",
)  # fmt: skip
Row = dict[str, Any]


@dataclass
class Recorded:
    came: payloads.Payloads
    line: LittleLine
    issues: dict[str, Row]

    def rows(self, table: str, key: str = "native_id") -> dict[str, Row]:
        return {str(row[key]): row for row in self.listed(table)}

    def listed(self, table: str) -> list[Row]:
        columns = [row[0] for row in self.line.ask(f"describe {table}")]
        return [dict(zip(columns, row, strict=True)) for row in self.line.ask(f"select * from {table}")]  # noqa: S608


@pytest.fixture(scope="module")
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    data = shared("data")
    folder = tmp_path_factory.mktemp("recorded")
    line = LittleLine(folder, parsed_target(request.config, folder), MODELS, datetime(2022, 7, 20, tzinfo=UTC))
    with running(SandboxOptions(recorded=data)) as jira:
        line.sync(connect(jira.url, [], jira.email, jira.token, projects=["EE", "K5"]))
    line.build()
    found = Recorded(payloads.read(data / "jira_payloads"), line, {})
    found.issues = found.rows("intermediate.int_delivery__issue_current")
    return found


def readable(text: str) -> str:
    """NUL, which one recorded summary really holds, is nothing that readers of a warehouse can take."""
    return text.replace("\0", "\ufffd")


def moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def named(value: Row | None, *more: str) -> Row | None:
    return value and {name: value.get(name) for name in ("id", "name", *more)}


def absent_or(value: Row) -> Row | None:
    return value if value["id"] else None


def person(value: Row | None) -> Row | None:
    names = {"account_id": "accountId", "display_name": "displayName", "email_address": "emailAddress"}
    return value and {ours: value.get(theirs) for ours, theirs in names.items()}


def somebody(held: Row) -> Row | None:
    return held if any(held.values()) else None


def ends(links: list[Row]) -> list[Row]:
    far = [("inwardIssue", "id"), ("outwardIssue", "id")]
    return [{"id": one["id"], **{name: (one.get(name) or {}).get(key) for name, key in far}} for one in links]


def brief(value: Row | None) -> Row | None:
    return value and {"id": value["id"], "key": value["key"]}


def listed(of: Callable[[Row], Any]) -> Callable[[list[Row] | None], list[Any]]:
    return lambda values: [of(value) for value in values or []]


# field → (what of the payload is kept, how staging shows it)
OPENED: dict[str, tuple[Callable[[Any], Any], Callable[[Row], Any]]] = {
    "summary": (readable, lambda row: row["summary"]),
    "status": (named, lambda row: {"id": row["status_native_id"], "name": row["status"]}),
    "issuetype": (
        lambda value: named(value, "hierarchyLevel", "subtask"),
        lambda row: {
            "id": row["issue_type_id"],
            "name": row["issue_type"],
            "hierarchyLevel": row["hierarchy_level"],
            "subtask": row["is_subtask"],
        },
    ),
    "project": (lambda value: f"acme:{value['id']}", lambda row: row["project_id"]),
    "priority": (named, lambda row: {"id": row["priority_native_id"], "name": row["priority"]}),
    "resolution": (
        named,
        lambda row: absent_or({"id": row["resolution_native_id"], "name": row["resolution"]}),
    ),
    "assignee": (person, lambda row: somebody(row["assignee"])),
    "reporter": (person, lambda row: somebody(row["reporter"])),
    "creator": (person, lambda row: somebody(row["creator"])),
    "labels": (list, lambda row: row["labels"]),
    "parent": (brief, lambda row: row["parent"]),
    "fixVersions": (listed(named), lambda row: row["fix_versions"]),
    "versions": (listed(named), lambda row: row["affects_versions"]),
    "components": (listed(named), lambda row: row["components"]),
    "subtasks": (listed(brief), lambda row: row["subtasks"]),
    "issuelinks": (ends, lambda row: ends(row["issue_links"])),
    "watches": (lambda value: value["watchCount"], lambda row: row["watch_count"]),
}
COMPARED_ELSEWHERE = {"comment", "attachment", "worklog", "statusCategory"}


def shown(row: Row) -> list[Any]:
    """What a field value says, in every form that it has."""
    held = [row["text_value"], row["value_at"]]
    held += [] if row["number_value"] is None else [float(row["number_value"])]
    return held + ([] if row["json_value"] is None else [json.loads(row["json_value"])])


def as_shown(value: Any) -> list[Any]:
    """The forms in which a plain value of a payload may be shown."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, str):
        try:
            return [value, moment(value)]
        except ValueError:
            return [value]
    return [value]


def test_landing_holds_every_payload_as_it_was_recorded(recorded: Recorded) -> None:
    landed = {key: text for key, text in recorded.line.ask("select _key, payload from landing_jira.issue")}
    assert landed == {str(issue): text.decode() for issue, text in recorded.came.texts.items()}
    for stream, docs, key in (
        ("status", recorded.came.statuses, "id"), ("user", recorded.came.users, "accountId"),
        ("worklog", recorded.came.worklogs, "id"),
    ):  # fmt: skip
        rows = recorded.line.ask(f"select _key, payload from landing_jira.{stream}")  # noqa: S608
        held = {row[0]: json.loads(row[1]) for row in rows}
        assert {str(doc[key]): doc for doc in docs}.items() <= held.items(), stream


def test_every_field_of_every_issue_is_found_again(recorded: Recorded) -> None:
    values: dict[str, dict[str, Row]] = {}
    for row in recorded.listed("marts.fct_issue_field_value"):
        values.setdefault(row["issue_id"], {})[row["field_id"]] = row
    assert len(recorded.came.issues) == len(recorded.issues) == 33
    compared = 0
    for number, payload in recorded.came.issues.items():
        staged = recorded.issues[str(number)]
        assert staged["issue_key"] == payload["key"]
        held = values[f"acme:{number}"]
        for name, value in payload["fields"].items():
            if name in COMPARED_ELSEWHERE:
                continue
            if name in OPENED:
                kept, show = OPENED[name]
                assert show(staged) == (None if value is None else kept(value)), (number, name)
            elif value in (None, [], {}, ""):
                assert name not in held, (number, name)
            else:
                assert held[name]["quarantine_reason"] is None
                assert any(form in shown(held[name]) for form in as_shown(value)), (number, name, value, held[name])
            compared += 1
        assert held.keys() <= payload["fields"].keys()
    assert compared == sum(
        len(payload["fields"].keys() - COMPARED_ELSEWHERE) for payload in recorded.came.issues.values()
    )


def test_dates_of_issues_are_columns_too(recorded: Recorded) -> None:
    for number, payload in recorded.came.issues.items():
        staged, fields = recorded.issues[str(number)], payload["fields"]
        assert staged["created_at"] == moment(fields["created"])
        assert staged["updated_at"] == moment(fields["updated"])
        assert staged["resolved_at"] == moment(fields["resolutiondate"])
        assert staged["due_on"] == (date.fromisoformat(fields["duedate"]) if fields["duedate"] else None)
        estimates = ("timeoriginalestimate", "timeestimate", "timespent")
        columns = ("original_estimate_seconds", "remaining_estimate_seconds", "spent_seconds")
        assert [staged[column] for column in columns] == [fields.get(name) for name in estimates]


def test_every_comment_and_file_is_found_again(recorded: Recorded) -> None:
    comments = recorded.rows("intermediate.int_delivery__issue_comment", "comment_id")
    payload = {
        f"acme:{one['id']}": one
        for doc in recorded.came.issues.values()
        for one in doc["fields"]["comment"]["comments"]
    }
    assert len(comments) == len(payload) == 8
    for key, one in payload.items():
        row = comments[key]
        assert (row["body"], json.loads(row["document"])) == (one["body"], one["body"])
        assert row["author_id"] == f"acme:{one['author']['accountId']}"
        assert (row["created_at"], row["updated_at"]) == (moment(one["created"]), moment(one["updated"]))
    files = [one for doc in recorded.came.issues.values() for one in doc["fields"]["attachment"]]
    assert len(recorded.listed("intermediate.int_delivery__issue_attachment")) == len(files)


def test_every_change_of_every_history_is_found_again(recorded: Recorded) -> None:
    changes = recorded.rows("intermediate.int_delivery__issue_change", "change_id")
    told = [
        (history, place, item)
        for doc in recorded.came.issues.values()
        for history in doc["changelog"]["histories"]
        for place, item in enumerate(history["items"])
    ]
    assert len(changes) == len(told) == 714
    for history, place, item in told:
        row = changes[f"acme:{history['id']}:{place}"]
        assert row["changed_at"] == moment(history["created"])
        assert row["author_id"] == f"acme:{history['author']['accountId']}"
        assert row["field_name"] == item["field"]
        assert item.get("fieldId", row["field_id"]) == row["field_id"]
        columns = ("from_id", "from_value", "to_id", "to_value")
        sides = ("from", "fromString", "to", "toString")
        assert [row[column] for column in columns] == [item[side] or None for side in sides], history["id"]


def test_every_worklog_sprint_status_and_person_is_found_again(recorded: Recorded) -> None:
    came = recorded.came
    worklogs = recorded.rows("staging.stg_jira__worklog")
    assert worklogs.keys() == {doc["id"] for doc in came.worklogs}
    for doc in came.worklogs:
        row = worklogs[doc["id"]]
        assert (row["issue_id"], row["spent_seconds"]) == (f"acme:{doc['issueId']}", doc["timeSpentSeconds"])
        accounts = (doc["author"]["accountId"], doc["updateAuthor"]["accountId"])
        assert (row["author_id"], row["update_author_id"]) == tuple(f"acme:{account}" for account in accounts)
        times = [row["started_at"], row["created_at"], row["updated_at"]]
        assert times == [moment(doc[name]) for name in ("started", "created", "updated")]
        assert (row["comment_text"], row["comment_document"] and json.loads(row["comment_document"])) == (
            doc.get("comment"), doc.get("comment"),
        )  # fmt: skip
    statuses = recorded.rows("staging.stg_jira__status")
    for doc in came.statuses:
        assert (statuses[doc["id"]]["status"], statuses[doc["id"]]["category_key"]) == (
            doc["name"], doc["statusCategory"]["key"],
        )  # fmt: skip
    people = recorded.rows("staging.stg_jira__user")
    for doc in came.users:
        row = people[doc["accountId"]]
        assert (row["display_name"], row["account_type"], row["is_active"]) == (
            doc["displayName"], doc["accountType"], doc["active"],
        )  # fmt: skip
        assert row["email_address"] == (doc.get("emailAddress") or row["email_address"])


def test_every_sprint_of_a_project_that_is_synced_is_found_again(recorded: Recorded) -> None:
    held = recorded.rows("staging.stg_jira__sprint")
    assert held
    for doc in (doc for doc in recorded.came.sprints if str(doc["id"]) in held):
        row = held[str(doc["id"])]
        assert (row["sprint_name"], row["state"], row["goal"]) == (doc["name"], doc["state"], doc["goal"])
        times = [row["starts_at"], row["ends_at"], row["completed_at"]]
        assert times == [moment(doc[name]) for name in ("startDate", "endDate", "completeDate")]
