"""Registering: the warehouse sees exactly the committed syncs, each once, under a number that never changes."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.source import Batch, Outcome
from pipelines.resources.landing import Commit, Landing, LandingError
from pipelines.resources.ledger import Ledger, structures
from pipelines.resources.registrar import LandingChangedError
from pipelines.resources.warehouse import Warehouse

STREAMS = {"jira": ["issue", "project"], "registers": ["risk"]}
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Home:
    """A small SLIPSTREAM_HOME."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.landing = Landing(root / "landing")
        self.ledger = Ledger(root / "ledger")
        self.warehouse = Warehouse(root / "warehouse" / "warehouse.duckdb", lock_wait_seconds=1)

    def sync(self, *keys: str, stream: str = "issue", kind: str = "jira") -> Commit:
        with self.landing.begin(kind, "main", NOON, full=True) as writer:
            batch = Batch(stream)
            for key in keys:
                batch.add(key, b"{}", NOON)
            writer.write(batch)
            return writer.commit(Outcome({}, "partial", server_time=NOON - timedelta(hours=1)))

    def register(self, **options: Any) -> tuple[int, int]:
        found = self.warehouse.register(self.landing, self.ledger, STREAMS, **options)
        return found.new_commits, found.commit_seq

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with self.warehouse.read() as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def test_an_empty_landing_gives_every_view_with_its_columns(home: Home) -> None:
    assert home.register() == (0, 0)
    columns = "_site VARCHAR, _key VARCHAR, _source_updated_at TIMESTAMP, _known_at TIMESTAMP, _sync_id VARCHAR, "
    columns += "_payload_hash VARCHAR, _deleted BOOLEAN, payload VARCHAR, _commit_seq BIGINT"
    for view in ("landing_jira.issue", "landing_jira.project", "landing_registers.risk"):
        assert home.query(f"FROM {view}") == []
        described = home.query(f"DESCRIBE {view}")
        assert ", ".join(f"{row[0]} {row[1]}" for row in described) == columns
    for table, wanted in structures().items():
        assert home.query(f"FROM ledger.{table}") == []
        assert {row[0]: row[1] for row in home.query(f"DESCRIBE ledger.{table}")} == wanted


def test_records_carry_the_number_of_their_commit(home: Home) -> None:
    home.sync("1", "2")
    home.sync("x", stream="extra")
    assert home.register() == (2, 2)
    home.sync("2", "3")
    assert home.register() == (1, 3)
    assert home.register() == (0, 3)
    found = home.query("SELECT _key, _commit_seq FROM landing_jira.issue ORDER BY ALL")
    assert found == [("1", 1), ("2", 1), ("2", 3), ("3", 3)]
    assert home.query("SELECT _key, _commit_seq FROM landing_jira.extra") == [("x", 2)]


def test_the_tables_say_what_the_commits_say(home: Home) -> None:
    commit = home.sync("1")
    home.register()
    noon = NOON.replace(tzinfo=None)
    wanted = (1, commit.sync_id, "jira", "main", "issue", home.landing.address(commit.files[0]), 1, noon)
    assert home.query("SELECT * EXCLUDE (bytes) FROM landing.commit_file") == [wanted]
    (row,) = home.query("SELECT * EXCLUDE (started_at, committed_at) FROM landing.sync")
    assert row == (1, commit.sync_id, "jira", "main", "partial", noon, noon - timedelta(hours=1), True)


def test_uncommitted_files_are_never_seen(home: Home) -> None:
    home.sync("1")
    writer = home.landing.begin("jira", "main")
    batch = Batch("issue", ["2"], [b"{}"], [None], [False])
    writer.write(batch)
    writer.finish(Outcome({}, "complete"))
    home.register()
    assert home.query("SELECT _key FROM landing_jira.issue") == [("1",)]


def test_certificates_count_only_once_their_sync_exists(home: Home) -> None:
    commit = home.sync("1")
    home.ledger.append("completeness", [{"sync_id": commit.sync_id}], commit.sync_id)
    home.ledger.append("completeness", [{"sync_id": "crashed"}], "crashed")
    home.register()
    assert home.query("SELECT sync_id FROM ledger.completeness") == [(commit.sync_id,)]


def test_ledger_entries_of_this_very_run_are_seen_without_registering_again(home: Home) -> None:
    home.register()
    home.ledger.append("alert", [{"alert_id": "a"}], "e1")
    assert home.query("SELECT alert_id FROM ledger.alert") == [("a",)]


def test_a_damaged_new_file_stops_the_registration_and_changes_nothing(home: Home) -> None:
    home.sync("1")
    home.register()
    commit = home.sync("2")
    path = Path(home.landing.address(commit.files[0]))
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    with pytest.raises(LandingError, match=r"is damaged.*backup"):
        home.register()
    assert home.query("SELECT count(*) FROM landing.sync") == [(1,)]
    path.write_bytes(content)
    assert home.register() == (1, 2)


def test_a_file_that_is_cut_or_lost_after_its_registration_is_named(home: Home) -> None:
    path = Path(home.landing.address(home.sync("1").files[0]))
    home.register()
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LandingError, match=f"{path.name} is damaged"):
        home.register()
    path.unlink()
    with pytest.raises(LandingError, match=f"{path.name} is missing"):
        home.register()


def test_a_landing_that_lost_commits_is_refused_until_the_warehouse_is_rebuilt(home: Home) -> None:
    first, second = home.sync("1"), home.sync("2")
    home.register()
    (Path(home.landing.root) / "_commits" / f"{first.sync_id}.json").unlink()
    with pytest.raises(LandingChangedError, match="delete the warehouse file"):
        home.register()
    assert home.register(rebuild=True) == (1, 1)
    assert home.query("SELECT _sync_id, _commit_seq FROM landing_jira.issue") == [(second.sync_id, 1)]


def test_a_moved_home_is_followed(home: Home, tmp_path: Path) -> None:
    home.sync("1")
    home.register()
    shutil.move(home.root, tmp_path / "moved")
    moved = Home(tmp_path / "moved")
    moved.sync("2")
    assert moved.register() == (1, 2)
    assert moved.query("SELECT _key FROM landing_jira.issue ORDER BY ALL") == [("1",), ("2",)]
    assert all(str(tmp_path / "moved") in row[0] for row in moved.query("SELECT path FROM landing.commit_file"))


@pytest.mark.slow
def test_thousands_of_commits_are_registered_and_read(home: Home) -> None:
    for number in range(2000):
        home.sync(str(number))
    assert home.register() == (2000, 2000)
    home.sync("last")
    assert home.register() == (1, 2001)
    found = home.query("SELECT count(*), count(DISTINCT _commit_seq), max(_commit_seq) FROM landing_jira.issue")
    assert found == [(2001, 2001, 2001)]
