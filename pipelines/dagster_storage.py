"""Dagster's own SQLite storage with its connections kept open: half of a small run's time was opening them.

Dagster makes a new engine for every event, so that SQLAlchemy compiles each statement anew and SQLite empties its log
each time. Files and tables are Dagster's own: either class reads what the other wrote.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.storage.runs.sqlite.sqlite_run_storage import SqliteRunStorage
from dagster._core.storage.schedules.sqlite.sqlite_schedule_storage import SqliteScheduleStorage
from dagster._core.storage.sqlite_storage import (
    DagsterSqliteStorage,
    _event_logs_directory,
    _runs_directory,
    _schedule_directory,
)
from sqlalchemy import Engine, create_engine, event

if TYPE_CHECKING:
    from dagster._serdes import ConfigurableClassData
    from sqlalchemy.engine import Connection

BUSY_SECONDS = 30
KEPT_RUNS = 8
"""Every run has a file of its own: so many of them stay open."""


class SqliteStorage(DagsterSqliteStorage):
    """What `storage: custom:` of dagster.yaml names; `base_dir` is Dagster's home."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self.base_dir = base_dir
        self._inst_data = inst_data
        self._run_storage = _Runs.from_local(_runs_directory(base_dir))
        self._event_log_storage = _Events(_event_logs_directory(base_dir))
        self._schedule_storage = SqliteScheduleStorage.from_local(_schedule_directory(base_dir))
        super(DagsterSqliteStorage, self).__init__()  # type: ignore[no-untyped-call]

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> SqliteStorage:
        return cls.from_local(inst_data=inst_data, **config_value)


class _Runs(SqliteRunStorage):
    @cached_property
    def _engine(self) -> Engine:
        return _engine(self._conn_string)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        self._engine.dispose()


class _Events(SqliteEventLogStorage):
    @cached_property
    def _engines(self) -> OrderedDict[str, Engine]:
        return OrderedDict()

    def has_table(self, table_name: str) -> bool:
        """Asked for every check of an asset, as the next two are for every asset; what is there stays."""
        return self._is_known(f"table {table_name}", lambda: super(_Events, self).has_table(table_name))

    def has_asset_key_col(self, column_name: str) -> bool:
        return self._is_known(f"column {column_name}", lambda: super(_Events, self).has_asset_key_col(column_name))

    def has_secondary_index(self, name: str) -> bool:
        return self._is_known(f"index {name}", lambda: super(_Events, self).has_secondary_index(name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        ask = super()._has_asset_key_col_on_connection
        return self._is_known(f"column {column_name}", lambda: ask(conn, column_name))

    def _is_known(self, what: str, ask: Callable[[], bool]) -> bool:
        if what not in self._known and ask():
            self._known.add(what)
        return what in self._known

    @cached_property
    def _known(self) -> set[str]:
        return set()

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.get(shard) or _engine(self.conn_string_for_shard(shard))
        self._engines[shard] = engine
        self._engines.move_to_end(shard)
        if shard not in self._initialized_dbs:
            self._initdb(engine, for_index_shard=shard == INDEX_SHARD_NAME)
            self._initialized_dbs.add(shard)
        if len(self._engines) > KEPT_RUNS:
            self._engines.popitem(last=False)[1].dispose()
        return engine

    def wipe(self) -> None:
        """Delete every run's events; the files go, so what is open of them must go too."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        self._close()
        super().dispose()

    def _close(self) -> None:
        while self._engines:
            self._engines.popitem()[1].dispose()


def _engine(address: str) -> Engine:
    shared = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(address, pool_size=1, connect_args=shared)  # more, where several ask at once, are closed
    event.listen(engine, "connect", _relax)
    return engine


def _relax(connection: Any, _record: object) -> None:
    """With a write-ahead log this loses nothing when a process is killed, and never damages the file."""
    connection.execute("PRAGMA synchronous = NORMAL")
