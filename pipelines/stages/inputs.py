"""What a model declares to read, out of the warehouse, and nothing else; instants where the reader's days are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import pandas as pd

from models.registry import author
from pipelines.keys import input_address
from pipelines.resources.ledger import Ledger
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse

_STRETCH = ("valid_from", "valid_to")


class Reader(Protocol):
    """Whatever names the tables and columns it reads."""

    inputs: Mapping[str, Sequence[str]]


def read_inputs(warehouse: Warehouse, model: Reader, zone: str) -> dict[str, pd.DataFrame]:
    """The declared columns of the declared tables; instants as local time."""
    with warehouse.read("a model's inputs") as connection:
        tables = {
            table: _read(connection, table, columns) for table, columns in model.inputs.items() if not _is_said(table)
        }
    for frame in tables.values():
        for name in frame.columns:
            if str(name).endswith("_at") or name in _STRETCH:
                frame[name] = frame[name].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return tables


def read_said(warehouse: Warehouse, ledger: Ledger, model: Reader, day: date) -> dict[str, pd.DataFrame]:
    """Of the forecasters before this one: what was last said of each subject up to the day, of the newest day."""
    found = {}
    for table in filter(_is_said, model.inputs):
        keys = ", ".join(identifier(name) for name in author(table).key)
        columns = ", ".join(identifier(name) for name in model.inputs[table])
        source = f"read_parquet({literal(ledger.pattern(table))})"
        query = (
            f"SELECT {columns} FROM {source} WHERE as_of_on <= ? QUALIFY row_number() OVER (PARTITION BY {keys} "  # noqa: S608
            "ORDER BY as_of_on DESC, known_from DESC, model_id, inputs_hash) = 1"
        )
        with warehouse.read("what was said before") as connection:
            found[table] = connection.execute(query, [day]).df()
    return found


def _is_said(table: str) -> bool:
    return input_address(table).startswith("ledger.")


def _read(connection: Any, table: str, columns: Sequence[str]) -> pd.DataFrame:
    names = ", ".join(identifier(name) for name in columns)
    address = ".".join(identifier(part) for part in input_address(table).split("."))
    found: pd.DataFrame = connection.execute(f"SELECT {names} FROM {address}").df()  # noqa: S608
    return found
