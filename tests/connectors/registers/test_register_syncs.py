"""From one sync to the next: only what changed is told, what is gone is retired, what cannot be read is held."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from connectors.errors import ConfigurationError
from connectors.registers import folder
from connectors.registers.source import RegistersSource
from connectors.source import SiteConfig

if TYPE_CHECKING:
    from tests.connectors.registers.conftest import DropFolder

HEADING = "project_key,project_name\n"


def names(drop: DropFolder, *, full: bool = False) -> dict[str, str]:
    return {key: row["project_name"] for key, row in drop.sync(full=full).records.get("project", {}).items()}


def test_unchanged_folder_yields_nothing_but_keeps_its_certificates(drop: DropFolder) -> None:
    drop.file("projects.csv", HEADING + "A,Alpha\n,broken\n")
    first = drop.sync()
    assert drop.source.changed(drop.checkpoint) is False
    second = drop.sync()
    assert (second.records, second.tombstones, second.rejected) == ({}, [], [])
    assert (second.outcome.status, second.outcome.certificates) == ("complete", first.outcome.certificates)
    assert "1 refused" in second.outcome.detail


def test_only_changed_rows_are_told_even_when_others_move(drop: DropFolder) -> None:
    drop.file("projects.csv", HEADING + "A,Alpha\nB,Beta\n")
    drop.sync()
    drop.file("projects.csv", HEADING + "C,Gamma\nA,Alpha\nB,Better\n")
    assert drop.source.changed(drop.checkpoint) is True
    assert names(drop) == {"C": "Gamma", "B": "Better"}


def test_full_sync_tells_every_row_again(drop: DropFolder) -> None:
    drop.file("projects.csv", HEADING + "A,Alpha\nB,Beta\n")
    drop.sync()
    assert names(drop, full=True) == {"A": "Alpha", "B": "Beta"}


def test_vanished_row_and_vanished_file_yield_tombstones(drop: DropFolder) -> None:
    drop.file("projects.csv", HEADING + "A,Alpha\nB,Beta\n")
    extra = drop.file("objectives.csv", "objective_key,objective_name\nO1,Grow\n")
    drop.sync()
    drop.file("projects.csv", HEADING + "A,Alpha\n")
    extra.unlink()
    second = drop.sync()
    assert second.tombstones == [("project", "B"), ("objective", "O1")]
    told = {item.scope_key: (item.status, item.source_count, item.detail) for item in second.outcome.certificates}
    assert told["objectives.csv#objectives"] == ("complete", 0, "removed")
    assert len(drop.sync().outcome.certificates) == 1
    drop.file("projects.csv", HEADING + "A,Alpha\nB,Beta\n")
    assert names(drop) == {"B": "Beta"}


def test_later_file_wins_and_the_earlier_speaks_again_when_it_goes(drop: DropFolder) -> None:
    drop.workbook("old.xlsx", Projects=[["project_key", "project_name"], ["A", "Old"]])
    later = drop.workbook("new.xlsx", Projects=[["project_key", "project_name"], ["A", "New"]])
    assert names(drop) == {"A": "New"}
    later.unlink()
    second = drop.sync()
    assert (second.records["project"]["A"]["project_name"], second.tombstones) == ("Old", [])


def test_touching_a_file_changes_who_wins(drop: DropFolder) -> None:
    drop.workbook("a.xlsx", Projects=[["project_key", "project_name"], ["A", "First"]])
    drop.workbook("b.xlsx", Projects=[["project_key", "project_name"], ["A", "Second"]])
    drop.sync()
    drop.saved("a.xlsx")
    assert names(drop) == {"A": "First"}


def protected_workbook() -> bytes:
    """The outside of an encrypted workbook: an OLE container with an EncryptedPackage stream."""
    free, end = 0xFFFFFFFF, 0xFFFFFFFE
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    head += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)

    def entry(name: str, kind: int, child: int) -> bytes:
        text = name.encode("utf-16-le")
        start = struct.pack("<HBB", len(text) + 2, kind, 1) + struct.pack("<III", free, free, child)
        return text.ljust(64, b"\0") + start + bytes(36) + struct.pack("<IQ", end, 0)

    directory = entry("Root Entry", 5, 1) + entry("EncryptedPackage", 2, free) + bytes(256)
    return head + struct.pack("<128I", 0xFFFFFFFD, end, *[free] * 126) + directory


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 half a workbook", "damaged"),
        (b"", "cut off"),
        (protected_workbook(), "protected by a password"),
    ],
)
def test_file_that_cannot_be_read_keeps_its_rows(drop: DropFolder, content: bytes, reason: str) -> None:
    drop.workbook("register.xlsx", Projects=[["project_key", "project_name"], ["A", "Alpha"], ["B", "Beta"]])
    drop.file("projects.csv", HEADING + "C,Gamma\n")
    drop.sync()
    drop.file("register.xlsx", content)
    broken = drop.sync()
    assert (broken.tombstones, broken.records, broken.outcome.status) == ([], {}, "partial")
    assert reason in broken.outcome.detail
    assert drop.source.changed(drop.checkpoint) is False
    drop.workbook("register.xlsx", Projects=[["project_key", "project_name"], ["A", "Alpha"], ["B", "Better"]])
    mended = drop.sync()
    assert (list(mended.records["project"]), mended.outcome.status) == (["B"], "complete")


def test_csv_cut_off_inside_a_quoted_cell_is_held(drop: DropFolder) -> None:
    drop.file("projects.csv", HEADING + 'A,"Alpha"\nB,"Beta"\n')
    drop.sync()
    drop.file("projects.csv", HEADING + 'A,"Alp')
    assert drop.sync().tombstones == []


def test_file_written_while_it_is_read_is_held_and_tried_again(
    drop: DropFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop.file("projects.csv", HEADING + "A,Alpha\nB,Beta\n")
    drop.sync()
    drop.file("projects.csv", HEADING + "A,Alpha\n")
    read = Path.read_bytes

    def slow_writer(self: Path) -> bytes:
        content = read(self)
        drop.file(path.name, HEADING + "A,Alpha\nB,Beta\nC,Gamma\n")
        return content

    monkeypatch.setattr(folder.Path, "read_bytes", slow_writer)
    torn = drop.sync()
    monkeypatch.undo()
    assert (torn.tombstones, torn.outcome.status) == ([], "partial")
    assert "being written" in torn.outcome.detail
    assert drop.source.changed(drop.checkpoint) is True
    assert names(drop) == {"C": "Gamma"}


def test_file_that_may_not_be_opened_is_held_until_it_may(drop: DropFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    drop.file("projects.csv", HEADING + "A,Alpha\n")
    drop.sync()
    drop.saved("projects.csv")

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as locked:
        locked.setattr(folder.Path, "read_bytes", refuse)
        locked.setattr(folder.Path, "open", refuse)
        synced = drop.sync()
        assert (synced.tombstones, synced.outcome.status) == ([], "partial")
        assert "Permission denied" in synced.outcome.detail
        assert drop.source.changed(drop.checkpoint) is False
    assert drop.source.changed(drop.checkpoint) is True


def test_row_that_becomes_bad_keeps_its_last_good_version(drop: DropFolder) -> None:
    drop.file("projects.csv", "project_key,phase\nA,active\nB,active\n")
    drop.sync()
    drop.file("projects.csv", "project_key,phase\nA,dreaming\nB,closed\n")
    synced = drop.sync()
    assert (list(synced.records["project"]), synced.tombstones) == (["B"], [])
    drop.file("projects.csv", "name,phase\nA,active\n")
    assert drop.sync().tombstones == []


def test_file_being_saved_in_excel_and_a_suddenly_empty_folder_are_held(drop: DropFolder) -> None:
    register = drop.file("projects.csv", HEADING + "A,Alpha\n")
    other = drop.file("objectives.csv", "objective_key,objective_name\nO1,Grow\n")
    drop.sync()
    register.unlink()
    lock = drop.file("~$projects.csv", "ana")
    assert (drop.sync().tombstones, drop.source.changed(drop.checkpoint)) == ([], False)
    lock.unlink()
    other.unlink()
    bare = drop.sync()
    assert (bare.tombstones, bare.outcome.status) == ([], "partial")
    assert drop.source.changed(drop.checkpoint) is False
    drop.file("objectives.csv", "objective_key,objective_name\n")
    assert drop.sync().tombstones == [("project", "A"), ("objective", "O1")]


def test_missing_folder_stops_the_sync_and_check_says_how_to_make_it(drop: DropFolder) -> None:
    drop.path.rmdir()
    with pytest.raises(ConfigurationError, match="mkdir -p"):
        list(drop.source.sync(None))
    (finding,) = drop.source.check()
    assert (finding.ok, "mkdir -p" in finding.remedy) == (False, True)


def test_missing_option_names_itself() -> None:
    source = RegistersSource(SiteConfig("registers", "pmo", {"folder": "inbox"}), lambda: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(ConfigurationError, match="project_site"):
        source.changed(None)
    assert source.check()[0].ok is False


def test_check_tells_the_rows_and_the_first_refusal(drop: DropFolder) -> None:
    assert "is empty" in drop.source.check()[0].detail
    drop.file("projects.csv", HEADING + "A,Alpha\n,nobody\n")
    drop.file("objectives.csv", b"\xff\xfe\x00")
    findings = {finding.check: finding for finding in drop.source.check()}
    assert findings["drop folder"].ok is True
    assert "1 refused, the first: projects.csv#projects!3: project_key is empty" in findings["projects.csv"].detail
    assert "encoding" in findings["objectives.csv"].detail
