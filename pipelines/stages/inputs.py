"""What a model declares to read, out of the warehouse, and nothing else; instants where the reader's days are cut."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

import pandas as pd

from models.forecaster import before
from models.registry import author
from pipelines.keys import input_address
from pipelines.resources.ledger import Ledger
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse

_INSTANTS = ("valid_from", "valid_to", "known_from")


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
        _localize(frame, zone)
    return tables


def _localize(frame: pd.DataFrame, zone: str) -> None:
    for name in frame.columns:
        if str(name).endswith("_at") or name in _INSTANTS:
            frame[name] = frame[name].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)


def read_said(
    warehouse: Warehouse, ledger: Ledger, model: Reader, day: date, zone: str = "UTC"
) -> dict[str, pd.DataFrame]:
    """Of the forecasters before this one: what was last said of each subject up to the day, of the newest day.

    Of the tables that the model compares, also what was last said of the newest day before that, as `before(table)`.
    """
    compared: Sequence[str] = getattr(model, "compared", ())
    found = {}
    for table in filter(_is_said, model.inputs):
        keys = ", ".join(identifier(name) for name in author(table).key)
        columns = ", ".join(identifier(name) for name in model.inputs[table])
        source = f"read_parquet({literal(ledger.pattern(table))}, union_by_name = true)"
        query = (
            f"SELECT {columns}, row_number() OVER (PARTITION BY {keys} ORDER BY as_of_on DESC) AS _place FROM "  # noqa: S608
            f"(FROM {source} WHERE as_of_on <= $1 QUALIFY row_number() OVER (PARTITION BY {keys}, as_of_on "
            "ORDER BY known_from DESC, model_id, inputs_hash) = 1) QUALIFY _place <= $2"
        )
        with warehouse.read("what was said before") as connection:
            rows = connection.execute(query, [day, 2 if table in compared else 1]).df()
        _localize(rows, zone)
        found[table] = rows.loc[rows["_place"] == 1].drop(columns="_place").reset_index(drop=True)
        if table in compared:
            found[before(table)] = rows.loc[rows["_place"] == 2].drop(columns="_place").reset_index(drop=True)
    return found


def _is_said(table: str) -> bool:
    return input_address(table).startswith("ledger.")


def _read(connection: Any, table: str, columns: Sequence[str]) -> pd.DataFrame:
    names = ", ".join(identifier(name) for name in columns)
    address = ".".join(identifier(part) for part in input_address(table).split("."))
    found: pd.DataFrame = connection.execute(f"SELECT {names} FROM {address}").df()  # noqa: S608
    return found
