"""How a sheet of a register is described: its columns, their types in the warehouse, and the stream it becomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.source import Stream

Kind = Literal["text", "key", "currency", "date", "integer", "amount", "ratio", "weight", "rate"]

DUCKDB_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "key": "VARCHAR",
    "currency": "VARCHAR",
    "date": "DATE",
    "integer": "INTEGER",
    "amount": "DECIMAL(18,2)",
    "ratio": "DECIMAL(5,4)",
    "weight": "DECIMAL(9,4)",
    "rate": "DECIMAL(18,8)",
}
# where the row stood, so that a finding can say which line of which file to mend
LINEAGE = {"project_site": "VARCHAR", "file": "VARCHAR", "row": "INTEGER"}


@dataclass(frozen=True)
class Column:
    """One column of a sheet; `choices` closes its vocabulary."""

    name: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One sheet of a register (or the CSV file of the same name) and the stream it becomes."""

    stream: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def declared(self) -> Stream:
        fields = {column.name: DUCKDB_TYPES[column.kind] for column in self.columns}
        return Stream(name=self.stream, key="/".join(self.key), fields=fields | LINEAGE, snapshot=True)
