"""Writes the simulated PMO's register as the workbook (or CSV files) a person would drop into the inbox.

A file is replaced only when its content changed, and carries the virtual clock's time.
"""

from __future__ import annotations

import csv as csv_format
import io
import os
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook

from connectors.sandbox.portfolio.register import COLUMNS, Register, Row
from connectors.sandbox.portfolio.simulator import Simulator

NAME = "portfolio.xlsx"
Sheets = dict[str, list[tuple[Any, ...]]]


def write(simulator: Simulator, folder: Path, *, csv: bool = False) -> Path:
    """Bring the register in `folder` up to date; returns the workbook, or the folder for CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    register, now = simulator.register(), simulator.world.now
    if csv:
        for sheet, columns in COLUMNS.items():
            text = _csv(columns, register[sheet])
            path = folder / f"{sheet.lower()}.csv"
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                _replace(path, now, lambda target, text=text: _write_text(target, text))  # type: ignore[misc]
        return folder
    path = folder / NAME
    if not path.exists() or _read(path) != _normal(register):
        _replace(path, now, lambda target: _build(register, now).save(target))
    return path


def _replace(path: Path, now: datetime, save: Callable[[Path], object]) -> None:
    """Write beside the target, date it, and swap it in at once: readers see the old file or the new one."""
    temporary = path.with_name(f".{path.name}.tmp")
    save(temporary)
    os.utime(temporary, (now.timestamp(), now.timestamp()))
    temporary.replace(path)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _csv(columns: Sequence[str], rows: Sequence[Row]) -> str:
    buffer = io.StringIO()
    writer = csv_format.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()


def _build(register: Register, now: datetime) -> Workbook:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    workbook.properties.created = workbook.properties.modified = now.replace(tzinfo=None)
    for title, columns in COLUMNS.items():
        sheet = workbook.create_sheet(title)
        sheet.append(columns)
        for row in register[title]:
            sheet.append([row[column] for column in columns])
        sheet.freeze_panes = "A2"
        for letter in (cell.column_letter for cell in sheet[1]):
            sheet.column_dimensions[letter].width = 18
    return workbook


def _cell(value: object) -> object:
    """One form for values that a workbook may give back in another type."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, int | float):
        return float(value)
    return value if isinstance(value, date) else value or None


def _normal(register: Register) -> Sheets:
    return {
        title: [tuple(columns), *(tuple(_cell(row[column]) for column in columns) for row in register[title])]
        for title, columns in COLUMNS.items()
    }


def _read(path: Path) -> Sheets | None:
    """The workbook's content, or None where it cannot be read (it is then written anew)."""
    try:
        workbook = load_workbook(path, read_only=True)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    try:
        return {
            sheet.title: [tuple(_cell(value) for value in row) for row in sheet.iter_rows(values_only=True)]
            for sheet in workbook.worksheets
        }
    finally:
        workbook.close()
