"""Incremental equals rebuilt: any order of syncs leaves the tables that one full build from landing gives."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.resources.dbt import PROJECT_DIR, Dbt
from tests.fixtures.jira_history import restless
from tests.fixtures.landing import Record, SmallLanding
from tests.fixtures.warehouse import DATABASE, parsed_target

START = datetime(2026, 1, 5)  # noqa: DTZ001 (warehouse times are UTC without zone)
CHAIN = ("+dim_issue", "+fct_dependency", "+fct_project_snapshot")
TABLES = (
    "intermediate.int_delivery__issue_change",
    "marts.fct_issue_field_history",
    "marts.fct_issue_status_interval",
    "marts.dim_issue",
    "marts.fct_dependency",
    "marts.fct_project_snapshot",
)


def content(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the compared tables but for lineage columns, in a fixed order."""
    with duckdb.connect(str(database), read_only=True) as db:
        found = {}
        for table in TABLES:
            columns = [row[0] for row in db.execute(f"describe {table}").fetchall() if not row[0].startswith("_")]
            found[table] = db.execute(f"select {', '.join(columns)} from {table} order by all").fetchall()  # noqa: S608
        return found


def build(database: Path, as_of: datetime, *, full_refresh: bool, target: Path) -> None:
    dbt = Dbt(PROJECT_DIR, target, database)
    select = (*CHAIN, "path:seeds") if full_refresh else CHAIN
    exclude = () if full_refresh else ("path:seeds",)
    result = dbt.build(
        select, {"as_of": f"{as_of:%Y-%m-%d %H:%M:%S}"}, full_refresh=full_refresh, exclude=exclude, run_tests=False
    )
    result.raise_if_failed()


def scrambled(batches: list[list[Record]], draw: random.Random) -> list[tuple[datetime, list[Record]]]:
    """The same records, some late and some twice; dimensions keep their day, as snapshots are never old."""
    syncs: list[list[Record]] = [list(batch) for batch in batches]
    for day, batch in enumerate(batches):
        for record in batch:
            if record.stream == "issue" and not record.deleted and draw.random() < 0.4:
                later = draw.randrange(day, len(syncs))
                syncs[later].append(record)
                if draw.random() < 0.5:
                    syncs[day].remove(record)
    return [(START + timedelta(days=day, hours=20), batch) for day, batch in enumerate(syncs)]


def equal_after(seed: int, folder: Path, target: Path, days: int) -> None:
    draw = random.Random(seed)
    syncs = scrambled(restless(seed, START, days=days, issues=8 * days), draw)
    first, *rest = syncs
    draw.shuffle(rest)
    as_of = START
    stepwise = SmallLanding(folder / "a" / "landing", folder / "a" / DATABASE)
    for number, (known_at, records) in enumerate([first, *rest]):
        stepwise.sync("acme", known_at, *records)
        # sometimes two syncs a build; and `as_of` moves on at its own pace, so that some records are still "future"
        if number in (0, len(rest)) or draw.random() < 0.7:
            as_of = START + timedelta(days=(days + 2) * (number + 1) / (len(rest) + 1), hours=3)
            build(stepwise.database, as_of, full_refresh=number == 0, target=target)
    rebuilt = SmallLanding(folder / "b" / "landing", folder / "b" / DATABASE)
    for known_at, records in syncs:
        rebuilt.sync("acme", known_at, *records)
    build(rebuilt.database, as_of, full_refresh=True, target=target)
    ours, theirs = content(stepwise.database), content(rebuilt.database)
    for table in TABLES:
        assert ours[table], table
        assert ours[table] == theirs[table], table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_a_shuffled_landing_with_late_and_double_versions_builds_the_same_tables(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    equal_after(3, folder, parsed_target(request.config, folder), days=2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_any_shuffled_landing_builds_the_same_tables(seed: int, folder: Path, request: pytest.FixtureRequest) -> None:
    equal_after(seed, folder, parsed_target(request.config, folder), days=4)
