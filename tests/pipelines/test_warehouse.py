"""Warehouse: one at a time, the holder named, every failure with its remedy."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from pipelines.resources.locks import BusyError, hold
from pipelines.resources.warehouse import Warehouse, WarehouseBusy, WarehouseError
from pipelines.settings import load


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse" / "warehouse.duckdb", lock_wait_seconds=0.1)


@contextmanager
def other_process(code: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that says `ready` and then waits until its input closes."""
    command = [sys.executable, "-c", code + "\nprint('ready', flush=True)\ninput()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "ready\n"
        try:
            yield child
        finally:
            child.kill()


def test_what_is_written_is_read_and_the_session_speaks_utc(warehouse: Warehouse) -> None:
    with warehouse.write("test") as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS a")
        assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
    with warehouse.read() as connection:
        assert connection.execute("SELECT a FROM t").fetchone() == (42,)
        assert connection.execute("SELECT current_setting('TimeZone')").fetchone() == ("UTC",)
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("DROP TABLE t")


def test_settings_reach_the_connection(tmp_path: Path) -> None:
    config = load({"SLIPSTREAM_HOME": str(tmp_path), "SLIPSTREAM_THREADS": "1", "SLIPSTREAM_MEMORY": "1GB"})
    with Warehouse.of(config).write("test") as connection:
        found = connection.execute("SELECT current_setting('threads'), current_setting('memory_limit')").fetchone()
    assert found == (1, "953.6 MiB")


def test_another_thread_waits_and_then_hears_who_is_at_work(warehouse: Warehouse) -> None:
    heard: list[str] = []

    def work() -> None:
        try:
            with warehouse.write("second"):
                pass
        except WarehouseBusy as error:
            heard.append(str(error))

    with warehouse.lock("the nightly build"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert "in use by 'the nightly build' (process" in heard[0]
    assert "SLIPSTREAM_LOCK_WAIT" in heard[0]
    work()
    assert len(heard) == 1


def test_the_same_thread_may_enter_again_and_the_lock_is_free_at_the_end(warehouse: Warehouse) -> None:
    with warehouse.lock("build"):
        with warehouse.write("register") as connection:
            connection.execute("CREATE TABLE t (a INTEGER)")
        with warehouse.read() as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    code = f"from filelock import FileLock; FileLock({str(warehouse.path) + '.lock'!r}).acquire(timeout=0)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_another_process_is_named_with_what_it_does(warehouse: Warehouse) -> None:
    code = (
        "from pathlib import Path\nfrom pipelines.resources.warehouse import Warehouse\n"
        f"lock = Warehouse(Path({str(warehouse.path)!r})).lock('slipstream run'); lock.__enter__()"
    )
    with other_process(code) as child:
        with pytest.raises(WarehouseBusy) as caught, warehouse.write("test"):
            pass
        assert f"'slipstream run' (process {child.pid}, since 20" in str(caught.value)
        assert caught.value.exit_code == 4
        child.kill()
        child.wait()
        with warehouse.write("test"):  # the lock of a killed process is free at once
            pass


def test_a_bi_tool_that_holds_the_file_is_named(warehouse: Warehouse) -> None:
    with warehouse.write("test"):
        pass
    with other_process(f"import duckdb; c = duckdb.connect({str(warehouse.path)!r}, read_only=True)") as child:
        with pytest.raises(WarehouseBusy) as caught, warehouse.write("test"):
            pass
        assert f"held open by process {child.pid}" in str(caught.value)
        assert "published/portfolio.duckdb" in str(caught.value)


def test_a_read_before_the_first_build_says_what_to_run(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="slipstream run"), warehouse.read():
        pass
    with pytest.raises(WarehouseError, match="slipstream run"), warehouse.copy_to(warehouse.path, "test"):
        pass


def test_a_damaged_file_may_be_deleted(warehouse: Warehouse) -> None:
    warehouse.path.parent.mkdir()
    warehouse.path.write_bytes(b"this is no database" * 1000)
    with pytest.raises(WarehouseError, match="Delete it and run again"), warehouse.write("test"):
        pass


def test_opening_in_two_modes_at_once_is_explained(warehouse: Warehouse) -> None:
    with warehouse.write("test"):
        pass
    with duckdb.connect(str(warehouse.path)), pytest.raises(WarehouseError, match="another mode"), warehouse.read():
        pass


def test_within_a_writing_block_its_own_reads_see_what_was_written(warehouse: Warehouse) -> None:
    with warehouse.write("test") as outer:
        outer.execute("CREATE TABLE told AS SELECT 1 AS n")
        with warehouse.read() as inner:
            assert inner.execute("SELECT n FROM told").fetchall() == [(1,)]
        with warehouse.write("test") as inner:
            inner.execute("INSERT INTO told VALUES (2)")
        assert outer.execute("SELECT count(*) FROM told").fetchone() == (2,)
    with warehouse.read() as later:
        assert later.execute("SELECT count(*) FROM told").fetchone() == (2,)


def test_a_full_disk_is_explained(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseError, match="disk is full"), warehouse.write("test"):
        raise duckdb.IOException('IO Error: Could not write file "x": No space left on device')


def test_other_errors_pass_and_close_the_connection(warehouse: Warehouse) -> None:
    with pytest.raises(duckdb.CatalogException), warehouse.write("test") as connection:
        connection.execute("SELECT * FROM absent")
    with warehouse.write("test"):
        pass


def test_what_a_killed_writer_left_in_the_log_is_read(warehouse: Warehouse, tmp_path: Path) -> None:
    code = (
        "from pathlib import Path\nfrom pipelines.resources.warehouse import Warehouse\n"
        f"opened = Warehouse(Path({str(warehouse.path)!r})).write('x')\nc = opened.__enter__()\n"
        "c.execute('CREATE TABLE t AS SELECT 7 a')"
    )
    with other_process(code) as child:
        child.kill()
        child.wait()
    with warehouse.copy_to(tmp_path / "copy.duckdb", "test") as connection:
        assert connection.execute("SELECT a FROM warehouse.t").fetchone() == (7,)


def test_a_lock_whose_note_cannot_be_read_is_still_a_clear_refusal(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    errors: list[BusyError] = []

    def second() -> None:
        try:
            with hold(path, "b", 0.05, "The thing"):
                pass
        except BusyError as error:
            errors.append(error)

    with hold(path, "a", 0, "The thing"):
        (tmp_path / "x.lock.holder").write_bytes(b"{half")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "The thing is in use by another process" in str(errors[0])
