"""A rule's `where` reads as SQL does, and says what is wrong with it otherwise."""

from __future__ import annotations

import pandas as pd
import pytest

from expectations.where import BadCondition, parse

AS_OF = pd.Timestamp("2026-03-02 09:00")
FRAME = pd.DataFrame(
    {
        "phase": ["active", "closed", None, "on_hold"],
        "points": [1.0, 2.0, None, -3.0],
        "limit": [1.0, 1.0, 1.0, None],
        "is_leaf": pd.array([True, False, None, True], dtype="boolean"),
        "raised_on": pd.to_datetime(["2026-01-01", "2026-03-01", None, "2026-02-20"]),
    }
)


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("phase = 'active'", [0]),
        ("phase == 'active' or phase = 'closed'", [0, 1]),
        ("phase != 'active'", [1, 3]),
        ("phase in ('active', 'on_hold')", [0, 3]),
        ("phase not in ('active')", [1, 3]),
        ("phase is null", [2]),
        ("phase IS NOT NULL AND points >= 2", [1]),
        ("is_leaf = true", [0, 3]),
        ("is_leaf = false", [1]),
        ("not phase = 'closed'", [0, 2, 3]),
        ("(phase = 'active' or phase = 'closed') and points > limit", [1]),
        ("points < 1.5 and phase = 'active'", [0]),
        ("raised_on < as_of - 30 days", [0]),
        ("raised_on <= as_of", [0, 1, 3]),
    ],
)
def test_condition_selects_the_rows_sql_would(where: str, rows: list[int]) -> None:
    mask = parse(where).mask(FRAME, AS_OF)
    assert mask.dtype == bool
    assert list(FRAME.index[mask]) == rows


def test_each_row_may_have_its_own_present() -> None:
    own = pd.Series(pd.to_datetime(["2026-01-15", "2026-03-02", "2026-03-02", "2026-03-02"]))
    assert list(parse("raised_on < as_of - 30 days").mask(FRAME, own)) == [False] * 4


def test_condition_names_its_columns() -> None:
    assert parse("phase = 'it''s' and points > limit or raised_on < as_of").columns == {
        "phase",
        "points",
        "limit",
        "raised_on",
    }


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("phase", "a comparison such as"),
        ("phase = ", "at the end"),
        ("phase = 'a' phase", "nothing more is expected before 'phase'"),
        ("(phase = 'a'", r"'\)' is expected at the end"),
        ("phase in 'a'", r"'\(' is expected"),
        ("raised_on < as_of - 3 weeks", "as_of - 14 days"),
        ("__import__('os')", "a comparison such as"),
        ("phase = `x`", "not understood"),
    ],
)
def test_malformed_condition_says_where_it_goes_wrong(where: str, reason: str) -> None:
    with pytest.raises(BadCondition, match=reason):
        parse(where)
