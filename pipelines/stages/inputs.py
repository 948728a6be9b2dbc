"""What a model declares to read, out of the warehouse, and nothing else; instants where the reader's days are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd

from pipelines.keys import input_address
from pipelines.resources.sql import identifier
from pipelines.resources.warehouse import Warehouse

_STRETCH = ("valid_from", "valid_to")


class Reader(Protocol):
    """Whatever names the tables and columns it reads."""

    inputs: Mapping[str, Sequence[str]]


def read_inputs(warehouse: Warehouse, model: Reader, zone: str) -> dict[str, pd.DataFrame]:
    """The declared columns of the declared tables; instants as local time."""
    with warehouse.read("a model's inputs") as connection:
        tables = {table: _read(connection, table, columns) for table, columns in model.inputs.items()}
    for frame in tables.values():
        for name in frame.columns:
            if str(name).endswith("_at") or name in _STRETCH:
                frame[name] = frame[name].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return tables


def _read(connection: Any, table: str, columns: Sequence[str]) -> pd.DataFrame:
    names = ", ".join(identifier(name) for name in columns)
    address = ".".join(identifier(part) for part in input_address(table).split("."))
    found: pd.DataFrame = connection.execute(f"SELECT {names} FROM {address}").df()  # noqa: S608
    return found
