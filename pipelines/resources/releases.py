"""What readers see: releases, each built apart and whole, and one symlink that says which is current.

A reader keeps the files it opened; a new one gets the new release. Nothing is ever changed in place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson

from connectors.errors import SourceError
from pipelines.clock import now, stamp
from pipelines.crashpoints import crashpoint
from pipelines.resources.disk import explain_full_disk
from pipelines.resources.locks import BusyError, hold

DATABASE = "portfolio.duckdb"
PARQUET = "parquet"
MANIFEST = "manifest.json"
KEPT = timedelta(hours=1)
_BUILDING = ".building-"
_STAMP = "%Y%m%dT%H%M%S%fZ"
_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH

Page = Callable[[Path], str | bytes | None]
"""Makes one file of a release, given the release's folder: it returns the content, or writes the file itself."""


class PublishError(SourceError):
    """A release could not be made; the one before it stays current."""


class PublishBusyError(BusyError):
    """Another process is publishing."""


@dataclass(frozen=True)
class Release:
    """One release as its manifest tells it."""

    release_id: str
    path: Path
    as_of: datetime
    row_counts: Mapping[str, int]


class Releases:
    """The folder `published/`."""

    def __init__(self, root: Path, *, lock_wait_seconds: float = 120.0, clock: Callable[[], datetime] = now) -> None:
        self.root = Path(root).absolute()
        self._wait = lock_wait_seconds
        self.clock = clock

    @property
    def current(self) -> str | None:
        """The id of the release that readers get."""
        try:
            return (self.root / "current").readlink().name
        except OSError:
            return None

    @contextmanager
    def building(self, holder: str = "publish") -> Iterator[Draft]:
        """Build the next release: a draft that `Draft.release` makes current. One publisher at a time, from the
        reading of the warehouse to the swap, so that nothing ever goes backwards."""
        lock = self.root / ".lock"
        with (
            hold(lock, holder, self._wait, f"Publishing to {self.root}", PublishBusyError),
            explain_full_disk(PublishError, "release"),
        ):
            self.clean()
            draft = Draft(self, self._next_id())
            try:
                draft.path.mkdir(parents=True)
                crashpoint("publish.begin")
                yield draft
            finally:
                _remove(draft.path)

    def clean(self) -> None:
        """Remove what crashed publishers left, and releases that were replaced more than an hour ago."""
        folder, current = self.root / "releases", self.current
        names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
        released = [n for n in names if not n.startswith(_BUILDING) and current is not None and n <= current]
        for name in names:
            if name not in released:
                _remove(folder / name)
        for name, successor in pairwise(released):
            if self.clock() - _instant(successor) > KEPT:
                _remove(folder / name)
        for left in self.root.glob(".link-*"):
            left.unlink(missing_ok=True)

    def _next_id(self) -> str:
        """Ids sort as releases were made, even when the clock was set back."""
        instant = self.clock()
        if self.current is not None:
            instant = max(instant, _instant(self.current) + timedelta(microseconds=1))
        return stamp(instant)

    def link(self, name: str, target: str) -> None:
        """Make or swap a symlink in one step."""
        link = self.root / name
        with suppress(OSError):
            if str(link.readlink()) == target:
                return
        temporary = self.root / f".link-{name}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(target)
        crashpoint("publish.link")
        temporary.replace(link)


class Draft:
    """A release being built, which nobody can see yet."""

    def __init__(self, releases: Releases, release_id: str) -> None:
        self._releases = releases
        self.release_id = release_id
        self.path = releases.root / "releases" / f"{_BUILDING}{release_id}"

    @property
    def database(self) -> Path:
        return self.path / DATABASE

    def release(self, as_of: datetime, row_counts: Mapping[str, int], pages: Mapping[str, Page]) -> Release:
        """Write pages and manifest, make all files read-only and swap the symlink."""
        facts: dict[str, Any] = {
            "id": self.release_id,
            "as_of": _aware(as_of).strftime("%Y-%m-%d %H:%M:%S"),
            "published_at": self._releases.clock().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
            "row_counts": dict(sorted(row_counts.items())),
        }
        for name, page in pages.items():
            content = page(self.path)
            if content is not None:
                self._write(name, content.encode() if isinstance(content, str) else content)
        crashpoint("publish.pages")
        self._write(MANIFEST, _json(facts | {"files": self._files()}))
        self._protect()
        crashpoint("publish.manifest")
        final = self.path.with_name(self.release_id)
        self.path.rename(final)
        crashpoint("publish.complete")
        try:
            self._swap(pages)
        finally:
            if self._releases.current != self.release_id:
                _remove(final)
        crashpoint("publish.swapped")
        return Release(self.release_id, final, as_of, facts["row_counts"])

    def _swap(self, pages: Mapping[str, Page]) -> None:
        for name in (DATABASE, PARQUET, MANIFEST, *pages):
            self._releases.link(name, f"current/{name}")
        crashpoint("publish.links")
        self._releases.link("current", f"releases/{self.release_id}")

    def _files(self) -> dict[str, dict[str, Any]]:
        found = {}
        for path in sorted(p for p in self.path.rglob("*") if p.is_file() and p.name != MANIFEST):
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(self.path).as_posix()] = {"bytes": path.stat().st_size, "sha256": digest}
        return found

    def _protect(self) -> None:
        """Read-only and on the disk: after a power cut, current must not point at empty files."""
        for path in self.path.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                path.chmod(_READ_ONLY)

    def _write(self, name: str, content: bytes) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def release_id_of(path: Path) -> str:
    """The id of the release in this folder, which may be a draft."""
    return path.name.removeprefix(_BUILDING)


def _aware(instant: datetime) -> datetime:
    """An instant without zone is UTC, as everywhere in the warehouse."""
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _json(content: Mapping[str, Any]) -> bytes:
    return orjson.dumps(content, option=orjson.OPT_INDENT_2) + b"\n"


def _instant(release_id: str) -> datetime:
    return datetime.strptime(release_id, _STAMP).replace(tzinfo=UTC)


def _remove(path: Path) -> None:
    """Remove a release as far as possible; what stays is tried again at the next publish."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
