"""What people type into cells becomes one exact value or a reason they understand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from connectors.registers.cells import BadCell, parse
from connectors.registers.sheet import Column, Kind


@pytest.mark.parametrize(
    ("kind", "cell", "value"),
    [
        ("text", "  Ana\u00a0", "Ana"),
        ("text", 7.0, "7"),
        ("text", True, "true"),
        ("text", "   ", None),
        ("text", None, None),
        ("key", " abc-1 ", "ABC-1"),
        ("currency", "eur", "EUR"),
        ("date", date(2026, 3, 31), "2026-03-31"),
        ("date", datetime(2026, 3, 31, 14, 5, tzinfo=UTC), "2026-03-31"),
        ("date", "2026-03-31", "2026-03-31"),
        ("date", "2026-3-1T00:00:00Z", "2026-03-01"),
        ("date", "31.03.2026", "2026-03-31"),
        ("date", "31 Mar 2026", "2026-03-31"),
        ("integer", 3.0, 3),
        ("integer", "12", 12),
        ("amount", 0.1 + 0.2, "0.30"),
        ("amount", 1250, "1250.00"),
        ("amount", "1,234,567.5", "1234567.50"),
        ("amount", "1.234.567,50", "1234567.50"),
        ("amount", "1 250,5", "1250.50"),
        ("amount", "12,5", "12.50"),
        ("amount", "-3", "-3.00"),
        ("ratio", "25%", "0.2500"),
        ("ratio", 0.25, "0.2500"),
        ("ratio", "0.125", "0.1250"),
        ("weight", 40, "40.0000"),
        ("rate", "1.08345678", "1.08345678"),
    ],
)
def test_cell_becomes_its_exact_value(kind: Kind, cell: object, value: object) -> None:
    assert parse(cell, Column("c", kind)) == value


@pytest.mark.parametrize(
    ("kind", "cell", "reason"),
    [
        ("currency", "Euro", "three-letter"),
        ("date", "03/04/2026", "not a clear date"),
        ("date", "31.02.2026", "does not exist"),
        ("date", "2206-01-01", "mistyped"),
        ("date", 46112.0, "format the cell as a date"),
        ("date", "next week", "not a clear date"),
        ("integer", 3.5, "not a whole number"),
        ("integer", 1e12, "not a whole number"),
        ("amount", "1,234", "read in two ways"),
        ("amount", "1.234", "read in two ways"),
        ("amount", "EUR 5", "not a plain number"),
        ("amount", "nan", "not a plain number"),
        ("amount", float("inf"), "not a number"),
        ("amount", 1e17, "too large"),
        ("amount", date(2026, 1, 1), "not a number"),
        ("ratio", 30, "between 0 and 1"),
        ("ratio", "130%", "between 0 and 1"),
        ("rate", 0, "above 0"),
    ],
)
def test_unclear_cell_is_refused_with_its_column_and_reason(kind: Kind, cell: object, reason: str) -> None:
    with pytest.raises(BadCell, match=reason) as refusal:
        parse(cell, Column("planned", kind))
    assert str(refusal.value).startswith("planned ")


def test_choice_is_forgiving_on_case_and_spacing_but_closed() -> None:
    column = Column("phase", choices=("on_hold", "active"))
    assert parse(" On Hold", column) == "on_hold"
    with pytest.raises(BadCell, match="not one of: on_hold, active"):
        parse("paused", column)
