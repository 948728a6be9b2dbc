"""Finds the register files in the drop folder and reads each as grids of cells, or says why it cannot be read now.

What the cells mean is not decided here (see records).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from connectors.registers.cells import Cell

WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".ods")
LARGEST_BYTES = 64 * 1024 * 1024  # a register is a few hundred kB; more is a mistake or an attack
LARGEST_CELLS = 20_000_000
OLE_CONTAINER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # an encrypted workbook is a container around this
PROTECTED = "it is protected by a password; save it without one"
DELIMITERS = ",;\t|"


class Unreadable(Exception):  # noqa: N818 - a state of the file, not a fault of the program
    """Why a file cannot be read at present, in words for the person who keeps it."""


@dataclass(frozen=True)
class Grid:
    """One sheet as rows of cells; the index in `rows` plus one is the row number the person sees."""

    title: str
    rows: list[list[Cell]]


@dataclass(frozen=True)
class RegisterFile:
    """A file as it lies in the folder; `size` and `mtime_ns` tell cheaply whether it was touched."""

    path: Path
    size: int
    mtime_ns: int

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def modified_at(self) -> datetime:
        return datetime.fromtimestamp(self.mtime_ns // 1000 / 1_000_000, tz=UTC)


def list_files(folder: Path) -> list[RegisterFile]:
    """The register files of the folder, the one that wins on a shared key last (by time, then name)."""
    found = [_stat(path) for path in folder.iterdir() if _is_register(path)]
    return sorted((file for file in found if file), key=lambda file: (file.mtime_ns, file.name))


def is_open_elsewhere(folder: Path, name: str) -> bool:
    """Whether Excel's or LibreOffice's lock file says that somebody is editing `name`."""
    return (folder / f"~${name}").exists() or (folder / f".~lock.{name}#").exists()


def _is_register(path: Path) -> bool:
    if path.name.startswith((".", "~")):  # hidden files, and the lock files of Excel and LibreOffice
        return False
    return path.suffix.lower() in (*WORKBOOKS, ".csv") and not path.is_dir()


def _stat(path: Path) -> RegisterFile | None:
    try:
        stat = path.stat()
    except FileNotFoundError:  # went away between listing and looking
        return None
    except OSError:  # there, but not for us: reading it will say why
        return RegisterFile(path, -1, 0)
    return RegisterFile(path, stat.st_size, stat.st_mtime_ns)


def read_bytes(file: RegisterFile) -> tuple[bytes, str]:
    """The content and its hash. Raises Unreadable, also when the file changes under our hands."""
    if file.size > LARGEST_BYTES:
        raise Unreadable(f"it is larger than {LARGEST_BYTES // 1024**2} MB, which no register is")
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise Unreadable(f"it cannot be opened ({error.strerror or error}); is it locked or not permitted?") from error
    if _stat(file.path) != file or len(content) != file.size:
        raise Unreadable("it is being written at this moment; the next sync reads it")
    return content, hashlib.sha256(content).hexdigest()


def is_readable(file: RegisterFile) -> bool:
    """Whether a file that could not be read before is worth another try."""
    if file.size > LARGEST_BYTES:
        return False
    try:
        with file.path.open("rb") as stream:
            stream.read(1)
    except OSError:
        return False
    return True


def grids(file: RegisterFile, content: bytes) -> Iterator[Grid]:
    """Every sheet of the file. Raises Unreadable."""
    if not content:
        raise Unreadable("it is empty; perhaps a copy was cut off")
    if file.path.suffix.lower() == ".csv":
        yield Grid(file.path.stem, _csv_rows(content))
        return
    if ENCRYPTED in content and content.startswith(OLE_CONTAINER):
        raise Unreadable(PROTECTED)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            if sheet.total_height * sheet.total_width > LARGEST_CELLS:
                raise Unreadable(f"its sheet {name} has a stray cell far outside the table; delete it and save again")
            yield Grid(name, [list(row) for row in sheet.to_python(skip_empty_area=False)])
    except PasswordError as error:
        raise Unreadable(PROTECTED) from error
    except (CalamineError, ValueError) as error:
        raise Unreadable(f"it is damaged or not a workbook ({error}); open it and save it again") from error


def _csv_rows(content: bytes) -> list[list[Cell]]:
    text = _decode(content)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint line
        delimiter, text = first.strip()[-1], "\n" + rest
    else:
        heading = next((line for line in text.splitlines() if line.strip()), "")
        delimiter = max(DELIMITERS, key=heading.count)
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)]
    except csv.Error as error:
        raise Unreadable(f"its text breaks off or is not CSV ({error})") from error


def _decode(content: bytes) -> str:
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    # cp1252 is what Excel writes in western Europe
    for encoding in ["utf-16"] if is_utf16 else ["utf-8-sig", "cp1252", "latin-1"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable("its text encoding is unknown; save it as CSV UTF-8")
