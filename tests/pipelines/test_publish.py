"""Publish: the tables of marts and reporting, whole and consistent, under constant readers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.line import Line
from pipelines.resources.releases import PublishError
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.settings import Settings
from pipelines.stages import documents
from pipelines.stages.publish import PublishReport, publish, publish_release

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, sources_dir=tmp_path / "sources", lock_wait_seconds=5)


def build(settings: Settings, number: int, rows: int = 100) -> None:
    """Two marts, a private table and a reporting view, all stamped with a number."""
    with Warehouse.of(settings).write("test") as connection:
        for schema in ("staging", "marts", "reporting"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        for table in ("staging.private", "marts.dim_a", "marts.fct_b"):
            rows_of = f"SELECT {number} AS n, i FROM range({rows}) t(i)"  # noqa: S608
            connection.execute(f"CREATE OR REPLACE TABLE {table} AS {rows_of}")
        connection.execute(
            "CREATE OR REPLACE VIEW reporting.rpt_c AS SELECT n, count(*) AS c FROM marts.dim_a GROUP BY n"
        )
        connection.execute("COMMENT ON TABLE marts.dim_a IS 'It''s A'")
        connection.execute("COMMENT ON COLUMN marts.dim_a.n IS 'The number'")
        connection.execute("COMMENT ON VIEW reporting.rpt_c IS 'Counts'")


def run(settings: Settings, **options: Any) -> PublishReport:
    return publish(settings, as_of=NOON, pages={"index.html": lambda path: path.name}, **options)


def query(settings: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(settings.published_dir / "portfolio.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_days_of_issues_are_published_as_the_view_that_they_are(settings: Settings) -> None:
    """Stored they would be a row for every issue and day."""
    build(settings, 1)
    with Warehouse.of(settings).write("test") as connection:
        catalogue = connection.execute("SELECT current_database()").fetchone()
        assert catalogue is not None
        connection.execute(
            f'CREATE VIEW marts.fct_issue_daily AS SELECT n, unnest(range(3)) AS d FROM "{catalogue[0]}".marts.dim_a'  # noqa: S608
        )
        connection.execute("COMMENT ON VIEW marts.fct_issue_daily IS 'Days'")
    report = run(settings)
    assert set(report.row_counts) == {"marts.dim_a", "marts.fct_b", "reporting.rpt_c"}
    assert query(settings, "SELECT count(*) FROM marts.fct_issue_daily") == [(300,)]
    assert query(settings, "SELECT comment FROM duckdb_views() WHERE view_name = 'fct_issue_daily'") == [("Days",)]
    with duckdb.connect() as elsewhere:
        elsewhere.execute(f"ATTACH '{settings.published_dir / 'portfolio.duckdb'}' AS other (READ_ONLY)")
        assert elsewhere.execute("SELECT count(*) FROM other.marts.fct_issue_daily").fetchone() == (300,)
    assert not list((settings.published_dir / "parquet").rglob("fct_issue_daily*"))


def test_macros_of_the_published_schemas_travel_with_the_tables(settings: Settings) -> None:
    build(settings, 1)
    with Warehouse.of(settings).write("test") as connection:
        connection.execute("CREATE MACRO marts.few(most) AS TABLE SELECT i FROM marts.dim_a WHERE i < most")
        connection.execute("CREATE MACRO staging.own() AS TABLE SELECT 1")
    run(settings)
    assert query(settings, "SELECT count(*) FROM marts.few(3)") == [(3,)]
    names = "SELECT function_name FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal"
    assert query(settings, names) == [("few",)]


def test_marts_and_reporting_are_published_as_tables_and_parquet(settings: Settings) -> None:
    build(settings, 1)
    report = run(settings)
    assert report.row_counts == {"marts.dim_a": 100, "marts.fct_b": 100, "reporting.rpt_c": 1}
    assert query(settings, "FROM reporting.rpt_c") == [(1, 100)]
    tables = query(settings, "SELECT table_schema, table_name, table_type FROM information_schema.tables ORDER BY ALL")
    assert tables == [
        ("main", "release_info", "BASE TABLE"),
        ("marts", "dim_a", "BASE TABLE"),
        ("marts", "fct_b", "BASE TABLE"),
        ("reporting", "rpt_c", "BASE TABLE"),
    ]
    assert query(settings, "FROM release_info") == [(report.release_id,)]
    parquet = settings.published_dir / "parquet"
    assert sorted(p.relative_to(parquet).as_posix() for p in parquet.rglob("*.parquet")) == [
        "marts/dim_a.parquet",
        "marts/fct_b.parquet",
        "reporting/rpt_c.parquet",
    ]
    assert duckdb.read_parquet(str(parquet / "marts" / "dim_a.parquet")).shape == (100, 2)
    manifest = json.loads((settings.published_dir / "manifest.json").read_text())
    assert manifest["row_counts"] == report.row_counts
    assert report.page == settings.published_dir / "index.html"
    assert report.summary().startswith("published 3 tables, 201 rows as 20")


def test_descriptions_travel_with_the_tables(settings: Settings) -> None:
    build(settings, 1)
    run(settings)
    comments = "SELECT table_name, comment FROM duckdb_tables() WHERE comment IS NOT NULL ORDER BY ALL"
    assert query(settings, comments) == [("dim_a", "It's A"), ("rpt_c", "Counts")]
    columns = "SELECT table_name, column_name, comment FROM duckdb_columns() WHERE comment IS NOT NULL AND NOT internal"
    assert query(settings, columns) == [("dim_a", "n", "The number")]


def test_the_published_file_has_the_old_storage_format_and_no_log_beside_it(settings: Settings) -> None:
    build(settings, 1)
    release = run(settings).path
    version = (release / "portfolio.duckdb").read_bytes()[12]
    assert version == 64  # the storage version of DuckDB 1.0
    assert not list(release.glob("*.wal"))


def test_the_warehouse_is_free_again_and_unchanged_afterwards(settings: Settings) -> None:
    build(settings, 1)
    run(settings)
    build(settings, 2)
    assert query(settings, "SELECT DISTINCT n FROM marts.fct_b") == [(1,)]
    run(settings)
    assert query(settings, "SELECT DISTINCT n FROM marts.fct_b") == [(2,)]


def test_nothing_to_publish_is_said(settings: Settings) -> None:
    with pytest.raises(WarehouseError, match="slipstream run"):
        run(settings)
    with Warehouse.of(settings).write("test"):
        pass
    with pytest.raises(PublishError, match="nothing to publish"):
        run(settings)
    assert not (settings.published_dir / "current").exists()


def test_a_full_disk_while_copying_leaves_the_old_release(settings: Settings) -> None:
    build(settings, 1)
    first = run(settings).release_id
    build(settings, 2)

    class Full(Warehouse):
        def copy_to(self, target: Path, holder: str) -> Any:
            target.write_bytes(b"half")
            raise duckdb.IOException("Could not write file: No space left on device")

    with pytest.raises(PublishError, match="disk is full"):
        run(settings, warehouse=Full(settings.warehouse_path))
    assert [p.name for p in (settings.published_dir / "releases").iterdir()] == [first]
    assert query(settings, "SELECT DISTINCT n FROM marts.fct_b") == [(1,)]


READER = """
import json, sys, time
from pathlib import Path
import duckdb
published, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, last, problems, seen = 0, 0, [], set()
print('ready', flush=True)
while not stop.exists():
    try:
        with duckdb.connect(str(published / 'portfolio.duckdb'), read_only=True) as c:
            tables = ('marts.dim_a', 'marts.fct_b', 'reporting.rpt_c')
            found = [c.execute(f'SELECT min(n), max(n) FROM {t}').fetchone() for t in tables]
            release = c.execute('SELECT release_id FROM release_info').fetchone()[0]
        numbers = {n for pair in found for n in pair}
        if len(numbers) != 1:
            problems.append(f'mixed: {found}')
        number = max(numbers)
        if number < last:
            problems.append(f'backwards: {number} after {last}')
        home = (published / 'current').resolve()
        manifest = json.loads((home / 'manifest.json').read_text())
        page = (home / 'index.html').read_text()
        if manifest['id'] != home.name or page != str(manifest['row_counts']['marts.dim_a']):
            problems.append(f'page and manifest differ in {home.name}')
        last = number
        seen.add(release)
        reads += 1
    except Exception as error:
        problems.append(f'{type(error).__name__}: {error}')
print(json.dumps({'reads': reads, 'releases': len(seen), 'problems': problems[:5]}))
"""

PUBLISHER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pipelines.settings import Settings
from pipelines.resources.warehouse import Warehouse
from pipelines.stages.publish import publish
home = Path(sys.argv[1])
settings = Settings(home=home, sources_dir=home, lock_wait_seconds=60)
counter = home / 'counter'
for _ in range(int(sys.argv[2])):
    with Warehouse.of(settings).write('test') as c:
        number = int(counter.read_text()) + 1
        for t in ('marts.dim_a', 'marts.fct_b', 'reporting.rpt_c'):
            c.execute(f'CREATE OR REPLACE TABLE {t} AS SELECT {number} AS n, i FROM range(20000) t(i)')
        counter.write_text(str(number))
    publish(settings, as_of=datetime(2026, 1, 1, tzinfo=UTC), pages={'index.html': lambda _: '20000'})
"""


@contextmanager
def reading(settings: Settings, stop: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Three processes that read all the time, until told to stop."""
    command = [sys.executable, "-c", READER, str(settings.published_dir), str(stop)]
    with ExitStack() as stack:
        readers = [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(3)]
        stack.callback(stop.touch)  # before the processes are waited for
        for reader in readers:
            assert line_of(reader) == "ready"
        yield readers


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.slow
def test_readers_throughout_many_publishes_see_no_error_nothing_mixed_nothing_backwards(
    settings: Settings, tmp_path: Path
) -> None:
    with Warehouse.of(settings).write("test") as connection:
        for schema in ("marts", "reporting"):
            connection.execute(f"CREATE SCHEMA {schema}")
    (tmp_path / "counter").write_text("0")
    publisher = [sys.executable, "-c", PUBLISHER, str(settings.home)]
    subprocess.run([*publisher, "1"], check=True)
    with reading(settings, tmp_path / "stop") as readers:
        both = [subprocess.Popen([*publisher, count]) for count in ("8", "9")]  # two publishers at once
        assert [process.wait(timeout=120) for process in both] == [0, 0]
        (tmp_path / "stop").touch()
        for reader in readers:
            told = json.loads(line_of(reader))
            assert told["problems"] == []
            assert told["reads"] > 10
            assert told["releases"] > 5
    assert query(settings, "SELECT DISTINCT n FROM marts.dim_a") == [(18,)]


def test_a_run_publishes_what_its_tables_mean_with_the_instant_they_were_built_for(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "prepare", lambda _: tmp_path)
    for name in (documents.DICTIONARY, documents.DBT_DOCS):
        (tmp_path / name).write_text(name)
    build(settings, 1)
    line = Line.of(settings)
    assert publish_release(line).as_of.date() == line.moment.date()
    with Warehouse.of(settings).write("test") as connection:
        connection.execute("CREATE SCHEMA landing")
        connection.execute("CREATE TABLE landing.build_state AS SELECT TIMESTAMP '2024-05-06 07:00:00' AS as_of")
    report = publish_release(line)
    assert report.as_of.isoformat() == "2024-05-06T07:00:00"
    assert json.loads((settings.published_dir / "manifest.json").read_text())["as_of"] == "2024-05-06 07:00:00"
    dashboard = (settings.published_dir / "index.html").read_text()
    assert report.release_id in dashboard
    assert f'href="{documents.DICTIONARY}"' in dashboard
    for name in (documents.DICTIONARY, documents.DBT_DOCS):
        assert (settings.published_dir / name).read_text() == name
