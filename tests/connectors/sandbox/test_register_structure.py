"""The sheets on structure and governance tell of the same simulated portfolio as its projects do."""

from __future__ import annotations

import re
from datetime import date

import pytest

from connectors.registers.folder import Grid
from connectors.registers.records import read_sheet, sheet_named
from connectors.sandbox.portfolio.register import COLUMNS, Register
from connectors.sandbox.portfolio.simulator import Simulator
from expectations import catalog

SHEETS = ("Portfolio", "Alignment", "Milestones", "Tasks", "Decisions", "Benefits", "Waivers", "Charter")
PAST = {
    "Milestones": ("actual_on",),
    "Tasks": ("actual_start_on", "actual_finish_on"),
    "Decisions": ("raised_on", "decided_on"),
    "Benefits": ("realised_on",),
    "Waivers": ("approved_on",),
    "Charter": ("achieved_on",),
}


@pytest.fixture(scope="module")
def register(simulator: Simulator) -> Register:
    return simulator.register()


@pytest.mark.parametrize("title", SHEETS)
def test_every_row_is_read_without_a_refusal(title: str, register: Register) -> None:
    sheet = sheet_named(title)
    assert sheet is not None
    assert [column.name for column in sheet.columns] == list(COLUMNS[title])
    rows = [list(COLUMNS[title]), *([*row.values()] for row in register[title])]
    read = read_sheet(sheet, Grid(title, rows), "portfolio.xlsx", "demo")
    assert read.rejected == []
    assert len(read.records) == len(register[title]) > 0


def test_every_programme_of_a_project_is_a_level_below_a_portfolio(register: Register) -> None:
    levels = {row["node_name"]: row for row in register["Portfolio"]}
    keys = {row["node_key"] for row in register["Portfolio"]}
    for project in register["Projects"]:
        assert levels[project["programme"]]["parent_key"] in keys


def test_tasks_wait_for_tasks_of_the_sheet_and_end_after_they_begin(register: Register) -> None:
    tasks = {row["task_key"]: row for row in register["Tasks"]}
    named = [part for row in tasks.values() for part in str(row["predecessors"] or "").split("; ") if part]
    assert {re.sub(r"(FS|SS|FF)[+-]\d+$", "", part) for part in named} <= tasks.keys()
    assert any(part.endswith("FF+5") for part in named)
    for row in tasks.values():
        start, finish = row["planned_start_on"], row["planned_finish_on"]
        assert isinstance(start, date)
        assert isinstance(finish, date)
        assert start <= finish
        assert (row["percent_complete"] == 1.0) == (row["actual_finish_on"] is not None)


def test_nothing_is_told_as_done_before_it_was(simulator: Simulator, register: Register) -> None:
    today = simulator.world.now.date()
    for title, columns in PAST.items():
        days = [row[name] for row in register[title] for name in columns]
        assert all(day <= today for day in days if isinstance(day, date)), title
        assert any(isinstance(day, date) for day in days), title


def test_waivers_name_rules_of_the_catalogue(register: Register) -> None:
    assert {row["rule_id"] for row in register["Waivers"]} <= {rule.id for rule in catalog.load()}
