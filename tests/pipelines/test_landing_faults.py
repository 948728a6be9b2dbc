"""Landing under bad luck: damaged files, a full disk, names taken, and the same promises in an object store."""

from __future__ import annotations

import errno
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from connectors.source import Batch, Outcome
from pipelines.resources import landing_parts
from pipelines.resources.landing import Landing, LandingError
from pipelines.resources.landing_store import LocalStore, Store, open_store
from pipelines.resources.landing_writer import SyncWriter

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing")


def batch(stream: str, *keys: str, payload: bytes = b"{}") -> Batch:
    result = Batch(stream)
    for key in keys:
        result.add(key, payload, NOON)
    return result


def outcome(**checkpoint: Any) -> Outcome:
    return Outcome(checkpoint, "complete")


def files_below(landing: Landing) -> list[str]:
    return [p.name for p in Path(landing.root).rglob("*") if p.is_file()]


@pytest.mark.parametrize("damage", ["cut", "flipped", "gone", "grown"])
def test_a_damaged_file_is_named_with_the_remedy(landing: Landing, damage: str) -> None:
    writer = landing.begin("jira", "main")
    writer.write(batch("issue", "1"))
    commit = writer.commit(outcome())
    path = Path(landing.address(commit.files[0]))
    content = path.read_bytes()
    damaged = {"cut": content[:-9], "grown": content + b"x", "flipped": content[:50] + b"\x00\x01" + content[52:]}
    path.unlink()
    if damage != "gone":
        path.write_bytes(damaged[damage])
    (problem,) = landing.verify()
    assert str(path) in problem
    assert "backup" in problem
    if damage != "flipped":  # found only by reading all of it
        with pytest.raises(LandingError, match=r"is missing|is damaged"):
            landing.inspect(commit.files[0])


def test_a_damaged_commit_file_is_named(landing: Landing) -> None:
    commit = landing.begin("jira", "main").commit(outcome())
    path = Path(landing.root) / "_commits" / f"{commit.sync_id}.json"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(LandingError, match=f"{commit.sync_id}.json is damaged"):
        landing.checkpoint("jira", "main")


@pytest.mark.parametrize("full_at", [0, 1, 2, 3])
def test_a_full_disk_leaves_no_commit_and_says_what_to_do(
    landing: Landing, monkeypatch: pytest.MonkeyPatch, full_at: int
) -> None:
    landing.begin("jira", "main").commit(outcome(n=1))
    before = files_below(landing)
    writes = iter(range(100))
    create = LocalStore.create

    def limited(store: LocalStore, name: str) -> Any:
        file = create(store, name)
        plain = file.write

        def write(data: bytes) -> int:
            if next(writes) >= full_at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return plain(data)

        monkeypatch.setattr(file, "write", write)
        return file

    monkeypatch.setattr(LocalStore, "create", limited)
    monkeypatch.setattr(landing_parts, "ROW_GROUP_BYTES", 100)

    def sync() -> None:
        with landing.begin("jira", "main") as writer:
            writer.write(batch("issue", "1"))
            writer.write(batch("sprint", "1"))
            writer.commit(outcome(n=2))

    with pytest.raises(LandingError, match=r"disk is full.*Free some space"):
        sync()
    assert files_below(landing) == before
    assert landing.checkpoint("jira", "main") == {"n": 1}


def test_a_full_disk_at_the_commit_itself_leaves_no_commit(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.resources.landing_store.os.link", refuse)
    writer = landing.begin("jira", "main")
    with pytest.raises(LandingError, match="disk is full"):
        writer.commit(outcome())
    assert landing.commit_ids() == []
    assert files_below(landing) == []


def test_an_error_of_the_writing_thread_reaches_the_caller(landing: Landing) -> None:
    def sync(writer: SyncWriter) -> None:
        with writer:
            writer.write(Batch("issue", ["1"], [b"{}"], ["no time"], [False]))  # type: ignore[list-item]
            writer.commit(outcome())

    with pytest.raises((pa.ArrowException, TypeError)):
        sync(landing.begin("jira", "main"))
    assert landing.commit_ids() == []


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store(tmp_path)  # an object store: tests/shared


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
