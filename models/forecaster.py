"""The protocol every forecaster answers: tables in, a table out, `as_of` an argument, never the clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, TypeAlias, TypeGuard

import pandas as pd

Tables: TypeAlias = Mapping[str, pd.DataFrame]


def before(table: str) -> str:
    """The name under which a comparing forecaster finds what was said in that ledger table before the newest day."""
    return f"{table}_before"


class Forecaster(Protocol):
    """One kind of forecast.

    `inputs` names the mart tables it reads and the columns it needs of each (all part of a mart contract);
    `output` names its columns, equal to those of its source in dbt's `_forecast__sources.yml`; among them are
    `model_id`, `as_of_on`, `forecast_status` and `inputs_hash`. `key` names those that tell one forecast from another
    of the same model and day.
    """

    model_id: str
    version: str
    ledger_table: str
    key: Sequence[str]
    inputs: Mapping[str, Sequence[str]]
    output: Sequence[str]

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """Forecast every subject with only what was recorded up to `as_of` (inclusive).

        Same tables, `as_of` and seed give the same frame, byte for byte. A subject that cannot be
        forecast still has its row, with `forecast_status` saying why.
        """
        ...


@dataclass(frozen=True)
class Memory:
    """What we said before, as far as a forecaster needs it.

    `hashes`: the inputs' hash that was last said of a forecast, by the texts of its key, `as_of_on` and `model_id`.
    `drifted`: kind of subject → why the model is not to be used for it.
    """

    hashes: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    drifted: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class News:
    """The rows that were not said yet, and how many forecasts stand as they were said."""

    rows: pd.DataFrame
    unchanged: int = 0


class Comparing(Forecaster, Protocol):
    """A forecaster that also reads what was said before.

    Of the ledger tables in `compared`, all among its `inputs`, it is given each subject's newest earlier day too,
    with the same columns, under the name `before(table)`.
    """

    compared: Sequence[str]


class Remembering(Forecaster, Protocol):
    """A forecaster that leaves out what was said already before computing it."""

    def forecast_anew(self, tables: Tables, as_of: date, seed: int, memory: Memory) -> News:
        """The rows of `forecast` whose inputs' hash is not the one in memory, and no others."""
        ...


def remembers(model: Forecaster) -> TypeGuard[Remembering]:
    """Whether the forecaster can be told what was said before."""
    return hasattr(model, "forecast_anew")


def steps_back(model: Forecaster) -> bool:
    """Whether the naive speaks in its place where it has drifted."""
    return bool(getattr(model, "steps_back", False))
