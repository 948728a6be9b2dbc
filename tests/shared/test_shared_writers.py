"""The shared catalogue by itself: who excludes whom, what two writers may do, what is let go, and what errors say."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.resources import warehouse_shared
from pipelines.resources.warehouse import Warehouse, WarehouseBusy, WarehouseError
from pipelines.settings import load
from tests.shared.conftest import PASSWORD, Postgres

pytestmark = [pytest.mark.shared]


def machines(postgres: Postgres, tmp_path: Path, count: int = 2, **more: str) -> Sequence[Any]:
    """So many homes with one warehouse."""
    given = {"SLIPSTREAM_TARGET": "ducklake", "SLIPSTREAM_CATALOGUE": postgres.database(), **more}
    given |= {"SLIPSTREAM_LAKE": str(tmp_path / "lake"), "SLIPSTREAM_LOCK_WAIT": "0.3"}
    homes = [load({"SLIPSTREAM_HOME": str(tmp_path / str(number)), **given}) for number in range(count)]
    return [Warehouse.of(home) for home in homes]


def test_builds_on_two_machines_exclude_each_other_and_the_holder_is_named(postgres: Postgres, tmp_path: Path) -> None:
    one, other = machines(postgres, tmp_path)
    with one.lock("dbt build of core"), one.lock("again"):
        with pytest.raises(WarehouseBusy, match=r"in use by 'slipstream: dbt build of core \(\d+ on ") as caught:
            other.lock("second").__enter__()
        assert PASSWORD not in str(caught.value)
    with other.lock("second"):
        pass


def test_two_writers_of_their_own_tables_both_write(postgres: Postgres, tmp_path: Path) -> None:
    warehouses = machines(postgres, tmp_path)
    with warehouses[0].write("first") as connection:
        connection.execute("CREATE SCHEMA marts; CREATE TABLE marts.t0 (n INT); CREATE TABLE marts.t1 (n INT)")
    errors = list[BaseException]()

    def write(number: int) -> None:
        try:
            with duckdb.connect(":memory:") as connection:  # an analyst's, without our lock
                warehouses[number].session.prepare(connection)
                warehouses[number].session.attach(connection, "warehouse")
                for value in range(10):
                    connection.execute(f"INSERT INTO marts.t{number} VALUES ({value})")  # noqa: S608
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    with warehouses[1].read() as connection:
        for table in ("t0", "t1"):
            (found,) = connection.execute(f"SELECT count(*), sum(n) FROM marts.{table}").fetchall()  # noqa: S608
            assert found == (10, 45)


def test_old_snapshots_and_files_are_let_go(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (warehouse,) = machines(postgres, tmp_path, 1)
    with warehouse.write("test") as connection:
        for _ in range(3):
            connection.execute("CREATE OR REPLACE TABLE big AS SELECT range AS n FROM range(5000)")
    files = list((tmp_path / "lake").rglob("*.parquet"))
    assert len(files) == 3
    warehouse.tidy()
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 3, "somebody may still be reading them"
    monkeypatch.setattr(warehouse_shared, "KEPT", -warehouse_shared.KEPT)
    warehouse.tidy()
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 1
    with warehouse.read() as connection:
        assert connection.execute("SELECT count(*) FROM big").fetchall() == [(5000,)]


def test_what_is_wrong_with_the_catalogue_is_said_without_the_password(postgres: Postgres, tmp_path: Path) -> None:
    (warehouse,) = machines(postgres, tmp_path, 1)
    with pytest.raises(WarehouseError, match="There is no warehouse in the database"):
        warehouse.built_as_of()
    wrong = f"postgresql://pmo:wr0ng-p4ssword@127.0.0.1:{postgres.port}/postgres"
    given = {"SLIPSTREAM_HOME": str(tmp_path), "SLIPSTREAM_TARGET": "ducklake", "SLIPSTREAM_CATALOGUE": wrong}
    config = load(given)
    assert "wr0ng-p4ssword" not in repr(config)
    for ask in (lambda: Warehouse.of(config).built_as_of(), lambda: _bare(config)):
        with pytest.raises(WarehouseError, match="cannot be opened") as caught:
            ask()
        assert "wr0ng-p4ssword" not in str(caught.value)
        assert "SLIPSTREAM_CATALOGUE" in caught.value.remedy


def _bare(config: Any) -> None:
    """DuckDB's own connection, where the lock's was let in."""
    Warehouse.of(config)._open(read_only=False)
