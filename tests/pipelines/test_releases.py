"""Releases: whole, read-only, swapped in one step; the old ones stay an hour, the partial ones do not."""

from __future__ import annotations

import errno
import hashlib
import json
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.resources.releases import PublishBusyError, PublishError, Release, Releases, release_id_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Wall:
    """A wall clock that moves when told."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def releases(tmp_path: Path, wall: Wall) -> Releases:
    return Releases(tmp_path / "published", lock_wait_seconds=0.05, clock=wall)


def publish(releases: Releases, content: str = "x") -> Release:
    with releases.building() as draft:
        draft.database.write_text(content)
        (draft.path / "parquet").mkdir()
        (draft.path / "parquet" / "a.parquet").write_text(content)
        return draft.release(NOON.replace(tzinfo=None), {"marts.a": 3}, {"index.html": lambda _: f"<p>{content}"})


def names(releases: Releases) -> list[str]:
    return sorted(p.name for p in (releases.root / "releases").iterdir())


def test_a_release_is_reached_through_fixed_links(releases: Releases) -> None:
    release = publish(releases, "one")
    assert releases.current == release.release_id
    for name, wanted in (("portfolio.duckdb", "one"), ("parquet/a.parquet", "one"), ("index.html", "<p>one")):
        assert (releases.root / name).read_text() == wanted
    links = {n: str((releases.root / n).readlink()) for n in ("current", "portfolio.duckdb", "parquet", "index.html")}
    assert links == {
        "current": f"releases/{release.release_id}",
        "portfolio.duckdb": "current/portfolio.duckdb",
        "parquet": "current/parquet",
        "index.html": "current/index.html",
    }
    publish(releases, "two")
    assert (releases.root / "portfolio.duckdb").read_text() == "two"
    assert (release.path / "portfolio.duckdb").read_text() == "one"


def test_the_old_release_is_current_until_the_very_swap(releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(releases, "one")
    replace = Path.replace
    seen: list[str] = []

    def watched(path: Path, target: Path) -> Path:
        seen.append((releases.root / "portfolio.duckdb").read_text())
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", watched)
    publish(releases, "two")
    assert seen == ["one"]
    assert (releases.root / "portfolio.duckdb").read_text() == "two"


def test_the_manifest_tells_id_as_of_counts_and_hashes(releases: Releases) -> None:
    release = publish(releases, "one")
    manifest = json.loads((releases.root / "manifest.json").read_text())
    assert (manifest["id"], manifest["as_of"]) == (release.release_id, "2026-03-01 12:00:00")
    assert manifest["row_counts"] == {"marts.a": 3}
    assert set(manifest["files"]) == {"portfolio.duckdb", "parquet/a.parquet", "index.html"}
    assert manifest["files"]["index.html"] == {"bytes": 6, "sha256": hashlib.sha256(b"<p>one").hexdigest()}


def test_a_page_knows_its_release_and_may_write_itself(releases: Releases) -> None:
    def page(path: Path) -> None:
        (path / "own.html").write_text(release_id_of(path))

    with releases.building() as draft:
        release = draft.release(NOON, {}, {"own.html": page})
    assert (releases.root / "own.html").read_text() == release.release_id


def test_all_files_are_read_only(releases: Releases) -> None:
    release = publish(releases)
    for path in release.path.rglob("*"):
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o444


def test_ids_only_go_forward_even_when_the_clock_is_set_back(releases: Releases, wall: Wall) -> None:
    first = publish(releases)
    wall.at -= timedelta(days=1)
    second = publish(releases)
    assert second.release_id > first.release_id
    assert releases.current == second.release_id


def test_a_replaced_release_stays_an_hour_from_its_replacement_on(releases: Releases, wall: Wall) -> None:
    first = publish(releases).release_id
    wall.at += timedelta(days=1)
    second = publish(releases).release_id
    wall.at += timedelta(minutes=59)
    third = publish(releases).release_id
    assert names(releases) == [first, second, third]
    wall.at += timedelta(minutes=2)
    fourth = publish(releases).release_id
    assert names(releases) == [second, third, fourth]


def test_an_old_release_that_is_current_is_never_removed(releases: Releases, wall: Wall) -> None:
    only = publish(releases).release_id
    wall.at += timedelta(days=365)
    releases.clean()
    assert names(releases) == [only]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), ValueError("page is broken")])
def test_a_failure_leaves_the_old_release_and_nothing_of_the_new(releases: Releases, error: Exception) -> None:
    first = publish(releases)

    def broken(_: Path) -> str:
        raise error

    def attempt() -> None:
        with releases.building() as draft:
            draft.database.write_text("half")
            draft.release(NOON, {}, {"index.html": broken})

    with pytest.raises((PublishError, ValueError)) as caught:
        attempt()
    if isinstance(error, OSError):
        assert "disk is full" in str(caught.value)
        assert "Free some space" in str(caught.value)
    assert names(releases) == [first.release_id]
    assert releases.current == first.release_id


def test_a_swap_that_fails_leaves_nothing_of_the_new(releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(releases)

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(PublishError, match="disk is full"):
        publish(releases)
    assert names(releases) == [first.release_id]
    assert (releases.root / "portfolio.duckdb").read_text() == "x"


def test_leftovers_of_crashed_publishers_are_removed(releases: Releases) -> None:
    first = publish(releases)
    folder = releases.root / "releases"
    (folder / ".building-20990101T000000000000Z").mkdir()
    (folder / "20990101T000000000000Z").mkdir()  # complete, but never swapped in
    (folder / "20990101T000000000000Z" / "file").write_text("x")
    second = publish(releases)
    assert names(releases) == [first.release_id, second.release_id]


def test_a_second_publisher_waits_and_then_hears_who_is_at_work(releases: Releases) -> None:
    errors: list[str] = []

    def second() -> None:
        try:
            publish(releases)
        except PublishBusyError as error:
            errors.append(str(error))

    with releases.building("the nightly run"):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "in use by 'the nightly run'" in errors[0]
    assert releases.current is None
