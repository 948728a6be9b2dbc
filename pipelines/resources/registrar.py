"""Tells the warehouse what is committed in landing and ledger, so that dbt reads exactly that and nothing half-written.

Incremental: a commit is looked at once, and gets the next `commit_seq` for good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.errors import SourceError
from pipelines.resources.landing import Commit, Landing, LandingError
from pipelines.resources.ledger import Ledger, structures
from pipelines.resources.sql import identifier, literal

RECORD_COLUMNS = {
    "_site": "VARCHAR",
    "_key": "VARCHAR",
    "_source_updated_at": "TIMESTAMP",
    "_known_at": "TIMESTAMP",
    "_sync_id": "VARCHAR",
    "_payload_hash": "VARCHAR",
    "_deleted": "BOOLEAN",
    "payload": "VARCHAR",
}
_TABLES = """
CREATE SCHEMA IF NOT EXISTS landing;
CREATE SCHEMA IF NOT EXISTS ledger;
CREATE TABLE IF NOT EXISTS landing.place (root VARCHAR);
CREATE TABLE IF NOT EXISTS landing.commit_file (
    commit_seq BIGINT, sync_id VARCHAR, type VARCHAR, site VARCHAR, stream VARCHAR, path VARCHAR, rows BIGINT,
    known_at TIMESTAMP, bytes BIGINT
);
CREATE TABLE IF NOT EXISTS landing.sync (
    commit_seq BIGINT, sync_id VARCHAR, type VARCHAR, site VARCHAR, status VARCHAR, started_at TIMESTAMP,
    committed_at TIMESTAMP, known_at TIMESTAMP, server_time TIMESTAMP, is_full BOOLEAN
);
"""
_FORGET = (
    "DROP TABLE IF EXISTS landing.place; DROP TABLE IF EXISTS landing.commit_file; DROP TABLE IF EXISTS landing.sync;"
)
# Statements about a sync that never came to exist say nothing.
_LEDGER_FILTERS = {"completeness": "WHERE sync_id IN (SELECT sync_id FROM landing.sync)"}

Connection = Any


class LandingChangedError(SourceError):
    """The landing zone lost commits that this warehouse was built from."""


@dataclass(frozen=True)
class Registration:
    """What a registration found: commits new to this warehouse, and the last `commit_seq`."""

    new_commits: int
    commit_seq: int


def register(
    connection: Connection,
    landing: Landing,
    ledger: Ledger,
    streams: Mapping[str, Sequence[str]],
    *,
    rebuild: bool = False,
) -> Registration:
    """Register what is new, in one transaction."""
    connection.execute("BEGIN")
    try:
        if rebuild:
            connection.execute(_FORGET)
        connection.execute(_TABLES)
        moved = _follow_move(connection, landing)
        _check_known_files(connection)
        new = _new_commits(connection, landing)
        sequence = _insert(connection, landing, new)
        touched = {(c.type, f.stream) for c in new for f in c.files}
        _landing_views(connection, streams, touched, every=rebuild or moved)
        _ledger_views(connection, ledger)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    return Registration(len(new), sequence)


def _follow_move(connection: Connection, landing: Landing) -> bool:
    """Keep the absolute paths right when SLIPSTREAM_HOME was moved."""
    root = landing.store.address("")
    known = connection.execute("SELECT root FROM landing.place").fetchone()
    if known is None:
        connection.execute("INSERT INTO landing.place VALUES (?)", [root])
        return False
    if known[0] == root:
        return False
    update = "UPDATE landing.commit_file SET path = ? || substr(path, ?) WHERE starts_with(path, ?)"
    connection.execute(update, [root, len(known[0]) + 1, known[0]])
    connection.execute("UPDATE landing.place SET root = ?", [root])
    return True


def _check_known_files(connection: Connection) -> None:
    """A file that was whole when it was registered may have been cut or lost since."""
    known = connection.execute("SELECT path, bytes FROM landing.commit_file WHERE NOT contains(path, '://')")
    for path, size in known.fetchall():
        try:
            found = Path(path).stat().st_size
        except OSError:
            found = -1
        if found != size:
            state = "is missing" if found < 0 else f"is damaged: {found} bytes where {size} were committed"
            raise LandingError(
                f"The landing file {path} {state}.",
                "Restore it from your backup. Without one, move its sync's file out of landing/_commits, sync that "
                "site with --full and rebuild the warehouse.",
            )


def _new_commits(connection: Connection, landing: Landing) -> list[Commit]:
    known = {row[0] for row in connection.execute("SELECT sync_id FROM landing.sync").fetchall()}
    present = landing.commit_ids()
    gone = sorted(known.difference(present))
    if gone:
        raise LandingChangedError(
            f"{len(gone)} syncs that the warehouse was built from are gone from {landing.root} (the first: {gone[0]}).",
            "If the landing zone was restored on purpose, delete the warehouse file and run again: it is rebuilt.",
        )
    new = [landing.commit(sync_id) for sync_id in present if sync_id not in known]
    for commit in new:
        for file in commit.files:
            landing.inspect(file)
    return new


def _insert(connection: Connection, landing: Landing, new: list[Commit]) -> int:
    last = connection.execute("SELECT coalesce(max(commit_seq), 0) FROM landing.sync").fetchone()[0]
    syncs, files = [], []
    for sequence, commit in enumerate(new, last + 1):
        common = {"commit_seq": sequence, "sync_id": commit.sync_id, "type": commit.type, "site": commit.site}
        known_at = _utc(commit.known_at)
        syncs.append(
            common
            | {"status": commit.status, "started_at": _utc(commit.started_at), "known_at": known_at}
            | {"committed_at": _utc(commit.committed_at), "server_time": _utc(commit.server_time)}
            | {"is_full": commit.is_full}
        )
        for file in commit.files:
            place = {"stream": file.stream, "path": landing.address(file), "rows": file.rows, "bytes": file.bytes}
            files.append(common | place | {"known_at": known_at})
    _append(connection, "landing.sync", syncs)
    _append(connection, "landing.commit_file", files)
    return int(last + len(new))


def _append(connection: Connection, table: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.register("incoming", pa.Table.from_pylist(rows))
        connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")  # noqa: S608 (a constant)
        connection.unregister("incoming")


def _landing_views(
    connection: Connection, streams: Mapping[str, Sequence[str]], touched: set[tuple[str, str]], *, every: bool
) -> None:
    """A view per stream: those of the connectors, and whatever else was landed."""
    found = connection.execute(
        "SELECT schema_name, view_name FROM duckdb_views() WHERE database_name = current_database()"
    )
    existing = set(found.fetchall())
    paths: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kind, stream, path in connection.execute(
        "SELECT type, stream, path FROM landing.commit_file ORDER BY commit_seq, path"
    ).fetchall():
        paths[kind, stream].append(path)
    wanted = {(kind, stream) for kind, names in streams.items() for stream in names} | set(paths)
    for kind, stream in sorted(wanted):
        if every or (kind, stream) in touched or (f"landing_{kind}", stream) not in existing:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {identifier(f'landing_{kind}')}")
            view = f"{identifier(f'landing_{kind}')}.{identifier(stream)}"
            connection.execute(f"CREATE OR REPLACE VIEW {view} AS {_records(paths[kind, stream])}")


def _records(paths: Iterable[str]) -> str:
    files = ", ".join(literal(path) for path in paths)
    if not files:
        nothing = ", ".join(f"NULL::{kind} AS {name}" for name, kind in RECORD_COLUMNS.items())
        return f"SELECT {nothing}, NULL::BIGINT AS _commit_seq WHERE false"
    columns = ", ".join(f"r.{name}" for name in RECORD_COLUMNS)
    return (
        f"SELECT {columns}, s.commit_seq AS _commit_seq FROM read_parquet([{files}]) AS r "  # noqa: S608 (escaped)
        "JOIN landing.sync AS s ON s.sync_id = r._sync_id"
    )


def _ledger_views(connection: Connection, ledger: Ledger) -> None:
    """Views over a pattern, so that what this very run says is seen without registering again."""
    for table, columns in structures().items():
        names = ", ".join(identifier(name) for name in columns)
        source = f"read_parquet({literal(ledger.pattern(table))}, union_by_name = true)"
        query = f"SELECT {names} FROM {source} {_LEDGER_FILTERS.get(table, '')}"  # noqa: S608 (escaped)
        connection.execute(f"CREATE OR REPLACE VIEW ledger.{identifier(table)} AS {query}")


def _utc(instant: datetime | None) -> datetime | None:
    return instant.astimezone(UTC).replace(tzinfo=None) if instant else None
