"""Landing and ledger in an object store: put-if-absent holds on the wire, and what is not committed does not exist."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.source import Batch, Outcome
from pipelines.resources import landing_objects, object_access
from pipelines.resources.landing import Landing, LandingError
from pipelines.resources.landing_store import Store, open_store
from pipelines.resources.ledger import Ledger
from pipelines.resources.object_access import ObjectStoreError
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings, load
from tests.shared.conftest import S3, SECRET

pytestmark = [pytest.mark.shared]
CHILD = Path(__file__).parents[1] / "pipelines" / "crash" / "crash_child.py"
ROOT = CHILD.parents[3]


@pytest.fixture
def store(s3: S3) -> Store:
    return open_store(f"{s3.bucket()}/some/prefix")


@pytest.fixture
def other_client() -> Iterator[None]:
    """What a test changes of the environment must not stay in the client of the process."""
    object_access.client.cache_clear()
    yield
    object_access.client.cache_clear()


def test_a_store_puts_a_name_only_once(store: Store) -> None:
    store.put_new("a/b.json", b"first")
    with pytest.raises(FileExistsError):
        store.put_new("a/b.json", b"second")
    with pytest.raises(FileExistsError):
        store.create("a/b.json")
    assert store.read("a/b.json") == b"first"
    assert (store.names("a"), store.names("none")) == (["b.json"], [])
    assert (store.folders(""), store.folders("none")) == (["a"], [])
    assert (store.size("a/b.json"), store.tail("a/b.json", 3), store.tail("a/b.json", 99)) == (5, b"rst", b"first")
    store.remove("a/b.json")
    store.remove("a/b.json")
    assert store.names("a") == []
    with pytest.raises(FileNotFoundError):
        store.read("a/b.json")


def test_of_many_writers_of_one_name_exactly_one_wins(store: Store) -> None:
    ready, won, lost = threading.Barrier(8), [], []

    def write(number: int) -> None:
        ready.wait()
        try:
            store.put_new("_commits/x.json", b"%d" % number)
            won.append(number)
        except FileExistsError:
            lost.append(number)

    for _ in range(5):
        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(won), len(lost)) == (1, 7)
        assert store.read("_commits/x.json") == b"%d" % won[0]
        store.remove("_commits/x.json")
        won.clear()
        lost.clear()


def test_a_write_whose_answer_was_lost_is_known_for_its_own(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library repeats a write that timed out; the repetition finds the object there."""
    store.put_new("first", b"")
    client = object_access.client()
    put = client.put_object

    def twice(**wanted: Any) -> Any:
        put(**wanted)
        return put(**wanted)

    monkeypatch.setattr(client, "put_object", twice)
    store.put_new("a", b"ours")
    monkeypatch.undo()
    assert store.read("a") == b"ours"


def test_a_large_object_is_sent_in_parts_and_appears_when_it_is_closed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landing_objects, "_PART_BYTES", 5 << 20)
    content = os.urandom(12 << 20)
    sink = store.create("big")
    for start in range(0, len(content), 1 << 20):
        sink.write(content[start : start + (1 << 20)])
    assert store.names("") == []
    sink.close()
    assert store.read("big") == content


def test_a_store_that_ignores_the_condition_is_refused(s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    client = object_access.client()
    put = client.put_object
    monkeypatch.setattr(client, "put_object", lambda IfNoneMatch, **wanted: put(**wanted))  # noqa: N803
    careless = open_store(s3.bucket())
    with pytest.raises(ObjectStoreError, match=r"overwrites objects.*If-None-Match"):
        careless.put_new("a", b"1")
    assert careless.names("") == []


@pytest.mark.usefixtures("other_client")
@pytest.mark.parametrize(
    ("changed", "bucket", "words"),
    [
        ({}, "s3://no-such-bucket/landing", "does not exist"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "s3://any", "Nothing answers"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "s3://any", "no credentials"),
    ],
)
def test_what_is_wrong_is_said_with_its_remedy_and_without_a_secret(
    s3: S3, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str], bucket: str, words: str
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.retries.standard.RetryHandler.needs_retry", lambda *_, **__: None)
    object_access._session.cache_clear()
    with pytest.raises(ObjectStoreError, match=words) as caught:
        open_store(bucket).put_new("a", b"1")
    object_access._session.cache_clear()
    assert caught.value.remedy
    assert SECRET not in str(caught.value)


def test_a_sync_exists_once_its_commit_does_and_others_parts_are_left_alone(s3: S3, tmp_path: Path) -> None:
    wall = [datetime(2026, 3, 1, tzinfo=UTC)]
    landing = Landing(f"{s3.bucket()}/landing", quarantine=tmp_path, wall_clock=lambda: wall[0])

    def sync(*, is_whole: bool) -> None:
        writer = landing.begin("jira", "main")
        writer.write(Batch("issue", [str(wall[0].day)], [b"{}"], [None], [False]))
        outcome = Outcome({"n": wall[0].day}, "complete", server_time=wall[0])
        if is_whole:
            writer.commit(outcome)
        else:
            writer.finish(outcome)  # and here its process dies
            writer._stop_thread()
        wall[0] += timedelta(hours=1)

    sync(is_whole=True)
    sync(is_whole=False)
    assert len(landing.commit_ids()) == 1
    assert landing.discard_uncommitted("jira", "main") == 0, "another machine may be writing it"
    wall[0] += timedelta(days=1)
    assert landing.discard_uncommitted("jira", "main") == 1
    committed = [pa.BufferReader(landing.store.read(f.path)) for c in landing.commits() for f in c.files]
    assert [pq.read_table(content).column("_key").to_pylist() for content in committed] == [["1"]]
    assert landing.checkpoint("jira", "main") == {"n": 1}
    assert landing.verify() == []


def test_the_ledger_takes_an_entry_once(s3: S3) -> None:
    ledger = Ledger(f"{s3.bucket()}/ledger")
    assert ledger.append("alert", [{"alert_id": "a"}], "e1")
    assert not ledger.append("alert", [{"alert_id": "a"}], "e1")
    assert ledger.files("alert") == [f"{ledger.root}/alert/e1.parquet"]


def test_a_damaged_object_is_found(s3: S3, tmp_path: Path) -> None:
    landing = Landing(s3.bucket(), quarantine=tmp_path)
    with landing.begin("jira", "main") as writer:
        writer.write(Batch("issue", ["1"], [b"{}"], [None], [False]))
        commit = writer.commit(Outcome({}, "complete"))
    landing.store.remove(commit.files[0].path)
    with pytest.raises(LandingError, match=r"s3://.*is missing"):
        landing.inspect(commit.files[0])


POINTS = ("sync.begin", "landing.flush", "landing.part", "landing.finished", "landing.moved", "store.draft")


def settings(s3: S3, home: Path) -> Settings:
    place = s3.bucket()
    landing, ledger = f"{place}/landing", f"{place}/ledger"
    given = {"SLIPSTREAM_LANDING": landing, "SLIPSTREAM_LEDGER": ledger}
    return load({"SLIPSTREAM_HOME": str(home), "SLIPSTREAM_LOCK_WAIT": "10", **given})


def sync(config: Settings, last: int) -> None:
    """What the child does, in this process."""
    spec = importlib.util.spec_from_file_location("crash_child", CHILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.sync(config, last)


def child(config: Settings, last: int, kill_at: str = "") -> int:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SLIPSTREAM_CRASH_AT": kill_at,
        "SLIPSTREAM_LANDING": str(config.landing_dir),
        "SLIPSTREAM_LEDGER": str(config.ledger_dir),
    }
    command = [sys.executable, str(CHILD), "sync", str(config.home), str(last)]
    return subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60).returncode


def landed(config: Settings) -> list[int]:
    """What the warehouse reads, through its own registration and DuckDB's own way to the store."""
    warehouse = Warehouse.of(config)
    landing = Landing(config.landing_dir, quarantine=config.quarantine_dir)
    warehouse.register(landing, Ledger(config.ledger_dir), {"jira": ["issue"]})
    with warehouse.read() as connection:
        proofs = connection.execute("SELECT sync_id FROM ledger.completeness ORDER BY ALL").fetchall()
        rows = connection.execute("SELECT _key::INTEGER FROM landing_jira.issue ORDER BY ALL").fetchall()
    assert [sync_id for (sync_id,) in proofs] == landing.commit_ids()
    return [row for (row,) in rows]


@pytest.mark.parametrize(
    "point", [*POINTS, "store.draft:2", "sync.certified", "landing.before_commit", "landing.committed"]
)
def test_a_sync_killed_anywhere_is_there_whole_or_not_at_all(s3: S3, tmp_path: Path, point: str) -> None:
    config = settings(s3, tmp_path)
    sync(config, 3)
    assert child(config, 5, kill_at=point) == -signal.SIGKILL, f"{point} was not reached"
    is_committed = point == "landing.committed"
    assert landed(config) == [1, 2, 3, 4, 5][: 5 if is_committed else 3]
    sync(config, 5)
    assert landed(config) == [1, 2, 3, 4, 5]
    landing = Landing(config.landing_dir, quarantine=config.quarantine_dir)
    assert landing.checkpoint("jira", "main") == {"cursor": 5}
    assert landing.verify() == []


def test_two_machines_sync_one_site_at_once_and_nothing_is_lost(s3: S3, tmp_path: Path) -> None:
    config = settings(s3, tmp_path / "one")
    second = load(
        {
            "SLIPSTREAM_HOME": str(tmp_path / "two"),
            "SLIPSTREAM_LANDING": str(config.landing_dir),
            "SLIPSTREAM_LEDGER": str(config.ledger_dir),
        }
    )
    codes: list[int] = []
    threads = [threading.Thread(target=lambda c=c: codes.append(child(c, 4))) for c in (config, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0, 0]
    assert sorted(set(landed(config))) == [1, 2, 3, 4]
    assert Landing(config.landing_dir, quarantine=tmp_path).verify() == []
