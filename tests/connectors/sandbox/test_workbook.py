"""The register a PMO would drop into the inbox: right columns, honest gaps, touched only when it changed."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from connectors.registers.streams import SHEETS
from connectors.sandbox import workbook
from connectors.sandbox.portfolio import catalog
from connectors.sandbox.portfolio.register import COLUMNS, Register, Row
from connectors.sandbox.portfolio.simulator import Simulator


@pytest.fixture(scope="module")
def register(simulator: Simulator) -> Register:
    return simulator.register()


def small() -> Simulator:
    return Simulator(3, projects=6, scale=0.4, days=300)


def keys(rows: Sequence[Row], wanting: str) -> set[object]:
    return {row["project_key"] for row in rows if row[wanting] is None}


def dates(row: Row) -> list[date]:
    return [value for value in row.values() if isinstance(value, date)]


def test_every_row_has_exactly_the_columns_of_its_sheet(register: Register) -> None:
    assert list(register) == list(COLUMNS)
    assert {sheet.title: tuple(column.name for column in sheet.columns) for sheet in SHEETS} == COLUMNS
    for sheet, rows in register.items():
        assert rows
        assert all(tuple(row) == COLUMNS[sheet] for row in rows)


def test_facts_are_wanting_here_and_there(simulator: Simulator, register: Register) -> None:
    projects = register["Projects"]
    running = [row for row in projects if row["phase"] == "active"]
    baselined = {row["project_key"] for row in register["Baselines"]}
    budgeted = {row["project_key"] for row in register["Budget"]}
    assert keys(running, "sponsor_name")
    assert keys(running, "owner_email")
    assert keys(running, "objective_key")
    assert [row for row in running if row["project_key"] not in baselined]
    assert [row for row in running if row["project_key"] not in budgeted]
    assert {row["objective_key"] for row in register["Objectives"]} - {row["objective_key"] for row in projects}
    assert [row for row in register["Risks"] if row["owner_name"] is None]
    today = simulator.world.now.date()
    ages = [(today - row["status_updated_on"]).days for row in running if isinstance(row["status_updated_on"], date)]
    assert max(ages) > 60
    assert sorted(ages)[len(ages) // 2] <= 14


def test_a_promise_moved_without_a_baseline(register: Register) -> None:
    last = {row["project_key"]: row["finish_on"] for row in register["Baselines"]}
    moved = [row["project_key"] for row in register["Projects"] if row["promised_on"] != last.get(row["project_key"])]
    assert [key for key in moved if key in last]
    assert max(int(str(row["version"])) for row in register["Baselines"]) >= 2


def test_keys_are_unique(register: Register) -> None:
    for sheet in SHEETS:
        found = [tuple(row[column] for column in sheet.key) for row in register[sheet.title]]
        assert len(found) == len(set(found)), sheet


def test_a_few_rows_are_bad_for_the_quarantine_to_show(register: Register) -> None:
    assert [row["claimed_rag"] for row in register["Projects"]].count("blue") == 1
    assert sum(row["currency_code"] is None for row in register["Budget"]) == 1
    assert sum(isinstance(row["raised_on"], str) for row in register["Risks"]) == 1
    assert [row["status_category"] for row in register["Statuses"]].count("paused") == 1


def test_every_status_but_one_has_a_meaning_and_one_team_its_own(register: Register) -> None:
    meant = {(row["project_key"] == "*", row["status"]): row["work_state"] for row in register["Statuses"]}
    named = {status.name for status in catalog.statuses().values()}
    assert named - {name for everywhere, name in meant if everywhere} == {"Selected for Development"}
    assert (meant[True, "In Review"], meant[False, "In Review"]) == ("waiting", "active")


def test_actual_cost_stands_only_for_months_that_have_ended(simulator: Simulator, register: Register) -> None:
    this_month = simulator.world.now.date().replace(day=1)
    for row in register["Budget"]:
        period = row["period_on"]
        assert isinstance(period, date)
        assert row["actual_amount"] is None or period < this_month
    assert sum(row["actual_amount"] is not None for row in register["Budget"]) > 500


def test_the_ledger_books_what_the_budget_says_was_spent(register: Register) -> None:
    """Vendors are paid in their own currency: at the month's rate it is the budget's amount, to the cent or so."""
    rates = {(row["from_currency_code"], str(row["rate_on"])[:7]): row["rate"] for row in register["Exchange rates"]}
    booked: dict[object, float] = {}
    for row in register["Actual costs"]:
        factor = rates.get((row["currency_code"], str(row["cost_on"])[:7]), 1.0)
        booked[row["project_key"]] = booked.get(row["project_key"], 0.0) + float(str(row["amount"])) * float(
            str(factor)
        )
    spent: dict[object, float] = {}
    for row in register["Budget"]:
        spent[row["project_key"]] = spent.get(row["project_key"], 0.0) + float(str(row["actual_amount"] or 0))
    assert {row["currency_code"] for row in register["Actual costs"]} == {"EUR", "USD", "GBP", "CHF"}
    assert all(abs(booked.get(key, 0.0) - amount) < 1 for key, amount in spent.items())
    assert None in booked, "a cost that is nobody's"
    assert booked.keys() - spent.keys() - {None}, "a project that spends without a budget"


def test_a_few_people_are_given_to_more_than_they_have(register: Register) -> None:
    same = {row["alias"]: row["person_key"] for row in register["People"]}
    shares: dict[object, float] = {}
    for row in register["Assignments"]:
        person = same.get(row["person_email"], row["person_email"])
        shares[person] = shares.get(person, 0.0) + (0.0 if row["ends_on"] else float(str(row["share"])))
    assert 1 <= sum(share > 1 for share in shares.values()) <= len(shares) / 10
    former = {str(row["person_email"]) for row in register["Assignments"] if "@partner." in str(row["person_email"])}
    assert former
    assert former <= same.keys(), "addresses of a former firm are those of people in the sheet People"
    assert {row["kind"] for row in register["Capacity"]} == {"available", "absent"}


def test_late_projects_cost_more_than_planned(simulator: Simulator, register: Register) -> None:
    planned: dict[object, float] = {}
    actual: dict[object, float] = {}
    for row in register["Budget"]:
        key = row["project_key"]
        planned[key] = planned.get(key, 0.0) + float(str(row["planned_amount"]))
        actual[key] = actual.get(key, 0.0) + float(str(row["actual_amount"] or 0))
    over = [key for key in planned if actual[key] > planned[key]]
    assert 2 <= len(over) <= 15


def test_no_report_or_review_lies_in_the_future(simulator: Simulator, register: Register) -> None:
    today = simulator.world.now.date()
    said = [row["status_updated_on"] for row in register["Projects"]]
    said += [row["approved_on"] for row in register["Baselines"]]
    said += [row[name] for row in register["Risks"] for name in ("raised_on", "reviewed_on")]
    assert all(day <= today for day in said if isinstance(day, date))


def test_the_workbook_holds_the_register_and_the_virtual_time(tmp_path: Path) -> None:
    simulator = small()
    path = workbook.write(simulator, tmp_path / "inbox")
    assert path == tmp_path / "inbox" / "portfolio.xlsx"
    assert path.stat().st_mtime == simulator.world.now.timestamp()
    assert [entry.name for entry in path.parent.iterdir()] == ["portfolio.xlsx"]
    sheets = load_workbook(path)
    assert sheets.sheetnames == list(COLUMNS)
    for sheet, rows in simulator.register().items():
        head, *body = sheets[sheet].iter_rows(values_only=True)
        assert head == COLUMNS[sheet]
        assert [[plain(value) for value in row] for row in body] == [
            [plain(one) for one in row.values()] for row in rows
        ]


def plain(value: object) -> object:
    return value.date() if isinstance(value, datetime) else value


@pytest.mark.parametrize("as_csv", [False, True])
def test_an_unchanged_register_leaves_the_file_alone(tmp_path: Path, as_csv: bool) -> None:
    simulator = small()
    workbook.write(simulator, tmp_path, csv=as_csv)
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    workbook.write(simulator, tmp_path, csv=as_csv)
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before


def test_a_changed_register_replaces_the_file_with_the_new_time(tmp_path: Path) -> None:
    simulator = small()
    path = workbook.write(simulator, tmp_path)
    simulator.advance(28)
    workbook.write(simulator, tmp_path)
    assert path.stat().st_mtime == simulator.world.now.timestamp()


def test_an_edit_by_hand_or_a_damaged_file_is_written_anew(tmp_path: Path) -> None:
    simulator = small()
    path = workbook.write(simulator, tmp_path)
    sheets = load_workbook(path)
    sheets["Projects"]["B2"] = "Another name"
    sheets.save(path)
    workbook.write(simulator, tmp_path)
    assert load_workbook(path)["Projects"]["B2"].value == simulator.register()["Projects"][0]["project_name"]
    path.write_bytes(b"not a workbook")
    workbook.write(simulator, tmp_path)
    assert load_workbook(path).sheetnames == list(COLUMNS)


def test_csv_says_the_same_as_the_workbook(tmp_path: Path) -> None:
    simulator = small()
    assert workbook.write(simulator, tmp_path, csv=True) == tmp_path
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{sheet.lower()}.csv" for sheet in COLUMNS)
    for sheet, rows in simulator.register().items():
        with (tmp_path / f"{sheet.lower()}.csv").open(encoding="utf-8", newline="") as file:
            read = list(csv.DictReader(file))
        assert read == [{key: "" if value is None else str(value) for key, value in row.items()} for row in rows]
