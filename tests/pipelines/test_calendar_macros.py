"""Working days are counted by the calendar within its years and by weekdays beyond them, and back again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from pipelines.resources.dbt import PROJECT_DIR

MACROS: Any = jinja2.Environment(autoescape=False).from_string(  # noqa: S701 - SQL, not a page
    (Path(PROJECT_DIR) / "macros" / "calendar.sql").read_text(encoding="utf-8"), {"ref": str}
).module  # fmt: skip
FIRST, LAST = date(2026, 1, 1), date(2026, 4, 30)
ASKED = [FIRST - timedelta(days=30) + timedelta(days=n) for n in range(180)]


def is_worked(day: date, turned: set[date]) -> bool:
    return (day.weekday() < 5) != (day in turned)


@pytest.fixture(scope="module")
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        kinds = "calendar_id text, day_on date, is_working_day boolean, working_day_number bigint"
        connection.execute(f"create table dim_calendar ({kinds})")
        connection.execute("create table asked as select unnest(?::date[]) as day_on", [ASKED])
        yield connection


def fill(db: duckdb.DuckDBPyConnection, turned: set[date]) -> None:
    """Two calendars: the portfolio's own, in which these days are not what weekdays are, and one that never rests."""
    worked, rows = 0, []
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + timedelta(days=number)
        worked += is_worked(day, turned)
        rows += [("default", day, is_worked(day, turned), worked), ("mill", day, True, number + 1)]
    db.execute("delete from dim_calendar")
    db.executemany("insert into dim_calendar values (?, ?, ?, ?)", rows)


def counted(db: duckdb.DuckDBPyConnection, calendar: str = "default") -> dict[date, tuple[int, date]]:
    """For each day its number, and the day of that number."""
    number = MACROS.workday_number("day_on")
    query = (
        f"with calendar as (select * from {MACROS.working_days(calendar)}), "  # noqa: S608 (our own macros)
        f"numbered as (select day_on, {number} as number from asked cross join calendar) "
        f"select day_on, number, {MACROS.workday('number')} from numbered cross join calendar"
    )
    return {day: (number, back) for day, number, back in db.execute(query).fetchall()}


@pytest.mark.parametrize("seed", range(6))
def test_a_day_is_counted_when_it_is_worked_and_a_number_is_the_day_itself_or_the_next_worked(
    db: duckdb.DuckDBPyConnection, seed: int
) -> None:
    draw = random.Random(seed)
    turned = {FIRST + timedelta(days=draw.randrange((LAST - FIRST).days)) for _ in range(5 * seed)}
    fill(db, turned)
    found = counted(db)
    for day in ASKED[:-1]:
        assert found[day + timedelta(days=1)][0] - found[day][0] == is_worked(day, turned), day
        following = (other for other in ASKED if other >= day and is_worked(other, turned))
        if (expected := next(following, None)) is not None:
            assert found[day][1] == expected, day


def test_without_a_calendar_weekdays_are_worked(db: duckdb.DuckDBPyConnection) -> None:
    db.execute("delete from dim_calendar")
    found = counted(db)
    assert found[date(2026, 1, 8)][0] - found[date(2026, 1, 1)][0] == 5
    assert found[date(2026, 1, 10)][1] == date(2026, 1, 12)


def test_another_calendar_may_be_asked(db: duckdb.DuckDBPyConnection) -> None:
    fill(db, set())
    found = counted(db, "mill")
    assert found[date(2026, 1, 8)][0] - found[date(2026, 1, 1)][0] == 7
    assert found[date(2026, 1, 10)][1] == date(2026, 1, 10)
