"""Turns table cells into plain values and into words, so that every part of the page says the same thing alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

import pandas as pd

Row: TypeAlias = Mapping[str, Any]

DASH = "–"


def rows(frame: pd.DataFrame | None) -> list[Row]:
    """The frame as records; none for a table that is not there."""
    if frame is None:
        return []
    return [{str(name): cell for name, cell in record.items()} for record in frame.to_dict("records")]


def missing(cell: Any) -> bool:
    return cell is None or bool(pd.isna(cell))


def text(cell: Any) -> str:
    return "" if missing(cell) else str(cell)


def number(cell: Any) -> float | None:
    return None if missing(cell) else float(cell)


def count(cell: Any) -> int:
    return 0 if missing(cell) else int(cell)


def day(cell: Any) -> date | None:
    return None if missing(cell) else pd.Timestamp(cell).date()


def say_day(value: date | None) -> str:
    return DASH if value is None else f"{value.day} {value:%b %Y}"


def say_count(value: float) -> str:
    return f"{value:,.0f}"


def say_chance(value: float | None) -> str:
    """A probability in words; never certainty (nothing above 95 % or below 5 % is printed as such)."""
    if value is None:
        return DASH
    if value >= 0.95:
        return "95% or more"
    if value <= 0.05:
        return "5% or less"
    return f"{value:.0%}"


def say_slip(days: int | None) -> str:
    if days is None:
        return DASH
    if days == 0:
        return "on the day"
    return f"{days:+,d} d".replace("-", "−")


def say_money(amount: float | None, currency: str) -> str:
    if amount is None:
        return DASH
    for size, unit in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(amount) >= size:
            scaled = amount / size
            return f"{scaled:,.{0 if abs(scaled) >= 100 else 1}f} {unit} {currency}".strip()
    return f"{amount:,.0f} {currency}".strip()


def plural(number_of: int, one: str, many: str = "") -> str:
    """`3 projects`, `1 project`."""
    return f"{number_of:,d} {one if number_of == 1 else many or one + 's'}"
