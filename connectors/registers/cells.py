"""Turns what a person typed into a cell into one exact value, or says in words why it cannot.

Amounts and ratios become decimal text, so that no figure passes through a binary float on its way to the
warehouse. Where a text could mean two things (03/04/2026, 1,234) it is refused, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TypeAlias

from connectors.registers.sheet import Column, Kind

Cell: TypeAlias = object
Value: TypeAlias = str | int | None

MONTH_NAMES = ("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%b %d, %Y", "%B %d, %Y")
YEARS = range(1970, 2101)
INTEGER_LIMIT = 2**31
# kind -> (decimals kept, limit of DECIMAL(p,s))
SCALES: dict[Kind, tuple[int, int]] = {
    "amount": (2, 10**16),
    "ratio": (4, 10),
    "weight": (4, 10**5),
    "rate": (8, 10**10),
}


class BadCell(ValueError):  # noqa: N818 - it is not a fault of the program but a finding for a person
    """The reason a cell is refused, to be read by the person who keeps the register."""


def as_text(cell: Cell) -> str:
    """The cell as a person sees it: 3.0 typed in Excel is "3", a date its ISO day."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if not (cell.hour or cell.minute or cell.second) else cell.isoformat(" ")
    return str(cell).replace("\x00", "").strip()


def parse(cell: Cell, column: Column) -> Value:
    """The value of one cell; None for an empty one. Raises BadCell."""
    text = as_text(cell)
    if not text:
        return None
    if column.choices:
        return _choice(text, column)
    return PARSERS[column.kind](cell, text, column)


def _choice(text: str, column: Column) -> str:
    chosen = re.sub(r"[\s\-_]+", "_", text.lower())
    if chosen not in column.choices:
        raise BadCell(f"{column.name} is '{text}', which is not one of: {', '.join(column.choices)}")
    return chosen


def _currency(_: Cell, text: str, column: Column) -> str:
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise BadCell(f"{column.name} is '{text}', not a three-letter currency code such as EUR")
    return text.upper()


def _date(cell: Cell, text: str, column: Column) -> str:
    day = cell.date() if isinstance(cell, datetime) else cell if isinstance(cell, date) else _written_date(text, column)
    if day.year not in YEARS:
        raise BadCell(f"{column.name} is {day.isoformat()}: the year looks mistyped")
    return day.isoformat()


def _written_date(text: str, column: Column) -> date:
    if found := re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ][\d:.]+Z?)?", text):
        year, month, day = (int(part) for part in found.groups())
    elif found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):  # with dots the day always comes first
        day, month, year = (int(part) for part in found.groups())
    else:
        return _named_month(text, column)
    try:
        return date(year, month, day)
    except ValueError:
        raise BadCell(f"{column.name} is '{text}', a day that does not exist") from None


def _named_month(text: str, column: Column) -> date:
    for pattern in MONTH_NAMES:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    if re.fullmatch(r"\d+(\.\d+)?", text):
        raise BadCell(f"{column.name} is the plain number {text}: format the cell as a date")
    raise BadCell(f"{column.name} is '{text}', not a clear date: write it as 2026-03-31")


def _decimal(cell: Cell, text: str, column: Column) -> Decimal:
    if isinstance(cell, bool | date):
        raise BadCell(f"{column.name} is '{text}', not a number")
    number = Decimal(repr(cell)) if isinstance(cell, int | float) else _written_number(text, column)
    if not number.is_finite():
        raise BadCell(f"{column.name} is '{text}', not a number")
    return number


def _written_number(text: str, column: Column) -> Decimal:
    plain = re.sub(r"(?<=\d)[\s\u00a0\u202f'’](?=\d{3})", "", text)
    if re.fullmatch(r"[-+]?\d{1,3}[.,]\d{3}", plain) and (column.kind == "amount" or "," in plain):
        raise BadCell(f"{column.name} is '{text}', which can be read in two ways: write it without separators")
    if re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d+)?", plain):
        plain = plain.replace(",", "")
    elif re.fullmatch(r"[-+]?(\d{1,3}(\.\d{3})+|\d+),\d+", plain):
        plain = plain.replace(".", "").replace(",", ".")
    try:
        if not re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,3})?", plain):
            raise InvalidOperation
        return Decimal(plain)
    except InvalidOperation:
        raise BadCell(f"{column.name} is '{text}', not a plain number") from None


def _scaled(cell: Cell, text: str, column: Column) -> str:
    decimals, limit = SCALES[column.kind]
    if column.kind == "ratio" and isinstance(cell, str) and text.endswith("%"):
        number = _written_number(text[:-1].strip(), column) / 100
    else:
        number = _decimal(cell, text, column)
    if column.kind == "ratio" and not 0 <= number <= 1:
        raise BadCell(f"{column.name} is {text}; it must lie between 0 and 1 (or be written as a percentage)")
    if abs(number) >= limit:
        raise BadCell(f"{column.name} is {text}, too large to be true")
    return format(number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN), "f")


def _rate(cell: Cell, text: str, column: Column) -> str:
    rate = _scaled(cell, text, column)
    if Decimal(rate) <= 0:
        raise BadCell(f"{column.name} is {text}; a rate lies above 0")
    return rate


def _integer(cell: Cell, text: str, column: Column) -> int:
    number = _decimal(cell, text, column)
    if abs(number) >= INTEGER_LIMIT or number != int(number):
        raise BadCell(f"{column.name} is '{text}', not a whole number")
    return int(number)


PARSERS: dict[Kind, Callable[[Cell, str, Column], Value]] = {
    "text": lambda _, text, __: text,
    "key": lambda _, text, __: text.upper(),
    "currency": _currency,
    "date": _date,
    "integer": _integer,
    "amount": _scaled,
    "ratio": _scaled,
    "weight": _scaled,
    "rate": _rate,
}
