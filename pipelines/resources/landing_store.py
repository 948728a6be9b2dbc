"""Where landing files lie: a local folder, or an object store by its URL, with put-if-absent as the one promise.

It knows names and bytes; what they mean is `landing.py`.
"""

from __future__ import annotations

import os
import uuid
from contextlib import closing, suppress
from pathlib import Path
from typing import Protocol

from pipelines.crashpoints import crashpoint
from pipelines.settings_places import OBJECTS


class Sink(Protocol):
    """A file being written."""

    def write(self, data: bytes, /) -> int: ...

    def close(self) -> None: ...


class Store(Protocol):
    """Files by name below one root. Names use `/`; nothing is ever overwritten."""

    def create(self, name: str) -> Sink:
        """Open a new file for writing; it may not exist. Closing it makes its content durable."""
        ...

    def put_new(self, name: str, data: bytes) -> None:
        """Make a whole file appear at once; FileExistsError when the name is taken."""
        ...

    def read(self, name: str) -> bytes: ...

    def names(self, folder: str) -> list[str]:
        """The file names directly in a folder, sorted; an absent folder is empty."""
        ...

    def folders(self, folder: str) -> list[str]:
        """The names of the folders directly in a folder, sorted."""
        ...

    def size(self, name: str) -> int: ...

    def tail(self, name: str, count: int) -> bytes:
        """The last bytes of a file."""
        ...

    def remove(self, name: str) -> None: ...

    def drafts(self, folder: str) -> list[str]:
        """The names of files that a crash kept from appearing; no reader sees them."""
        ...

    def address(self, name: str) -> str:
        """What DuckDB opens: an absolute path or a URL."""
        ...


def open_store(root: str | Path) -> Store:
    """A store for a folder, or for a URL such as `s3://bucket/landing`."""
    if str(root).startswith(OBJECTS):
        from pipelines.resources.landing_objects import S3Store

        return S3Store(str(root))
    return LocalStore(Path(root))


class _DurableFile:
    """A file that is on the disk, not in a cache, once it is closed."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")

    def write(self, data: bytes, /) -> int:
        return self._file.write(data)

    def close(self) -> None:
        if not self._file.closed:
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
            finally:
                self._file.close()


class LocalStore:
    """A folder on this machine. A name appears by a hard link, which fails if it is taken: atomic put-if-absent."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def create(self, name: str) -> Sink:
        return _DurableFile(self.root / name)

    def put_new(self, name: str, data: bytes) -> None:
        target = self.root / name
        draft = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
        try:
            with closing(_DurableFile(draft)) as file:
                file.write(data)
            crashpoint("store.draft")
            os.link(draft, target)
        finally:
            with suppress(OSError):
                draft.unlink()
        sync_folder(target.parent)

    def read(self, name: str) -> bytes:
        return (self.root / name).read_bytes()

    def names(self, folder: str) -> list[str]:
        try:
            with os.scandir(self.root / folder) as entries:
                return sorted(e.name for e in entries if not e.name.startswith(".") and e.is_file())
        except FileNotFoundError:
            return []

    def folders(self, folder: str) -> list[str]:
        try:
            with os.scandir(self.root / folder) as entries:
                return sorted(e.name for e in entries if e.is_dir())
        except FileNotFoundError:
            return []

    def size(self, name: str) -> int:
        return (self.root / name).stat().st_size

    def tail(self, name: str, count: int) -> bytes:
        with (self.root / name).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - count))
            return file.read()

    def remove(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)

    def drafts(self, folder: str) -> list[str]:
        place = self.root / folder
        return sorted(path.name for path in place.glob(".*.*") if path.is_file()) if place.is_dir() else []

    def address(self, name: str) -> str:
        return str(self.root / name)


def sync_folder(folder: Path) -> None:
    """Make a new name durable; file systems that cannot are left alone."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
