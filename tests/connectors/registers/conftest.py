"""A drop folder that a test fills as a PMO would: workbooks, CSV files, and times that move on at each save."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import orjson
import pytest

from connectors.registers.source import RegistersSource
from connectors.source import Batch, Json, Outcome, Progress, Rejected, SiteConfig

Rows = list[list[object]]
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass
class Synced:
    records: dict[str, dict[str, dict[str, Json]]]
    tombstones: list[tuple[str, str]]
    rejected: list[Rejected]
    progress: list[str]
    outcome: Outcome


class DropFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.saves = 0
        self.checkpoint: Mapping[str, Json] | None = None
        self.source = RegistersSource(
            SiteConfig("registers", "pmo", {"folder": str(path), "project_site": "jira"}), lambda: NOW
        )

    def workbook(self, name: str = "register.xlsx", **sheets: Rows) -> Path:
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, rows in sheets.items():
            sheet = book.create_sheet(title.replace("__", " "))
            for row in rows:
                sheet.append(row)
        book.save(self.path / name)
        return self.saved(name)

    def file(self, name: str, content: str | bytes) -> Path:
        data = content.encode() if isinstance(content, str) else content
        (self.path / name).write_bytes(data)
        return self.saved(name)

    def saved(self, name: str) -> Path:
        """Each save is one second after the one before, whatever the machine's clock says."""
        self.saves += 1
        os.utime(self.path / name, (1_770_000_000 + self.saves, 1_770_000_000 + self.saves))
        return self.path / name

    def sync(self, *, full: bool = False) -> Synced:
        records: dict[str, dict[str, dict[str, Json]]] = {}
        result = Synced(records, [], [], [], Outcome({}, "complete"))
        items = list(self.source.sync(self.checkpoint, full=full))
        assert isinstance(items[-1], Outcome)
        for item in items:
            if isinstance(item, Batch):
                for key, payload, gone in zip(item.keys, item.payloads, item.deleted, strict=True):
                    if gone:
                        result.tombstones.append((item.stream, key))
                    else:
                        records.setdefault(item.stream, {})[key] = orjson.loads(payload)
            elif isinstance(item, Rejected):
                result.rejected.append(item)
            elif isinstance(item, Progress):
                result.progress.append(item.message)
            else:
                result.outcome = item
        # a checkpoint lives in a JSON file between two syncs
        self.checkpoint = orjson.loads(orjson.dumps(result.outcome.checkpoint))
        return result


@pytest.fixture
def drop(tmp_path: Path) -> DropFolder:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return DropFolder(folder)
