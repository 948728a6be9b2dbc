"""The register drop folder as a source: the PMO saves a workbook, the warehouse follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from connectors.errors import ConfigurationError
from connectors.registers.config import RegistersConfig
from connectors.registers.folder import (
    RegisterFile,
    Unreadable,
    grids,
    is_open_elsewhere,
    is_readable,
    list_files,
    read_bytes,
)
from connectors.registers.records import read_sheet, sheet_named
from connectors.registers.snapshot import FileState, Keys, compare
from connectors.registers.streams import SHEETS, STREAMS
from connectors.source import Clock, Completeness, Finding, Item, Json, Outcome, Progress, SiteConfig, Stream

Before = Mapping[str, Mapping[str, Any]]  # the checkpoint's "files": name -> what the last sync saw


class RegistersSource:
    """Reads the workbooks and CSV files of one drop folder; each sheet is a snapshot stream."""

    type = "registers"
    streams: tuple[Stream, ...] = STREAMS

    def __init__(self, config: SiteConfig, clock: Clock) -> None:
        self.config = config
        self.site = config.site
        self.clock = clock

    def sync(self, checkpoint: Mapping[str, Json] | None, *, full: bool = False) -> Iterator[Item]:
        config = RegistersConfig.parse(self.config)
        files = _list(config)
        before: Before = (checkpoint or {}).get("files", {})
        if not full and not _differs(config, files, before):
            yield Progress("Registers: no file has changed")
            yield _unchanged(checkpoint or {})
            return
        states: list[FileState] = []
        for file in files:
            yield Progress(f"Reading {file.name}", len(states), len(files))
            state = FileState(file)
            yield from _read(state, before.get(file.name), config)
            yield from state.rejected
            states.append(state)
        # what cannot be read has no time to compare, so a file that is gone for now counts as the oldest
        states = _vanished(config, files, before) + states
        landed: Keys = {stream: dict(keys) for stream, keys in (checkpoint or {}).get("landed", {}).items()}
        yield from compare(states, landed, self.clock(), full=full)
        outcome = _outcome(states, landed)
        outcome.certificates += tuple(_farewells(before, outcome.certificates))
        yield outcome

    def changed(self, checkpoint: Mapping[str, Json] | None) -> bool:
        config = RegistersConfig.parse(self.config)
        return _differs(config, _list(config), (checkpoint or {}).get("files", {}))

    def check(self) -> list[Finding]:
        try:
            config = RegistersConfig.parse(self.config)
        except ConfigurationError as error:
            return [Finding("settings", False, error.message, error.remedy)]
        try:
            files = _list(config)
        except ConfigurationError as error:
            return [Finding("drop folder", False, error.message, error.remedy)]
        findings = [Finding("drop folder", True, f"{config.folder} holds {len(files)} register file(s)")]
        if not files:
            names = ", ".join(sheet.title for sheet in SHEETS)
            remedy = f"Save a workbook with the sheets {names} there, or CSV files of the same names in lower case."
            findings = [Finding("drop folder", False, f"{config.folder} is empty.", remedy)]
        return findings + [_check_file(file, config) for file in files]


def _list(config: RegistersConfig) -> list[RegisterFile]:
    try:
        return list_files(config.folder)
    except FileNotFoundError:
        message = f"The drop folder {config.folder} of the registers site '{config.site}' does not exist."
        raise ConfigurationError(message, f"Create it with: mkdir -p '{config.folder}'") from None
    except OSError as error:
        message = (
            f"The drop folder {config.folder} of the registers site '{config.site}' cannot be read: {error.strerror}."
        )
        raise ConfigurationError(message, "It must be a folder that this user may list.") from error


def _differs(config: RegistersConfig, files: Sequence[RegisterFile], before: Before) -> bool:
    """Whether a sync would see anything else than the last one did; looks at names, sizes and times only."""
    gone = _gone(config, files, before)
    if any(not problem or problem != before[name]["problem"] for name, problem in gone.items()):
        return True
    return any(_is_touched(file, before.get(file.name)) for file in files)


def _is_touched(file: RegisterFile, before: Mapping[str, Any] | None) -> bool:
    if before is None or [file.size, file.mtime_ns] != before["stat"]:
        return True
    return before["sha256"] is None and is_readable(file)  # could not be opened then, but now


def _read(state: FileState, before: Mapping[str, Any] | None, config: RegistersConfig) -> Iterator[Item]:
    try:
        content, state.sha256 = read_bytes(state.file)
        for grid in list(grids(state.file, content)):  # all of it first: a file is read whole or held whole
            sheet = sheet_named(grid.title)
            if sheet is None:
                known = ", ".join(sheet.title for sheet in SHEETS)
                yield Progress(f"{state.file.name}: '{grid.title}' is not a register sheet ({known}); left out")
                continue
            rows = read_sheet(sheet, grid, state.file.name, config.project_site)
            state.take(rows, (before or {}).get("keys", {}), config.site)
    except Unreadable as problem:
        state.hold(before, str(problem), config.site)
        yield Progress(f"{state.file.name} is not read: {problem}")


def _gone(config: RegistersConfig, files: Sequence[RegisterFile], before: Before) -> dict[str, str]:
    """Files of the last sync that are no longer there, and why that may not be for good (empty: it is)."""
    names = sorted(before.keys() - {file.name for file in files})
    if not files:
        return dict.fromkeys(names, "the folder is suddenly empty; to retire its rows, leave a file with headings only")
    saving = "it is being saved by someone who has it open"
    return {name: saving if is_open_elsewhere(config.folder, name) else "" for name in names}


def _vanished(config: RegistersConfig, files: Sequence[RegisterFile], before: Before) -> list[FileState]:
    held = []
    for name, problem in _gone(config, files, before).items():
        if problem:
            state = FileState(RegisterFile(config.folder / name, -1, 0))
            state.hold(before[name], problem, config.site)
            held.append(state)
    return held


def _outcome(states: Sequence[FileState], landed: Keys) -> Outcome:
    checkpoint = {
        "files": {
            state.file.name: {
                "sha256": state.sha256,
                "stat": [state.file.size, state.file.mtime_ns],
                "problem": state.problem,
                "is_short": state.is_short,
                "keys": state.keys,
                "certificates": [asdict(certificate) for certificate in state.certificates],
            }
            for state in states
        },
        "landed": landed,
    }
    return _unchanged(checkpoint)


def _farewells(before: Before, certificates: Sequence[Completeness]) -> Iterator[Completeness]:
    """Files and sheets that are gone for good owe nothing any more; said once, so that old gaps do not linger."""
    scopes = {item.scope_id for item in certificates}
    for item in (item for file in before.values() for item in file["certificates"]):
        if item["scope_id"] not in scopes:
            settled = {"source_count": 0, "held_count": 0, "status": "complete", "missing": (), "detail": "removed"}
            yield Completeness(**item | settled)


def _unchanged(checkpoint: Mapping[str, Json]) -> Outcome:
    """The outcome that a checkpoint stands for: its certificates hold for as long as its files do.

    Refused rows are for the quarantine and the certificates; only a file or sheet left out makes a sync partial.
    """
    files: Before = checkpoint.get("files", {})
    certificates = tuple(
        Completeness(**item | {"missing": tuple(item["missing"])})
        for file in files.values()
        for item in file["certificates"]
    )
    short = [item for item in certificates if item.status != "complete"]
    detail = "; ".join(sorted({item.detail and f"{item.scope_key}: {item.detail}" for item in short}))
    is_short = any(file["is_short"] for file in files.values())
    return Outcome(checkpoint, "partial" if is_short else "complete", certificates, detail=detail)


def _check_file(file: RegisterFile, config: RegistersConfig) -> Finding:
    state = FileState(file)
    for _ in _read(state, None, config):
        pass
    if state.problem:
        return Finding(
            file.name, False, f"It cannot be read: {state.problem}.", "Mend the file; its last good rows stay."
        )
    counts = ", ".join(f"{item.held_count} {item.stream} rows" for item in state.certificates)
    if not state.certificates:
        return Finding(file.name, False, "It has no register sheet.", "Name its sheets as the register does.")
    if not state.rejected:
        return Finding(file.name, True, counts)
    first = state.rejected[0]
    detail = f"{counts}; {len(state.rejected)} refused, the first: {first.location}: {first.reason}"
    # refused rows are the register keeper's daily business; a sheet that cannot be used at all is not
    return Finding(file.name, not state.is_short, detail, "Mend what the quarantine file of the next sync names.")
