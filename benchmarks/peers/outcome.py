"""What a run delivered against what was there: the arithmetic of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Delivered:
    """Issues and history entries that are at the source, and what the peer left: rows and different ones."""

    issues_there: int
    issue_rows: int
    issues: int
    histories_there: int
    history_rows: int
    histories: int

    @classmethod
    def of(cls, there: tuple[int, int], counted: Mapping[str, int]) -> Delivered:
        return cls(issues_there=there[0], histories_there=there[1], **counted)

    @property
    def missing(self) -> int:
        return self.issues_there - self.issues

    @property
    def duplicates(self) -> int:
        return self.issue_rows - self.issues + self.history_rows - self.histories

    @property
    def histories_missing(self) -> int:
        return self.histories_there - self.histories


def verdict(status: int | None, delivered: Delivered, stopped: str = "", *, histories: bool = False) -> str:
    """One word for a cell. Silent loss: it says that all went well, and something is missing.

    `histories`: whether history entries count too, or only issues.
    """
    if stopped:
        return "endless" if stopped == "endless" else f"stopped after {stopped}"
    if status:
        return f"exit {status}"
    if delivered.missing:
        return "SILENT LOSS"
    if histories and delivered.histories_missing:
        return "SILENT LOSS of histories"
    return "duplicates" if delivered.duplicates else "complete"


def figures(delivered: Delivered) -> dict[str, int]:
    """For the JSON line."""
    derived = {name: getattr(delivered, name) for name in ("missing", "duplicates", "histories_missing")}
    return {**asdict(delivered), **derived}


def middle(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of repeated measurements of the same work, name by name; how it ended is the worst that was seen."""
    merged = dict(next((line for line in lines if line["verdict"] != "complete"), lines[0]))
    for name, value in lines[0].items():
        numbers = [line.get(name) for line in lines]
        if isinstance(value, float) and all(isinstance(number, int | float) for number in numbers):
            merged[name] = median(numbers)
    return {**merged, "runs": len(lines)}
