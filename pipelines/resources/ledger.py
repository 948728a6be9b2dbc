"""The only writer of what we said: certificates, check results, forecasts, alerts, as append-only Parquet.

The tables' structures are declared in `ledger_tables*.yml`; every entry is cast to them strictly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from connectors.errors import SourceError
from pipelines.clock import STAMP
from pipelines.resources import arrow_columns
from pipelines.resources.disk import explain_full_disk
from pipelines.resources.landing_store import open_store

STRUCTURE_FILE = "structure.parquet"
DECLARATIONS = sorted(Path(__file__).parent.glob("ledger_tables*.yml"))
_TYPES = {
    "VARCHAR": pa.string(),
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "DOUBLE": pa.float64(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us"),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_ENTRY = re.compile(r"[\w][\w.~+-]*")

Rows = Iterable[Mapping[str, Any]]


class LedgerError(SourceError):
    """An entry does not fit its table, or cannot be written."""


@cache
def structures() -> dict[str, dict[str, str]]:
    """Table → column → DuckDB type, as declared."""
    return {table: {name: kind for name, (kind, _) in d["columns"].items()} for table, d in _declared().items()}


@cache
def descriptions() -> dict[str, dict[str, str]]:
    """Table → column → meaning; the table's own under ''."""
    return {
        t: {"": d["description"], **{n: text for n, (_, text) in d["columns"].items()}} for t, d in _declared().items()
    }


@cache
def _declared() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in DECLARATIONS:
        found |= yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


class Ledger:
    """The ledger below a folder, or below an object-store URL."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self.store = open_store(root)

    def append(self, table: str, frame: Any, entry_id: str) -> bool:
        """Write one entry (a pandas frame or rows as mappings); False when this entry was written before."""
        if not _ENTRY.fullmatch(entry_id):
            raise LedgerError(f"The ledger entry id '{entry_id}' cannot be a file name.", "Use letters, digits and -._")
        content = _cast(table, frame)
        sink = pa.BufferOutputStream()
        pq.write_table(content, sink, compression="zstd")
        try:
            with explain_full_disk(LedgerError, "ledger"):
                self.store.put_new(f"{table}/{entry_id}.parquet", sink.getvalue().to_pybytes())
        except FileExistsError:
            return False
        return True

    def after_last(self, table: str, now: datetime) -> datetime:
        """`now`, moved behind the table's last entry: a source's clock may stand still, the order of runs may not.

        For tables whose entry ids begin with a `clock.stamp`.
        """
        names = self.store.names(table)
        last = max((name.partition("-")[0] for name in names if name[:1].isdigit()), default="")
        with suppress(ValueError):
            said = datetime.strptime(last, STAMP).replace(tzinfo=UTC)
            aware = now if now.tzinfo else now.replace(tzinfo=UTC)
            return max(aware, said + timedelta(microseconds=1))
        return now

    def files(self, table: str) -> list[str]:
        """What DuckDB opens to read a table: the paths of its entries, in order of their ids."""
        names = [n for n in self.store.names(table) if n.endswith(".parquet") and n != STRUCTURE_FILE]
        return [self.store.address(f"{table}/{name}") for name in names]

    def pattern(self, table: str) -> str:
        """A pattern over all entries, including those yet to come. It always finds a file: the empty structure."""
        schema = _schema(table)
        name = f"{table}/{STRUCTURE_FILE}"
        sink = pa.BufferOutputStream()
        pq.write_table(schema.empty_table(), sink)
        data = sink.getvalue().to_pybytes()
        with explain_full_disk(LedgerError, "ledger"), suppress(FileExistsError):
            if STRUCTURE_FILE in self.store.names(table) and self.store.read(name) != data:
                self.store.remove(name)  # the table has gained a column
            self.store.put_new(name, data)
        return self.store.address(f"{table}/*.parquet")


def _schema(table: str) -> pa.Schema:
    if table not in structures():
        raise LedgerError(f"There is no ledger table '{table}'.", f"Known: {', '.join(structures())}.")
    return pa.schema([(name, _arrow_type(kind)) for name, kind in structures()[table].items()])


def _arrow_type(kind: str) -> pa.DataType:
    decimal = _DECIMAL.fullmatch(kind)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else _TYPES[kind]


def _cast(table: str, frame: Any) -> pa.Table:
    schema = _schema(table)
    columns, count = _columns(frame)
    unknown = [name for name in columns if name not in schema.names]
    if unknown:
        raise LedgerError(f"The ledger table {table} has no column {', '.join(unknown)}.", "See ledger_tables*.yml.")
    arrays = []
    for field in schema:
        if field.name not in columns:
            arrays.append(pa.nulls(count, field.type))
            continue
        try:
            arrays.append(_cast_column(columns[field.name], field.type))
        except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
            raise LedgerError(
                f"{table}.{field.name} takes {structures()[table][field.name]}, but was given something else: {error}.",
                "Correct what was handed to the ledger; nothing was written.",
            ) from None
    return pa.Table.from_arrays(arrays, schema=schema)


def _columns(frame: Any) -> tuple[dict[str, Any], int]:
    """Columns by name, whatever holds them."""
    if hasattr(frame, "iloc"):
        return {str(name): frame[name] for name in frame.columns}, len(frame)
    rows = list(frame)
    names = dict.fromkeys(name for row in rows for name in row)
    return {name: [row.get(name) for row in rows] for name in names}, len(rows)


def _cast_column(values: Any, wanted: pa.DataType) -> pa.Array:
    """Strict: no text for a number, no number for a text, no fraction for a whole number."""
    found = arrow_columns.plain(values) if isinstance(values, list) else None
    if found is None:
        found = pa.array(values, from_pandas=True)
    if isinstance(found, pa.ChunkedArray):
        found = found.combine_chunks()
    if pa.types.is_null(found.type) or found.null_count == len(found):
        return pa.nulls(len(found), wanted)
    if pa.types.is_dictionary(found.type):
        found = found.dictionary_decode()
    if pa.types.is_large_string(found.type):
        found = found.cast(pa.string())
    if _kind(found.type) != _kind(wanted) and (_kind(found.type), _kind(wanted)) not in _ALLOWED:
        raise TypeError(f"it is {found.type}")
    return _plain_time(found).cast(wanted)


_ALLOWED = {("time", "date"), ("date", "time")}


def _kind(type: pa.DataType) -> str:
    checks = {
        "number": lambda t: pa.types.is_integer(t) or pa.types.is_floating(t) or pa.types.is_decimal(t),
        "text": pa.types.is_string,
        "truth": pa.types.is_boolean,
        "date": pa.types.is_date,
        "time": pa.types.is_timestamp,
    }
    return next((name for name, holds in checks.items() if holds(type)), str(type))


def _plain_time(values: pa.Array) -> pa.Array:
    """UTC without zone, in microseconds."""
    if not pa.types.is_timestamp(values.type):
        return values
    return values.cast(pa.timestamp("us", values.type.tz), safe=False).cast(pa.timestamp("us"))


__all__ = ["Ledger", "LedgerError", "descriptions", "structures"]
