"""The only opener of DuckDB: one process at a time, with a bounded wait and the holder named.

`lock` alone is for work that opens the file by itself (dbt); `write` and `read` give a connection and close it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from connectors.errors import SourceError
from pipelines.crashpoints import crashpoint
from pipelines.resources import registrar
from pipelines.resources.disk import explain_full_disk
from pipelines.resources.duckdb_session import Session
from pipelines.resources.landing import Landing
from pipelines.resources.ledger import Ledger
from pipelines.resources.locks import BusyError, hold
from pipelines.resources.registrar import Registration
from pipelines.resources.sql import identifier, literal

if TYPE_CHECKING:
    from pipelines.settings import Settings

_HELD = re.compile(r"Conflicting lock is held in (?P<program>.+?) \(PID (?P<pid>\d+)\)")
_RETRY_SECONDS = 0.05


class WarehouseError(SourceError):
    """The warehouse file is missing, damaged or cannot be written."""


class WarehouseBusy(BusyError):  # noqa: N818 (its name is part of the contract)
    """Another process works with the warehouse and did not end within the bounded wait."""


class Warehouse:
    """One DuckDB file and the lock beside it."""

    is_replaceable = True
    """Whether another file can take its place."""

    def __init__(
        self,
        path: Path,
        *,
        lock_wait_seconds: float = 120.0,
        threads: int | None = None,
        memory_limit: str | None = None,
        session: Session | None = None,
    ) -> None:
        self.path = Path(path).absolute()
        self.lock_wait_seconds = lock_wait_seconds
        self.session = session or Session()
        self.config: dict[str, Any] = {"autoinstall_known_extensions": False}  # never reach for the internet
        if threads:
            self.config["threads"] = threads
        if memory_limit:
            self.config["memory_limit"] = memory_limit
        self._writing, self._reading = threading.local(), threading.local()

    @classmethod
    def of(cls, settings: Settings, path: Path | None = None) -> Warehouse:
        """The home's warehouse, wherever the target puts it, or one in another file."""
        kind, session = cls, Session.of(settings)
        if path is not None:
            session = session.embedded
        elif session.catalogue:
            from pipelines.resources.warehouse_shared import SharedWarehouse

            kind = SharedWarehouse
        return kind(
            path or settings.warehouse_path,
            lock_wait_seconds=settings.lock_wait_seconds,
            threads=settings.threads,
            memory_limit=settings.memory_limit,
            session=session,
        )

    def lock(self, holder: str) -> AbstractContextManager[None]:
        """Keep everyone else out, without opening the file. The same thread may enter again."""
        lock_file = self.path.with_name(self.path.name + ".lock")
        return hold(lock_file, holder, self.lock_wait_seconds, f"The warehouse {self.path}", WarehouseBusy)

    @contextmanager
    def write(self, holder: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that may write; closed at the end, so that the file is whole for whoever comes next.

        Within the block, the same thread's `write` and `read` go through this connection: opening takes 50 ms.
        """
        opened = getattr(self._writing, "connection", None)
        if opened is not None:
            yield opened
            return
        with self.lock(holder), explain_full_disk(WarehouseError, "warehouse"):
            connection = self._open(read_only=False)
            self._writing.connection = connection
            try:
                yield connection
            finally:
                self._writing.connection = None
                connection.close()

    @contextmanager
    def read(self, holder: str = "reader") -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that may only read; it waits for writers and keeps them out while it is open.

        Within the block, the same thread's `read` goes through this connection, too.
        """
        opened = getattr(self._writing, "connection", None) or getattr(self._reading, "connection", None)
        if opened is not None:
            yield opened
            return
        with self.lock(holder):
            self._must_exist()
            connection = self._open(read_only=True)
            self._reading.connection = connection
            try:
                yield connection
            finally:
                self._reading.connection = None
                connection.close()

    @contextmanager
    def copy_to(self, target: Path, holder: str) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the warehouse attached read-only under its own name, and a new file as `release`.

        The file has the storage format of DuckDB 1.0, so that older BI drivers can read it.
        """
        with self.lock(holder), explain_full_disk(WarehouseError, "release"):
            self._must_exist()
            connection = duckdb.connect(":memory:", config=self.config)
            try:
                connection.execute("SET TimeZone = 'UTC'")
                self.session.prepare(connection)
                self._attach_source(connection)
                connection.execute(f"ATTACH {literal(target)} AS release (STORAGE_VERSION 'v1.0.0')")
                yield connection
                connection.execute("DETACH release")
            finally:
                connection.close()

    def attach(self, connection: duckdb.DuckDBPyConnection, other: Warehouse, name: str) -> None:
        """Show another warehouse to a connection, read-only, under this name."""
        attach = f"ATTACH {literal(other.path)} AS {identifier(name)} (READ_ONLY)"
        self._patiently(lambda: connection.execute(attach))

    def replace_by(self, other: Warehouse) -> None:
        """Have another file take this one's place, at once and for good; whoever still reads the old one reads on."""
        with self.lock("swap"), other.lock("swap"):
            for warehouse in (other, self):
                warehouse._settle()
            crashpoint("warehouse.settled")
            other.path.replace(self.path)
            crashpoint("warehouse.swapped")

    def _settle(self) -> None:
        """Leave no log beside the file: it would be taken for that of the file that comes in its place."""
        with self.write("swap") as connection:
            connection.execute("CHECKPOINT")
        log = self.path.with_name(self.path.name + ".wal")
        if log.exists():
            raise WarehouseError(
                f"{log} is still in use.", "Close the program that holds the warehouse open, and run again."
            )

    def register(
        self,
        landing: Landing,
        ledger: Ledger,
        streams: Mapping[str, Sequence[str]],
        *,
        holder: str = "register",
        rebuild: bool = False,
    ) -> Registration:
        """Bring the schemas `landing`, `landing_<type>` and `ledger` up to date; run it before every dbt run.

        `streams` names the streams of every connector, by type. `rebuild` forgets earlier registrations: use it
        with dbt's full refresh.
        """
        with self.write(holder) as connection:
            return registrar.register(connection, landing, ledger, streams, rebuild=rebuild)

    def built_as_of(self) -> datetime | None:
        """The instant the tables stand for (UTC without zone), as the build noted it; None before the first build.

        A sync since then does not make them younger.
        """
        with self.read("as of when") as connection:
            known = connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE database_name = current_database() AND table_name = 'build_state'"
            ).fetchone()
            noted = connection.execute("SELECT max(as_of) FROM landing.build_state").fetchone() if known else None
        as_of: datetime | None = noted[0] if noted else None
        return as_of

    def tidy(self) -> None:
        """Let go of what only the past needed; a file holds nothing of that kind."""

    def _attach_source(self, connection: duckdb.DuckDBPyConnection) -> None:
        attach = f"ATTACH {literal(self.path)} AS {identifier(self.path.stem)} (READ_ONLY)"
        self._patiently(lambda: connection.execute(attach))

    def _open(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        connection = self._patiently(lambda: duckdb.connect(str(self.path), read_only=read_only, config=self.config))
        connection.execute("SET TimeZone = 'UTC'")
        self.session.prepare(connection)
        return connection

    def _must_exist(self) -> None:
        if not self.path.exists():
            raise WarehouseError(f"There is no warehouse at {self.path} yet.", "Build it with `slipstream run`.")

    def _patiently(self, opening: Callable[[], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
        """Open the file; a program that holds it without our lock is waited for, then named."""
        deadline = time.monotonic() + self.lock_wait_seconds
        while True:
            try:
                return opening()
            except duckdb.Error as error:
                held = _HELD.search(str(error))
                if held and time.monotonic() < deadline:
                    time.sleep(_RETRY_SECONDS)
                    continue
                raise self._explain(error, held) from None

    def _explain(self, error: duckdb.Error, held: re.Match[str] | None) -> SourceError:
        text = str(error)
        if held:
            return WarehouseBusy(
                f"{self.path} is held open by process {held['pid']} ({held['program']}), "
                f"which does not go through Slipstream; waited {self.lock_wait_seconds:g} s.",
                "Close it there. BI tools and notebooks read published/portfolio.duckdb, which is never locked.",
            )
        if "different configuration" in text:
            return WarehouseError(
                f"{self.path} is already open in this process in another mode.", "Close that connection first."
            )
        if "not a valid DuckDB database" in text or "version number" in text or "Corrupt" in text:
            return WarehouseError(
                f"{self.path} cannot be read: {text.splitlines()[0]}",
                "Delete it and run again: it is rebuilt from the landing zone and the ledger, nothing is lost.",
            )
        return WarehouseError(f"{self.path} cannot be opened: {text.splitlines()[0]}", "Check its access rights.")
