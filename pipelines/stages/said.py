"""What the ledger holds already, so that a thing is said once, what changed is said again, and the latest is plain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from pipelines.clock import without_zone
from pipelines.resources.ledger import Ledger
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse

Hashes = Mapping[tuple[str, ...], str]


def ledger_rows(
    warehouse: Warehouse, ledger: Ledger, table: str, columns: Sequence[str], model_id: str | None = None
) -> pd.DataFrame:
    """Those columns of a ledger table, of one model or of all; days as dates."""
    names = ", ".join(identifier(name) for name in columns)
    source = f"read_parquet({literal(ledger.pattern(table))}, union_by_name = true)"
    query = f"SELECT {names} FROM {source} WHERE $1 IS NULL OR model_id = $1"  # noqa: S608 (escaped)
    with warehouse.read(f"what was said in {table}") as connection:
        found: pd.DataFrame = connection.execute(query, [model_id]).df()
    if "as_of_on" in found:
        found["as_of_on"] = pd.to_datetime(found["as_of_on"]).dt.date
    return found


def last_hashes(said: pd.DataFrame, keys: Sequence[str]) -> Hashes:
    """The inputs' hash that was said last, by the texts of the key."""
    latest = said.sort_values("known_from", kind="stable").drop_duplicates(list(keys), keep="last")
    rows = latest[[*keys, "inputs_hash"]].itertuples(index=False)
    return {tuple(map(str, row)): str(text) for *row, text in rows}


def fresh(frame: pd.DataFrame, said: pd.DataFrame, keys: Sequence[str], moment: datetime) -> pd.DataFrame:
    """The rows whose inputs differ from what was last said under the same key, with their clock.

    The clock is moved on by a microsecond where an earlier run has the same, so that "the latest" is never a tie.
    """
    before = last_hashes(said, keys)
    rows: Any = frame[[*keys, "inputs_hash"]].itertuples(index=False)
    wanted = [before.get(tuple(map(str, row))) != text for *row, text in rows]
    last = said["known_from"].max() if len(said) else None
    if last is not None and moment <= last.to_pydatetime():
        moment = last.to_pydatetime() + timedelta(microseconds=1)
    return frame.loc[wanted].assign(known_from=pd.Timestamp(moment).as_unit("us"))


def entry_id(as_of: datetime, *names: str) -> str:
    """The name of a ledger entry: its moment, then what tells it from others of that moment."""
    return re.sub(r"[^\w.~+-]", "_", "-".join([f"{without_zone(as_of):%Y%m%dT%H%M%S}", *names]))
