"""Landing: what readers see is what was committed, whole, with the right times."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.source import Batch, Outcome, Rejected
from pipelines.resources import landing_parts
from pipelines.resources.landing import Landing, LandingError
from pipelines.resources.landing_parts import payload_hash

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Wall:
    """A wall clock that moves when told."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def landing(tmp_path: Path, wall: Wall) -> Landing:
    return Landing(tmp_path / "landing", wall_clock=wall)


def batch(stream: str, *keys: str, payload: bytes = b"{}") -> Batch:
    result = Batch(stream)
    for key in keys:
        result.add(key, payload, NOON)
    return result


def outcome(**checkpoint: Any) -> Outcome:
    return Outcome(checkpoint, "complete")


def read(landing: Landing, stream: str = "issue") -> list[dict[str, Any]]:
    """Every committed record, as a reader sees it."""
    rows = []
    for commit in landing.commits():
        for file in commit.files:
            if file.stream == stream:
                rows += pq.read_table(pa.BufferReader(landing.store.read(file.path))).to_pylist()
    return rows


def keys(landing: Landing, stream: str = "issue") -> list[str]:
    return [row["_key"] for row in read(landing, stream)]


def files_below(landing: Landing) -> list[str]:
    return [p.name for p in Path(landing.root).rglob("*") if p.is_file()]


def test_a_committed_sync_is_read_back_with_all_columns(landing: Landing) -> None:
    writer = landing.begin("jira", "main", NOON)
    content = Batch("issue", ["1", "2"], [b'{"a":"\\u0000\\ud800"}', "{“é”}".encode()], [NOON, None], [False, True])
    writer.write(content)
    commit = writer.commit(outcome(cursor=5))
    first, second = read(landing)
    assert first == {
        "_site": "main",
        "_key": "1",
        "_source_updated_at": NOON.replace(tzinfo=None),
        "_known_at": NOON.replace(tzinfo=None),
        "_sync_id": commit.sync_id,
        "_payload_hash": payload_hash(b'{"a":"\\u0000\\ud800"}'),
        "_deleted": False,
        "payload": '{"a":"\\u0000\\ud800"}',
    }
    assert (second["_source_updated_at"], second["_deleted"], second["payload"]) == (None, True, "{“é”}")
    assert landing.checkpoint("jira", "main") == {"cursor": 5}
    assert commit.rows == {"issue": 2}
    assert commit.files[0].path.startswith(f"jira/main/issue/{commit.sync_id}-")


def test_the_commit_file_says_what_the_contract_lists(landing: Landing) -> None:
    writer = landing.begin("jira", "main", full=True)
    writer.write(batch("issue", "1"))
    commit = writer.commit(Outcome({"x": [1]}, "partial", server_time=NOON, requests=7, detail="why"))
    content = json.loads((Path(landing.root) / "_commits" / f"{commit.sync_id}.json").read_text())
    assert set(content) == {
        *("sync_id", "type", "site", "started_at", "committed_at", "known_at", "server_time", "clock_offset_seconds"),
        *("status", "detail", "requests", "files", "checkpoint", "rejected", "is_full", "resume_at"),
    }
    assert (content["status"], content["requests"], content["is_full"]) == ("partial", 7, True)
    assert set(content["files"][0]) == {"stream", "path", "rows", "bytes", "sha256"}
    assert landing.verify() == []


def test_a_deferred_commit_says_by_the_wall_clock_when_to_go_on(landing: Landing) -> None:
    def deferred(resume_at: datetime) -> datetime | None:
        put_off = Outcome({}, "deferred", server_time=datetime(2001, 1, 1, tzinfo=UTC), resume_at=resume_at)
        return landing.begin("jira", "main").commit(put_off).resume_at

    assert deferred(NOON) == NOON  # what a connector says by the wall clock, for want of the source's
    ahead = landing.clock().offset
    assert deferred(NOON + ahead) == NOON  # from then on it counts by the source's


def test_nothing_is_there_before_the_commit_and_nothing_after_an_abort(landing: Landing) -> None:
    with landing.begin("jira", "main") as writer:
        writer.write(batch("issue", "1"))
        writer.reject(Rejected("issue", "here", "bad", "raw"))
        writer.finish(outcome())
        assert read(landing) == []
        assert landing.checkpoint("jira", "main") is None
    assert files_below(landing) == []
    assert not writer.quarantine_path.exists()


def test_an_empty_sync_commits_its_checkpoint_and_lists_no_files(landing: Landing) -> None:
    commit = landing.begin("jira", "main").commit(outcome(cursor=1))
    assert commit.files == ()
    assert landing.checkpoint("jira", "main") == {"cursor": 1}
    assert [p.name for p in Path(landing.root).iterdir()] == ["_commits"]


def test_checkpoints_of_sites_with_similar_names_are_kept_apart(landing: Landing) -> None:
    for kind, site in (("a", "b_c"), ("a_b", "c"), ("a", "b"), ("a", "B")):
        landing.begin(kind, site).commit(outcome(of=f"{kind}/{site}"))
    for kind, site in (("a", "b_c"), ("a_b", "c"), ("a", "b"), ("a", "B")):
        assert landing.checkpoint(kind, site) == {"of": f"{kind}/{site}"}
    assert landing.checkpoint("a", "c") is None


def test_ids_follow_each_other_even_when_the_clock_is_set_back(landing: Landing, wall: Wall) -> None:
    first = landing.begin("jira", "main").commit(outcome(n=1))
    wall.at -= timedelta(hours=1)
    second = landing.begin("jira", "main").commit(outcome(n=2))
    assert first.sync_id < second.sync_id
    assert landing.checkpoint("jira", "main") == {"n": 2}


def test_known_times_follow_the_server_from_the_first_sync_on(landing: Landing, wall: Wall) -> None:
    virtual = datetime(2024, 5, 6, 7, tzinfo=UTC)
    writer = landing.begin("jira", "sandbox")
    for number in range(5):
        writer.write(batch("issue", str(number)))
    commit = writer.commit(Outcome({}, "complete", server_time=virtual))
    assert {row["_known_at"] for row in read(landing)} == {virtual.replace(tzinfo=None)}
    assert commit.known_at == virtual
    assert len(files_below(landing)) == 2  # the part and the commit: the first draft of the part is gone
    assert landing.server_time() == virtual
    assert landing.verify() == []

    wall.at += timedelta(minutes=10)
    beside = landing.begin("registers", "pmo").commit(outcome())
    assert timedelta(minutes=10) <= beside.known_at - virtual < timedelta(minutes=11)
    assert landing.clock().offset == virtual - commit.started_at


def test_a_server_time_heard_in_time_saves_writing_twice(landing: Landing) -> None:
    virtual = datetime(2024, 5, 6, 7, tzinfo=UTC)
    writer = landing.begin("jira", "sandbox")
    writer.hear(virtual)
    writer.write(batch("issue", "1"))
    commit = writer.commit(Outcome({}, "complete", server_time=virtual))
    assert [row["_known_at"] for row in read(landing)] == [virtual.replace(tzinfo=None)]
    assert commit.files[0].path.endswith("-0000.parquet")


def test_what_is_synced_later_is_known_later_even_when_the_server_goes_back_in_time(landing: Landing) -> None:
    known = []
    for hours in (5, 3, 4):
        writer = landing.begin("jira", "main")
        writer.write(batch("issue", str(hours)))
        known.append(writer.commit(Outcome({}, "complete", server_time=NOON - timedelta(hours=hours))).known_at)
    assert known == sorted(set(known))
    assert [row["_known_at"].replace(tzinfo=UTC) for row in read(landing)] == known
    assert landing.server_time() == NOON - timedelta(hours=4)


def test_a_small_difference_of_clocks_is_kept_but_rewrites_nothing(landing: Landing) -> None:
    writer = landing.begin("jira", "main")
    writer.write(batch("issue", "1"))
    commit = writer.commit(Outcome({}, "complete", server_time=writer.started_at + timedelta(seconds=20)))
    assert commit.clock_offset_seconds == 20
    assert commit.known_at == commit.started_at
    assert commit.files[0].path.endswith("-0000.parquet")


def test_large_syncs_are_cut_into_row_groups_and_parts(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landing_parts, "ROW_GROUP_BYTES", 4_000)
    monkeypatch.setattr(landing_parts, "PART_BYTES", 9_000)
    writer = landing.begin("jira", "main")
    for number in range(100):
        writer.write(batch("issue" if number % 3 else "sprint", str(number), payload=b"x" * 700))
    commit = writer.commit(outcome())
    assert sum(f.stream == "issue" for f in commit.files) > 3
    assert sorted(keys(landing) + keys(landing, "sprint"), key=int) == [str(n) for n in range(100)]
    assert commit.rows == {"issue": 66, "sprint": 34}
    assert landing.verify() == []


def test_bytes_that_are_no_text_are_kept_as_far_as_possible_and_reported(landing: Landing) -> None:
    writer = landing.begin("jira", "main")
    writer.write(Batch("issue", ["1", "2\ud800"], [b'{"a":"\xff"}', b"{}"], [None, None], [False, False]))
    commit = writer.commit(outcome())
    assert [row["payload"] for row in read(landing)] == ['{"a":"\ufffd"}', "{}"]
    assert commit.rejected == 1
    assert json.loads(writer.quarantine_path.read_text())["raw"] == '{"a":"\\xff"}'


def test_rejections_are_kept_with_place_and_reason(landing: Landing, tmp_path: Path) -> None:
    writer = landing.begin("registers", "pmo")
    writer.reject(Rejected("risk", "book.xlsx#Risks!7", "impact is no number", "lots \ud800"))
    commit = writer.commit(outcome())
    (line,) = (tmp_path / "quarantine" / f"{commit.sync_id}.jsonl").read_text().splitlines()
    assert json.loads(line)["location"] == "book.xlsx#Risks!7"
    assert commit.rejected == 1


def test_what_a_crash_left_behind_is_discarded_and_the_committed_stays(landing: Landing) -> None:
    landing.begin("jira", "main").commit(outcome())
    kept = landing.begin("jira", "main")
    kept.write(batch("issue", "kept"))
    kept.commit(outcome())
    crashed = landing.begin("jira", "main")
    crashed.write(batch("issue", "lost"))
    crashed.reject(Rejected("issue", "x", "y", "z"))
    crashed.finish(outcome())
    assert landing.discard_uncommitted("jira", "main") == 1
    assert keys(landing) == ["kept"]
    assert not crashed.quarantine_path.exists()
    assert landing.verify() == []
    with pytest.raises(LandingError, match="changed while it was landed"):
        crashed.commit(outcome())


def test_the_same_sync_cannot_be_committed_twice(landing: Landing) -> None:
    first = landing.begin("jira", "main")
    second = landing.begin("jira", "main")
    second.sync_id = first.sync_id
    first.write(batch("issue", "1"))
    first.commit(outcome(n=1))
    with pytest.raises(LandingError, match="already committed"):
        second.commit(outcome(n=2))
    assert landing.checkpoint("jira", "main") == {"n": 1}


def test_two_writers_at_once_do_not_disturb_each_other(landing: Landing) -> None:
    def work(name: str) -> None:
        for number in range(5):
            writer = landing.begin("jira", name)
            writer.write(batch("issue", f"{name}{number}"))
            writer.commit(outcome(n=number))

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(keys(landing)) == [f"{name}{number}" for name in "ab" for number in range(5)]
    assert landing.checkpoint("jira", "a") == landing.checkpoint("jira", "b") == {"n": 4}
    assert landing.verify() == []
