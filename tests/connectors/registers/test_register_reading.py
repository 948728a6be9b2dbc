"""Workbooks and CSV files of every make give the same records; what cannot be used is refused in words."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import orjson
import pytest

from connectors.registers.streams import STREAMS

if TYPE_CHECKING:
    from tests.connectors.registers.conftest import DropFolder

PROJECTS = [["Project Key", "project_name", "PHASE", "promised on"], ["alpha", "Alpha", "Active", date(2026, 6, 30)]]


def test_every_sheet_of_a_workbook_becomes_its_stream(drop: DropFolder) -> None:
    drop.workbook(
        Projects=PROJECTS,
        Objectives=[["objective_key", "objective_name", "weight"], ["O1", "Grow", 0.4]],
        Baselines=[["project_key", "version", "finish_on"], ["ALPHA", 1, date(2026, 5, 1)]],
        Budget=[
            ["project_key", "category", "period_on", "planned_amount", "currency_code"],
            ["ALPHA", "labour", date(2026, 1, 1), 1000.5, "eur"],
        ],
        Risks=[["risk_key", "project_key", "title", "probability"], ["R-1", "ALPHA", "Late vendor", "30%"]],
    )
    synced = drop.sync()
    assert {stream: list(rows) for stream, rows in synced.records.items()} == {
        "project": ["ALPHA"],
        "objective": ["O1"],
        "baseline": ["ALPHA/1"],
        "budget_line": ["ALPHA/labour/2026-01-01"],
        "risk": ["R-1"],
    }
    project = synced.records["project"]["ALPHA"]
    assert (project["phase"], project["promised_on"], project["sponsor_name"]) == ("active", "2026-06-30", None)
    assert (project["project_site"], project["file"], project["row"]) == ("jira", "register.xlsx", 2)
    assert synced.records["budget_line"]["ALPHA/labour/2026-01-01"]["planned_amount"] == "1000.50"
    assert synced.outcome.status == "complete"


def test_the_meaning_of_a_status_holds_for_all_or_one_project_and_an_unknown_meaning_is_refused(
    drop: DropFolder,
) -> None:
    heading = ["project_key", "issue_type", "status", "valid_from", "status_category", "work_state"]
    drop.workbook(
        Statuses=[
            heading,
            ["*", "*", "In Review", date(2026, 1, 1), "In Progress", "waiting"],
            ["alpha", "Bug", 10003, "2026-03-01", "done", None],
            ["*", "*", "On Hold", date(2026, 1, 1), "paused", None],
            ["*", None, "Done", date(2026, 1, 1), "done", None],
        ]
    )
    synced = drop.sync()
    told = {key: (row["status_category"], row["work_state"]) for key, row in synced.records["status_mapping"].items()}
    assert told == {
        "*/*/In Review/2026-01-01": ("in_progress", "waiting"),
        "ALPHA/Bug/10003/2026-03-01": ("done", None),
    }
    assert [one.location.rpartition("!")[2] for one in synced.rejected] == ["4", "5"]


def test_declared_fields_read_every_payload_in_duckdb(drop: DropFolder) -> None:
    drop.workbook(
        Projects=PROJECTS,
        Risks=[
            ["risk_key", "project_key", "title", "probability", "impact_amount", "impact_days", "due_on"],
            ["R-1", "ALPHA", "Late vendor", 0.3, "12500.75", 10, "2026-04-01"],
        ],
    )
    records = drop.sync().records
    for stream in STREAMS:
        for record in records.get(stream.name, {}).values():
            structure = orjson.dumps(dict(stream.fields)).decode()
            row = duckdb.execute("select from_json(?, ?)", [orjson.dumps(record).decode(), structure]).fetchone()
            assert row is not None
            held = {name: value for name, value in row[0].items() if value is not None}
            assert held.keys() == {name for name, value in record.items() if value is not None}


@pytest.mark.parametrize(
    "content",
    [
        "project_key,project_name,phase\nALPHA,Müller,active\n".encode(),
        "\ufeffproject_key;project_name;phase\r\nALPHA;Müller;active\r\n".encode(),
        "project_key\tproject_name\tphase\nALPHA\tMüller\tactive".encode("cp1252"),
        "sep=;\nproject_key;project_name;phase\nALPHA;Müller;active\n".encode("utf-16"),
    ],
)
def test_csv_is_read_whatever_its_encoding_and_delimiter(drop: DropFolder, content: bytes) -> None:
    drop.file("projects.csv", content)
    record = drop.sync().records["project"]["ALPHA"]
    assert (record["project_name"], record["phase"]) == ("Müller", "active")


def test_open_document_spreadsheet_is_read(drop: DropFolder) -> None:
    cells = [["objective_key", "objective_name"], ["O1", "Grow"]]
    rows = "".join(f"<table:table-row>{''.join(_ods_cell(text) for text in row)}</table:table-row>" for row in cells)
    names = "urn:oasis:names:tc:opendocument:xmlns:"
    body = (
        f'<office:document-content xmlns:office="{names}office:1.0" xmlns:table="{names}table:1.0" '
        f'xmlns:text="{names}text:1.0"><office:body><office:spreadsheet><table:table table:name="Objectives">{rows}'
        "</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(drop.path / "goals.ods", "w") as book:
        book.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        book.writestr("META-INF/manifest.xml", '<manifest:manifest xmlns:manifest="' + names + 'manifest:1.0"/>')
        book.writestr("content.xml", body)
    assert list(drop.sync().records["objective"]) == ["O1"]


def _ods_cell(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def test_bad_rows_are_refused_with_sheet_row_and_reason_and_good_rows_load(drop: DropFolder) -> None:
    drop.workbook(
        Projects=[
            ["The register of the PMO"],
            [],
            *PROJECTS,
            [None, "No key", "active"],
            [None],
            ["BETA", "Beta", "sleeping", "soon"],
            ["alpha", "Alpha again", "active"],
        ]
    )
    synced = drop.sync()
    assert list(synced.records["project"]) == ["ALPHA"]
    assert [(item.location, item.reason) for item in synced.rejected] == [
        ("register.xlsx#Projects!5", "project_key is empty"),
        (
            "register.xlsx#Projects!7",
            "phase is 'sleeping', which is not one of: initiation, planning, active, on_hold, closing, closed; "
            "promised_on is 'soon', not a clear date: write it as 2026-03-31",
        ),
        ("register.xlsx#Projects!8", "repeats project_key ALPHA, already given in row 4"),
    ]
    assert orjson.loads(synced.rejected[1].raw)["project_name"] == "Beta"
    (certificate,) = synced.outcome.certificates
    assert (certificate.source_count, certificate.held_count, certificate.status) == (4, 1, "partial")
    assert certificate.missing[0]["location"] == "register.xlsx#Projects!5"


def test_missing_required_column_refuses_the_sheet_once_and_the_others_load(drop: DropFolder) -> None:
    drop.workbook(
        Projects=PROJECTS,
        Baselines=[["project_key", "finish_on"], ["ALPHA", date(2026, 5, 1)], ["BETA", date(2026, 5, 1)]],
    )
    synced = drop.sync()
    (refusal,) = synced.rejected
    assert refusal.location == "register.xlsx#Baselines"
    assert "no column version" in refusal.reason
    assert synced.outcome.status == "partial"
    assert list(synced.records) == ["project"]


def test_column_given_twice_refuses_the_sheet(drop: DropFolder) -> None:
    drop.workbook(Projects=[["project_key", "phase", "Phase"], ["ALPHA", "active", "closed"]])
    synced = drop.sync()
    assert [item.reason for item in synced.rejected] == [
        "the column phase appears twice, so it is not clear which one counts"
    ]


def test_unknown_sheets_are_named_and_left_out_and_unknown_columns_kept(drop: DropFolder) -> None:
    drop.workbook(Lookup=[["x"]], projects_=[["project_key", "Cost Centre", "File"], ["ALPHA", 4711, "yes"]])
    synced = drop.sync()
    assert any("'Lookup' is not a register sheet" in message for message in synced.progress)
    record = synced.records["project"]["ALPHA"]
    assert (record["cost_centre"], record["register_file"], record["file"]) == ("4711", "yes", "register.xlsx")


def test_same_key_in_two_sheets_of_one_file_is_refused_once(drop: DropFolder) -> None:
    drop.workbook(Projects=PROJECTS, Project=[["project_key", "project_name"], ["ALPHA", "Other"]])
    synced = drop.sync()
    assert synced.records["project"]["ALPHA"]["project_name"] == "Alpha"
    assert [item.location for item in synced.rejected] == ["register.xlsx#Project!2"]


def test_lock_files_hidden_files_and_other_files_are_ignored(drop: DropFolder) -> None:
    for name in ("~$register.xlsx", ".hidden.csv", "notes.txt"):
        drop.file(name, "project_key\nGHOST\n")
    Path(drop.path / "folder.csv").mkdir()
    synced = drop.sync()
    assert (synced.records, synced.rejected, synced.outcome.status) == ({}, [], "complete")
