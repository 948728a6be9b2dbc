"""Turns the grid of one sheet into register records and refusals; pure, so every reason can be tested by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from connectors.registers.cells import BadCell, Cell, Value, as_text, parse
from connectors.registers.folder import Grid
from connectors.registers.sheet import LINEAGE, Sheet
from connectors.registers.streams import SHEETS
from connectors.source import Rejected

HEADING_DEPTH = 20  # people put a title and notes above the table


@dataclass
class SheetRows:
    """What one sheet of one file gave: records by key, refusals, and whether the sheet could be used at all."""

    sheet: Sheet
    title: str
    file: str
    records: dict[str, dict[str, object]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    refused_keys: set[str] = field(default_factory=set)
    row_count: int = 0
    is_refused: bool = False

    def refuse(self, row: int | None, reason: str, raw: dict[str, str], key: str | None = None) -> None:
        place = f"{self.file}#{self.title}" + (f"!{row}" if row else "")
        self.rejected.append(Rejected(self.sheet.stream, place, reason, orjson.dumps(raw).decode()))
        if key:
            self.refused_keys.add(key)


def squeeze(name: str) -> str:
    """`Project Key *`, `project_key` and `PROJECT-KEY` are the same name to a person, so also to us."""
    return re.sub(r"[\W_]+", "", name.casefold())


SHEETS_BY_NAME: dict[str, Sheet] = {
    squeeze(name): sheet for sheet in SHEETS for name in (sheet.title, sheet.stream, sheet.stream + "s")
}


def sheet_named(title: str) -> Sheet | None:
    return SHEETS_BY_NAME.get(squeeze(title))


def read_sheet(sheet: Sheet, grid: Grid, file: str, project_site: str) -> SheetRows:
    """Every row of the grid as a record or as a refusal with its reason."""
    result = SheetRows(sheet, grid.title, file)
    heading = _heading_row(sheet, grid)
    names = _column_names(sheet, grid.rows[heading]) if heading is not None else []
    if problem := _heading_problem(sheet, names):
        result.is_refused = True
        result.row_count = sum(1 for row in grid.rows if _is_filled(row)) - (heading is not None)
        result.refuse(None, problem, {"heading": " | ".join(names)})
        return result
    assert heading is not None  # noqa: S101 - _heading_problem has just refused the sheet otherwise
    for number, row in enumerate(grid.rows[heading + 1 :], start=heading + 2):
        if _is_filled(row):
            result.row_count += 1
            _read_row(result, number, dict(_named_cells(names, row)), project_site)
    return result


def _is_filled(row: list[Cell]) -> bool:
    return any(as_text(cell) for cell in row)


def _heading_row(sheet: Sheet, grid: Grid) -> int | None:
    """The row among the first ones that holds the most of the sheet's column names."""
    known = {squeeze(column.name) for column in sheet.columns}
    scores = [len(known & {squeeze(as_text(cell)) for cell in row}) for row in grid.rows[:HEADING_DEPTH]]
    best = max(scores, default=0)
    return scores.index(best) if best else None


def _column_names(sheet: Sheet, heading: list[Cell]) -> list[str]:
    declared = {squeeze(column.name): column.name for column in sheet.columns}
    return [declared.get(squeeze(as_text(cell))) or _own_name(as_text(cell)) for cell in heading]


def _own_name(text: str) -> str:
    """A column of the PMO's own is kept under its name in our spelling, clear of the names we add."""
    name = re.sub(r"\W+", "_", text.casefold()).strip("_")
    return f"register_{name}" if name in LINEAGE else name


def _heading_problem(sheet: Sheet, names: list[str]) -> str:
    required = [column.name for column in sheet.columns if column.required]
    if not names:
        return f"no heading row found; expected the columns {', '.join(required)} (and more)"
    if missing := [name for name in required if name not in names]:
        return f"no column {' and none '.join(missing)}, which every row needs, so the sheet cannot be used"
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        return f"the column {', '.join(twice)} appears twice, so it is not clear which one counts"
    return ""


def _named_cells(names: list[str], row: list[Cell]) -> Iterator[tuple[str, Cell]]:
    return ((name, cell) for name, cell in zip(names, row, strict=False) if name)


def _read_row(result: SheetRows, number: int, cells: dict[str, Cell], project_site: str) -> None:
    values, problems = _values(result.sheet, cells)
    raw = {name: as_text(cell) for name, cell in cells.items()}
    key = _key(result.sheet, values)
    if problems:
        result.refuse(number, "; ".join(problems), raw, key)
    elif key in result.records:
        earlier = result.records[key]["row"]
        result.refuse(number, f"repeats {' / '.join(result.sheet.key)} {key}, already given in row {earlier}", raw)
    elif key:
        lineage = {"project_site": project_site, "file": result.file, "row": number}
        result.records[key] = values | lineage


def _values(sheet: Sheet, cells: dict[str, Cell]) -> tuple[dict[str, object], list[str]]:
    values: dict[str, object] = {}
    problems = []
    for column in sheet.columns:
        try:
            value: Value = parse(cells.get(column.name), column)
        except BadCell as bad:
            problems.append(str(bad))
            continue
        values[column.name] = value
        if value is None and column.required:
            problems.append(f"{column.name} is empty")
    own = {name: as_text(cell) or None for name, cell in cells.items() if name not in values}
    return values | own, problems


def _key(sheet: Sheet, values: dict[str, object]) -> str | None:
    parts = [values.get(name) for name in sheet.key]
    return None if any(part is None for part in parts) else "/".join(str(part) for part in parts)
