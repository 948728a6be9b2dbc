"""Cases 28 and 30 to 36 as the warehouse shows them: one odd Jira, synced over HTTP, landed and built, twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connectors.sandbox.jira import hostile, removals
from connectors.sandbox.world import Comment, CustomField, World
from tests.connectors.jira.syncing import CLOCK, site
from tests.fixtures.jira_line import LittleLine
from tests.fixtures.sandbox import small_world
from tests.fixtures.warehouse import parsed_target

pytestmark = pytest.mark.slow
MODELS = (
    "+fct_issue_field_value", "+fct_field_quarantine", "+fct_field_drift", "+dim_field", "+int_delivery__issue_comment",
    "+int_delivery__issue_attachment", "+int_delivery__issue_member", "+fct_dependency", "+issue_wide",
)  # fmt: skip
LINKS = 2_000
FRESH = CustomField(10_950, "Fresh", "number", "float")


class Told:
    """What the tables said after each of the two builds."""

    def __init__(self, line: LittleLine, odd: dict[str, str]) -> None:
        self.line, self.odd = line, odd
        self.comments = [self._comments()]
        self.attachments = [self._attachments()]
        self.dependencies = [self._dependencies()]
        self.wide = [self._wide()]

    def again(self) -> None:
        self.comments.append(self._comments())
        self.attachments.append(self._attachments())
        self.dependencies.append(self._dependencies())
        self.wide.append(self._wide())

    def _comments(self) -> list[tuple[object, ...]]:
        query = "select comment_id, body from intermediate.int_delivery__issue_comment where issue_id = 'acme:10003'"
        return self.line.ask(query + " order by all")

    def _attachments(self) -> list[tuple[object, ...]]:
        query = "select attachment_id, file_name from intermediate.int_delivery__issue_attachment order by all"
        return self.line.ask(query)

    def _dependencies(self) -> list[tuple[object, ...]]:
        return self.line.ask("select dependency_id from marts.fct_dependency order by all")

    def _wide(self) -> dict[str, str]:
        """The columns of issue_wide, each with its type."""
        return {row[0]: row[1] for row in self.line.ask("describe reporting.issue_wide")}

    def value(self, name: str, field: str, column: str) -> object:
        """What the odd issue of that name holds in a field."""
        query = f"select {column} from marts.fct_issue_field_value where issue_id = ? and field_id = ?"  # noqa: S608
        ((found,),) = self.line.ask(query, self.odd[name], field)
        return found

    def drift(self, field: str) -> list[tuple[object, ...]]:
        query = "select drift_type, old_value, new_value from marts.fct_field_drift where field_id = ? order by all"
        return self.line.ask(query, field)


def _edit(world: World) -> None:
    """A week at that site: things removed, a field added, others renamed, retyped, doubled, taken away."""
    removals.remove_comment(world, 1)
    removals.remove_attachment(world, 1)
    removals.remove_attachment(world, 2)
    removals.remove_link(world, 1)
    fields = world.custom_fields
    fields[FRESH.id] = FRESH
    world.issues[10_005].extra = {FRESH.key: 41.5}
    world.issues[10_005].updated = world.now
    fields[10_030] = replace(fields[10_030], name="Worth")
    fields[10_032] = replace(fields[10_032], kind="string", custom="textfield", name="value")
    del fields[10_034]
    for number in range(100, 130):
        world.comments[number] = Comment(number, 10_007, "acc-1", f"Remark {number}", world.now, world.now)
    world.issues[10_007].updated = world.now


@pytest.fixture(scope="module")
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("content")
    world = small_world()
    issues = hostile.add(world, links=LINKS)
    world.issues[10_009].extra = {"created": "51502-01-01T00:00:00.000+0000"}
    with site(world) as acme:
        line = LittleLine(folder, parsed_target(request.config, folder), MODELS, CLOCK)
        line.sync(acme.source)
        line.build()
        told = Told(line, {name: f"acme:{issue.id}" for name, issue in issues.items()})
        acme.edit(_edit)
        line.sync(acme.source)
        line.build()
        told.again()
    return told


def test_case_28_removed_comments_files_and_links_are_gone_from_the_tables(told: Told) -> None:
    assert told.comments == [
        [("acme:1", "Remark 1\nin two lines"), ("acme:2", "Remark 2\nin two lines")],
        [("acme:2", "Remark 2\nin two lines")],
    ]
    assert told.attachments == [[("acme:1", "plan-1.pdf"), ("acme:2", "plan-2.pdf")], []]
    assert told.dependencies == [[("acme:1",)], []]


def test_case_30_a_history_of_three_hundred_entries_is_whole_in_the_tables(told: Told) -> None:
    query = "select count(*), count(distinct change_id) from intermediate.int_delivery__issue_change where issue_id = ?"
    assert told.line.ask(query, told.odd["long_changelog"]) == [(300, 300)]


def test_case_31_a_hub_keeps_every_link(told: Told) -> None:
    query = "select len(issue_links) from intermediate.int_delivery__issue_current where issue_id = ?"
    assert told.line.ask(query, told.odd["hub"]) == [(LINKS,)]


def test_case_32_comments_that_came_short_are_whole_in_the_tables(told: Told) -> None:
    query = "select count(*), count(distinct body) from intermediate.int_delivery__issue_comment where issue_id = ?"
    assert told.line.ask(query, told.odd["many_comments"]) == [(120, 120)]
    assert told.line.ask(query, "acme:10007") == [(30, 30)], "and in an incremental build"


def test_case_33_a_new_field_is_there_after_the_next_sync_without_a_full_refresh(told: Told) -> None:
    query = "select issue_id, number_value, field_name from marts.fct_issue_field_value where field_id = ?"
    assert [(one, float(two), three) for one, two, three in told.line.ask(query, FRESH.key)] == [
        ("acme:10005", 41.5, "Fresh")
    ]
    assert told.drift(FRESH.key) == [("new", None, "Fresh")]


def test_case_33_renamed_retyped_doubled_and_vanished_fields_are_events_by_id(told: Told) -> None:
    assert told.drift("customfield_10030") == [("renamed", "Value", "Worth"), ("twin_name", None, "customfield_10031")]
    types = ("date, com.atlassian.jira.plugin.system.customfieldtypes:datepicker",
             "string, com.atlassian.jira.plugin.system.customfieldtypes:textfield")  # fmt: skip
    assert told.drift("customfield_10032") == [
        ("renamed", "Start", "value"), ("twin_name", None, "customfield_10031"), ("type_changed", *types),
    ]  # fmt: skip
    assert told.drift("customfield_10034") == [("gone", "Unseen", None)]
    assert told.drift("summary") == []
    query = "select field_id, is_name_shared, is_deleted, project_id from marts.dim_field where field_id similar to ?"
    assert told.line.ask(f"{query} order by all", "customfield_1003[0-4]") == [
        ("customfield_10030", False, False, None),
        ("customfield_10031", True, False, None),
        ("customfield_10032", True, False, None),
        ("customfield_10033", False, False, "acme:10201"),
        ("customfield_10034", False, True, None),
    ]


def test_case_33_values_type_themselves(told: Told) -> None:
    query = """
        select field_id, text_value, number_value::double, value_at, json_value is not null
        from marts.fct_issue_field_value where issue_id = 'acme:10003' and field_id similar to 'customfield_1003[0-4]'
        order by all
    """
    assert told.line.ask(query) == [
        ("customfield_10030", None, 5.5, None, False),
        ("customfield_10031", "High", None, None, True),
        ("customfield_10032", "2026-02-01", None, None, False),
        ("customfield_10033", None, 3.0, None, False),
    ], "10032 was a date until it became a text"


def test_a_field_new_at_a_sync_is_a_column_of_the_wide_view_without_a_full_refresh(told: Told) -> None:
    before, after = told.wide
    assert "fresh" not in before
    assert after["fresh"] == "DECIMAL(38,9)"
    assert told.line.ask("select fresh::double from reporting.issue_wide where issue_id = 'acme:10005'") == [(41.5,)]
    assert (told.line.builds, "worth" in before, "worth" in after) == (2, False, True), "renamed with its field"
    assert told.line.ask("select count(*) from reporting.issue_wide") == told.line.ask(
        "select count(*) from marts.dim_issue"
    )


def test_case_35_odd_documents_are_text_and_stay_as_they_came(told: Told) -> None:
    assert told.value("odd_document", "description", "text_value") == hostile.ODD_TEXT
    assert '"hologram"' in str(told.value("odd_document", "description", "json_value"))
    long_text = told.value("long_text", "description", "text_value")
    assert isinstance(long_text, str)
    assert len(long_text) > 1_000_000
    assert long_text == hostile.LONG_TEXT
    assert told.value("nul", hostile.LETTERS.key, "text_value") == "before\ufffdafter"
    assert told.value("surrogate", hostile.LETTERS.key, "text_value") == "low \ufffd first"
    query = "select summary from marts.dim_issue where issue_id in (?, ?) order by all"
    assert told.line.ask(query, told.odd["nul"], told.odd["surrogate"]) == [
        ("Odd: half \ufffd of a pair",),
        ("Odd: nul\ufffdbyte",),
    ]
    (place,) = (told.line.folder / "quarantine").glob("*.jsonl")
    assert r"half \\ud83d of a pair" in place.read_text(), "as it came"


def test_case_36_impossible_values_are_quarantined_where_they_can_be_seen_and_the_issues_kept(told: Told) -> None:
    query = """
        select issue_key, field_id, quarantine_reason, json_value
        from marts.fct_field_quarantine inner join marts.dim_field using (field_key) order by all
    """
    assert told.line.ask(query) == [
        ("BRAVO-9", "created", "no date between the years 1 and 9999", '"51502-01-01T00:00:00.000+0000"'),
        ("ODD-3", hostile.MOMENT.key, "no date between the years 1 and 9999", '"51502-01-01T00:00:00.000+0000"'),
        ("ODD-3", "duedate", "no date between the years 1 and 9999", '"51502-01-01"'),
        ("ODD-4", "timeestimate", "negative duration", "-60"),
        ("ODD-4", "timeoriginalestimate", "negative duration", "-3600"),
        ("ODD-5", hostile.NUMBER.key, "number out of range", "1e308"),
        ("ODD-5", "timeoriginalestimate", "number out of range", "1" + "0" * 30),
    ]
    assert told.line.ask("select count(*) from marts.dim_issue") == [(24 + len(hostile.NAMES) + 30,)]
    columns = told.line.ask("select due_on from marts.dim_issue where issue_key = 'ODD-3'")
    assert columns == [(None,)]


def test_case_36_no_table_holds_an_instant_that_readers_cannot_show(told: Told) -> None:
    latest = told.line.ask("select max(created_at), max(updated_at), max(due_on) from marts.dim_issue")
    assert all(isinstance(moment, datetime) or moment.year < 9999 for moment in latest[0])
    assert latest[0][0] < CLOCK.replace(tzinfo=None) + timedelta(days=365)
