"""Publishes the finished tables: a database, Parquet files, pages and a manifest, swapped in as one release."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipelines.crashpoints import crashpoint
from pipelines.resources.releases import PARQUET, Draft, Page, PublishError, Release, Releases, release_id_of
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.stages import documents

if TYPE_CHECKING:
    from pipelines.line import Line

SCHEMAS = ("marts", "reporting")
PAGE = "index.html"
UNSTORED = frozenset({("marts", "fct_issue_daily"), ("reporting", "issue_wide")})
"""Views that stay views in a release, over tables published with them: as a table, a row for every issue and day, or a
cell for every issue and field."""

Connection = Any


@dataclass(frozen=True)
class PublishReport:
    """What was published."""

    release_id: str
    as_of: datetime
    row_counts: Mapping[str, int]
    path: Path
    page: Path | None
    seconds: float

    def summary(self) -> str:
        rows = sum(self.row_counts.values())
        return f"published {len(self.row_counts)} tables, {rows:,d} rows as {self.release_id} in {self.seconds:.1f} s"


def publish_release(line: Line) -> PublishReport:
    """Publish what a run of the line has built, with its dashboard and what its tables mean."""
    as_of = line.warehouse.built_as_of() or line.moment
    pages: dict[str, Page] = {PAGE: partial(line.compute, dashboard_page, as_of)}
    place = documents.prepare(line)
    for name in (documents.DICTIONARY, documents.DBT_DOCS):
        pages[name] = partial(_copied, place / name)
    report = publish(
        line.settings, as_of=as_of, pages=pages, read_by_pages=_read_by_dashboard(), warehouse=line.warehouse
    )
    line.warehouse.tidy()
    return report


def publish(
    settings: Settings,
    *,
    as_of: datetime,
    pages: Mapping[str, Page] | None = None,
    read_by_pages: Collection[str] = (),
    warehouse: Warehouse | None = None,
    releases: Releases | None = None,
) -> PublishReport:
    """Make a release of the schemas marts and reporting and swap it in. On any error the last one stays current.

    Pages are drawn while tables are copied, as soon as those that they read are there as Parquet.
    """
    started = time.monotonic()
    warehouse = warehouse or Warehouse.of(settings)
    releases = releases or Releases(settings.published_dir, lock_wait_seconds=settings.lock_wait_seconds)
    with releases.building() as draft, ThreadPoolExecutor(1) as artist:
        drawn: dict[str, Page] = {}

        def draw() -> None:
            drawn.update({name: _awaited(artist.submit(page, draft.path)) for name, page in (pages or {}).items()})

        row_counts = _copy_tables(warehouse, draft, read_by_pages, draw)
        release = draft.release(as_of, row_counts, drawn)
    return _report(release, settings, pages or {}, time.monotonic() - started)


def _awaited(page: Future[str | bytes | None]) -> Page:
    return lambda _: page.result()


def _read_by_dashboard() -> Collection[str]:
    from pipelines.dashboard import render

    return render.TABLES


def dashboard_page(as_of: datetime, release: Path) -> str:
    """The dashboard, drawn from the release's own Parquet files: it cannot differ from what BI tools read."""
    from pipelines.dashboard import render

    wanted = set(render.TABLES)
    tables = {
        f"{path.parent.name}.{path.stem}": pd.read_parquet(path)
        for path in sorted((release / PARQUET).glob("*/*.parquet"))
        if path.stem in wanted
    }
    return render.render(tables, {"id": release_id_of(release), "as_of": as_of})


def _copied(path: Path, release: Path) -> bytes:
    return path.read_bytes()


def _copy_tables(
    warehouse: Warehouse, draft: Draft, first: Collection[str], then: Callable[[], None]
) -> dict[str, int]:
    """Every table and view of the published schemas, as a table with its comments, and as Parquet; but see UNSTORED.

    The tables named `first` come first, and are followed by `then`.
    """
    with warehouse.copy_to(draft.database, "publish") as connection:
        tables = _tables(connection, warehouse.path.stem)
        if not tables:
            raise PublishError("There is nothing to publish: marts and reporting are empty.", "Run `slipstream run`.")
        connection.execute("BEGIN")  # one write to the disk, not one a table and a comment
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS release.{schema}")
            (draft.path / PARQUET / schema).mkdir(parents=True)
        early = [table for table in tables if table[1] in first]
        later = [table for table in tables if table[1] not in first]
        copied = _Copied(connection, identifier(warehouse.path.stem), draft.path / PARQUET)
        copied.store(early)
        copied.write(early)
        then()
        copied.store(later)
        _copy_views(connection, warehouse.path.stem)
        _copy_macros(connection, warehouse.path.stem)
        crashpoint("publish.copied")
        _copy_comments(connection, warehouse.path.stem)
        _stamp(connection, draft.release_id)
        connection.execute("COMMIT")
        copied.write(later)
    crashpoint("publish.parquet")
    return copied.counts


@dataclass(frozen=True)
class _Copied:
    """The tables of a release as they come to be."""

    connection: Connection
    source: str
    parquet: Path
    counts: dict[str, int] = field(default_factory=dict)

    def store(self, tables: Collection[tuple[str, str]]) -> None:
        for schema, name in tables:
            table = f"{schema}.{identifier(name)}"
            made = self.connection.execute(f"CREATE TABLE release.{table} AS SELECT * FROM {self.source}.{table}")  # noqa: S608
            self.counts[f"{schema}.{name}"] = made.fetchall()[0][0]

    def write(self, tables: Collection[tuple[str, str]]) -> None:
        for schema, name in tables:
            target = literal(self.parquet / schema / f"{name}.parquet")
            table = f"release.{schema}.{identifier(name)}"
            self.connection.execute(f"COPY {table} TO {target} (FORMAT parquet, COMPRESSION zstd)")


def _tables(connection: Connection, database: str) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = ? "
        "AND table_schema IN (SELECT unnest(?)) ORDER BY ALL",
        [database, list(SCHEMAS)],
    ).fetchall()
    return [(schema, name) for schema, name in rows if (schema, name) not in UNSTORED]


def _copy_views(connection: Connection, database: str) -> None:
    """Views that stay views, told of the tables beside them instead of those of the warehouse."""
    views = connection.execute(
        "SELECT schema_name, view_name, sql FROM duckdb_views() WHERE database_name = ?", [database]
    ).fetchall()
    connection.execute("USE release")
    for schema, name, sql in views:
        if (schema, name) in UNSTORED:
            query = sql.partition(" AS ")[2].replace(f"{identifier(database)}.", "").replace(f" {database}.", " ")
            connection.execute(f"CREATE VIEW {schema}.{identifier(name)} AS {query}")
    connection.execute("USE memory")


def _copy_macros(connection: Connection, database: str) -> None:
    """The table macros that travel back: they name the tables beside them, whatever the file is called."""
    macros = connection.execute(
        "SELECT schema_name, function_name, parameters, macro_definition FROM duckdb_functions() "
        "WHERE database_name = ? AND function_type = 'table_macro' AND schema_name IN (SELECT unnest(?)) ORDER BY ALL",
        [database, list(SCHEMAS)],
    ).fetchall()
    connection.execute("USE release")
    for schema, name, parameters, definition in macros:
        listed = ", ".join(identifier(parameter) for parameter in parameters)
        connection.execute(f"CREATE MACRO {schema}.{identifier(name)}({listed}) AS TABLE {definition}")
    connection.execute("USE memory")


def _copy_comments(connection: Connection, database: str) -> None:
    """What BI tools show as a table's or column's description."""
    tables = connection.execute(
        "SELECT schema_name, table_name, comment FROM duckdb_tables() WHERE database_name = $1 AND comment IS NOT NULL "
        "UNION ALL SELECT schema_name, view_name, comment FROM duckdb_views() "
        "WHERE database_name = $1 AND comment IS NOT NULL",
        [database],
    ).fetchall()
    columns = connection.execute(
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() "
        "WHERE database_name = ? AND comment IS NOT NULL",
        [database],
    ).fetchall()
    for schema, table, comment in tables:
        if schema in SCHEMAS:
            kind = "VIEW" if (schema, table) in UNSTORED else "TABLE"
            place = f"release.{schema}.{identifier(table)}"
            connection.execute(f"COMMENT ON {kind} {place} IS {literal(comment)}")
    for schema, table, column, comment in columns:
        if schema in SCHEMAS:
            place = f"release.{schema}.{identifier(table)}.{identifier(column)}"
            connection.execute(f"COMMENT ON COLUMN {place} IS {literal(comment)}")


def _stamp(connection: Connection, release_id: str) -> None:
    """The release's id inside the database, so that a report can say which release it shows."""
    connection.execute("CREATE TABLE release.main.release_info (release_id VARCHAR)")
    connection.execute("INSERT INTO release.main.release_info VALUES (?)", [release_id])


def _report(release: Release, settings: Settings, pages: Mapping[str, Page], seconds: float) -> PublishReport:
    page = settings.published_dir / PAGE if PAGE in pages else None
    return PublishReport(release.release_id, release.as_of, release.row_counts, release.path, page, round(seconds, 3))


__all__ = ["PAGE", "PublishReport", "dashboard_page", "publish", "publish_release"]
