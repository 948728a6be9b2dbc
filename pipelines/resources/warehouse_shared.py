"""The warehouse in DuckLake: its tables are Parquet files, its catalogue a Postgres database that many may open.

Readers need no lock: each sees the last snapshot. Builds on several machines exclude each other by a lock of the
database, which ends with the connection of whoever holds it.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import duckdb

from pipelines.clock import now
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse, WarehouseBusy, WarehouseError
from pipelines.settings_places import Catalogue

KEPT = timedelta(days=1)
"""How long a snapshot can be read after it was replaced, and its files stay."""

_LOCK = (0x534C4950, 1)  # "SLIP": the one lock of this database that is ours
_POLL_SECONDS = 0.2
_NAME_BYTES = 63  # of a connection's name in Postgres
_WHO = """
SELECT a.application_name, a.backend_start FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
JOIN pg_database AS d ON d.oid = l.database AND d.datname = current_database()
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = %s AND l.objid = %s
"""


@dataclass
class _Held:
    """This process's share of a database's lock; whoever counts it holds the file lock beside the warehouse."""

    connection: Any
    depth: int = 1


_held: dict[tuple[Path, Catalogue], _Held] = {}


class SharedWarehouse(Warehouse):
    """The same schemas and tables as in a file; `path` is only where this machine keeps its lock and dbt's files."""

    is_replaceable = False  # readers elsewhere hold the catalogue: it is rebuilt in place, table by table

    @property
    def catalogue(self) -> Catalogue:
        return cast(Catalogue, self.session.catalogue)

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Keep builds of this and of other machines out. The same thread may enter again."""
        with super().lock(holder):
            key = (self.path, self.catalogue)
            held = _held.get(key)
            if held is None:
                held = _held[key] = _Held(self._acquired(holder), 0)
            held.depth += 1
            try:
                yield
            finally:
                held.depth -= 1
                if held.depth == 0:
                    del _held[key]
                    held.connection.close()

    def tidy(self) -> None:
        """Let go of snapshots that nobody can still be reading, and of files that belong to none."""
        name, before = literal(self.path.stem), f"TIMESTAMPTZ '{now() - KEPT:%Y-%m-%d %H:%M:%S}+00'"
        with self.write("tidying") as connection:
            connection.execute(f"CALL ducklake_expire_snapshots({name}, older_than => {before})")
            connection.execute(f"CALL ducklake_cleanup_old_files({name}, older_than => {before})")
            connection.execute(f"CALL ducklake_delete_orphaned_files({name}, older_than => {before})")

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(":memory:", config=self.config)
        try:
            connection.execute("SET TimeZone = 'UTC'")
            self.session.prepare(connection)
            self._attach(connection, read_only=read_only)
        except BaseException:
            connection.close()
            raise
        return connection

    def _attach(self, connection: duckdb.DuckDBPyConnection, *, read_only: bool) -> None:
        try:
            self.session.attach(connection, self.path.stem, read_only=read_only)
        except duckdb.Error as error:
            raise self._refused(str(error), read_only) from None

    def _attach_source(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._attach(connection, read_only=True)
        connection.execute(f"USE {identifier('memory')}")

    def _must_exist(self) -> None:
        """Only the database knows: opening it for reading fails where nothing was built."""

    def _refused(self, text: str, read_only: bool) -> WarehouseError:
        if read_only and "does not exist" in text and "DuckLake" in text:
            return WarehouseError(
                f"There is no warehouse in the database {self.catalogue} yet.", "Build it with `slipstream run`."
            )
        return WarehouseError(
            f"The catalogue in the database {self.catalogue} cannot be opened: {self._clean(text)}",
            "Check SLIPSTREAM_CATALOGUE and the password in PGPASSWORD, and that Postgres is up and reached from here.",
        )

    def _clean(self, text: str) -> str:
        """The first line of an error, without the password should it be quoted."""
        first = text.splitlines()[0] if text else "no reason given"
        return first.replace(self.catalogue.password, "***") if self.catalogue.password else first

    def _acquired(self, holder: str) -> Any:
        """A connection that holds the database's lock."""
        deadline = time.monotonic() + self.lock_wait_seconds
        connection = self._connected(holder)
        try:
            with connection.cursor() as cursor:
                while True:
                    cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", _LOCK)
                    if cursor.fetchone()[0]:
                        return connection
                    if time.monotonic() >= deadline:
                        cursor.execute(_WHO, _LOCK)
                        raise self._busy(cursor.fetchone())
                    time.sleep(_POLL_SECONDS)
        except BaseException:
            with suppress(Exception):
                connection.close()
            raise

    def _connected(self, holder: str) -> Any:
        try:
            import psycopg2
        except ImportError:
            raise WarehouseError(
                "SLIPSTREAM_TARGET is 'ducklake', but the package psycopg2 is not installed.",
                "Install Slipstream's extra: pip install 'slipstream[shared]'.",
            ) from None
        name = f"slipstream: {holder} ({os.getpid()} on {socket.gethostname()})"
        options = {"application_name": name[:_NAME_BYTES], "connect_timeout": "10"}
        if self.catalogue.password:
            options["password"] = self.catalogue.password
        try:
            connection = psycopg2.connect(self.catalogue.dsn, **options)
        except psycopg2.Error as error:
            raise self._refused(str(error), False) from None
        connection.autocommit = (
            True  # a transaction left open for a build's length would keep Postgres from cleaning up
        )
        return connection

    def _busy(self, who: Any) -> WarehouseBusy:
        named = f"'{who[0]}', since {who[1]:%Y-%m-%d %H:%M:%S}" if who else "another machine"
        return WarehouseBusy(
            f"The warehouse in the database {self.catalogue} is in use by {named}; "
            f"waited {self.lock_wait_seconds:g} s.",
            "Try again when it has ended, or wait longer with SLIPSTREAM_LOCK_WAIT=<seconds>.",
        )
