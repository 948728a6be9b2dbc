"""The findings as Markdown tables: read in a terminal, pasted into a guide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Line = Mapping[str, Any]
_SPEED = ("", "issues", "issues/s", "CPU µs/issue", "server µs/issue", "MB", "issues delivered", "histories", "ended")


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Columns as wide as their widest cell."""
    body = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[place]) for row in body) for place in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in body
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([lines[0], rule, *lines[1:]])


def speed(lines: Iterable[Line], titles: Mapping[str, str]) -> str:
    """One row a peer and size."""
    return markdown(_SPEED, [_speed_row(line, titles[line["peer"]]) for line in lines])


def _speed_row(line: Line, title: str) -> list[str]:
    if "delivered" not in line:
        return [title, f"{line.get('issues', 0):,}", *[""] * 6, str(line["verdict"])]
    found = line["delivered"]
    return [
        title,
        f"{line['issues']:,}",
        f"{line['rate']:,.0f}",
        f"{line['cpu_us_per_issue']:,.0f}",
        f"{line['server_cpu_us_per_issue']:,.0f}",
        f"{line['peak_memory_mb']:,.0f}",
        of(found["issues"], found["issues_there"]),
        of(found["histories"], found["histories_there"]),
        str(line["verdict"]),
    ]


def of(found: int, there: int) -> str:
    return "all" if found == there else f"{found:,} of {there:,}"


def faults(lines: Sequence[Line], titles: Mapping[str, str]) -> str:
    """A row a fault, a column a peer."""
    peers = list(dict.fromkeys(line["peer"] for line in lines))
    cells = {(line["fault"], line["peer"]): cell(line) for line in lines}
    rows = [
        [fault, *(cells.get((fault, peer), "") for peer in peers)]
        for fault in dict.fromkeys(cell_[0] for cell_ in cells)
    ]
    return markdown(["fault", *(titles[peer] for peer in peers)], rows)


def cell(line: Line) -> str:
    """`complete`, or how it ended, what it had delivered by then, and what the next run made of it."""
    if line["verdict"] == "complete" or "delivered" not in line:
        return str(line["verdict"])
    found = line["delivered"]
    text = f"{line['verdict']}, {found['issues']:,} of {found['issues_there']:,}"
    if found["duplicates"]:
        text += f", {found['duplicates']:,} twice"
    then = line.get("next_run")
    return text if then is None else f"{text}; next run: {cell(then)}"
