"""The spool: what is added waits until it is taken, is known for a day afterwards, and is never half there."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors.source import Heard, Hint
from pipelines.resources.spool import KEPT, Spool, SpoolError

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def heard(number: int, at: datetime = NOW) -> Heard:
    hint = Hint("jira:issue_updated", at, (str(number),), actor="acc-1")
    return Heard(hint, f"{number:032x}".ljust(64, "0"), f"{number + 1000:032x}".ljust(64, "0"))


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    found = Spool(tmp_path, "jira", "acme")
    found.prepare()
    return found


def test_hints_wait_oldest_first_as_they_were_told(spool: Spool) -> None:
    spool.add(heard(1, NOW + timedelta(seconds=1)))
    spool.add(heard(2))
    spool.add(heard(2))
    assert spool.has_hints()
    assert [one.hint for one in spool.waiting()] == [heard(2).hint, heard(1, NOW + timedelta(seconds=1)).hint]


def test_what_is_taken_no_longer_waits_and_is_still_known(spool: Spool) -> None:
    names = [spool.add(heard(1)), spool.add(heard(2))]
    first, second = spool.waiting()
    spool.take([first], NOW)
    assert spool.waiting() == [second]
    assert sorted(spool.names()) == sorted(names)
    spool.take([first, second], NOW)
    assert not spool.has_hints()
    assert sorted(spool.names()) == sorted(names)


def test_what_would_be_refused_by_its_age_is_forgotten(spool: Spool) -> None:
    spool.add(heard(1))
    spool.take(spool.waiting(), NOW)
    spool.add(heard(2, NOW + KEPT))
    spool.take(spool.waiting(), NOW + KEPT)
    assert len(list(spool.names())) == 2
    spool.add(heard(3, NOW + KEPT))
    spool.take(spool.waiting(), NOW + KEPT + timedelta(seconds=1))
    assert len(list(spool.names())) == 2


def test_a_damaged_hint_says_look_again_and_goes_with_the_others(spool: Spool) -> None:
    name = spool.add(heard(1))
    (spool.folder / "waiting" / name).write_bytes(b'{"event"')
    (one,) = spool.waiting()
    assert (one.hint.keys, one.hint.at) == ((), NOW)
    spool.take([one], NOW)
    assert not spool.has_hints()


def test_strange_files_are_no_hints_and_drafts_are_swept_up(spool: Spool) -> None:
    (spool.folder / "waiting" / "README").write_text("x")
    draft = spool.folder / "waiting" / ".000001772443800000-a.0123"
    draft.write_text("half")
    assert not spool.has_hints()
    spool.prepare()
    assert not draft.exists()


def test_the_spools_of_two_sites_are_apart_and_an_absent_one_is_empty(tmp_path: Path, spool: Spool) -> None:
    spool.add(heard(1))
    other = Spool(tmp_path, "jira", "other")
    assert (other.has_hints(), other.waiting(), list(other.names())) == (False, [], [])
    other.take([], NOW)
    assert not other.folder.exists()


def test_a_full_disk_is_told(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.resources.landing_store.os.link", refuse)
    with pytest.raises(SpoolError, match="disk is full"):
        spool.add(heard(1))
    assert not spool.has_hints()
