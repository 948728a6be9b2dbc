"""Forecasts as of an instant: declared inputs out of the warehouse, every forecaster, what it says into the ledger.

A forecast is said once: a subject whose inputs are as they were when it was last forecast for that day is not
said again, so a rerun adds nothing. What changed is appended, later by `known_from`; nothing is ever replaced.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd

from models.forecaster import Forecaster
from models.registry import FORECASTERS, author
from pipelines.clock import without_zone
from pipelines.crashpoints import crashpoint
from pipelines.keys import input_address
from pipelines.resources.ledger import Ledger
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse
from pipelines.resources.worker import Compute, here
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.line import Teller

SEED = 20_260
_SAID = ("as_of_on", "model_id")  # beside its own key, what tells one forecast from another


@dataclass(frozen=True)
class ModelReport:
    """What one forecaster did."""

    model_id: str
    rows: int
    appended: int
    statuses: dict[str, int]
    seconds: float


@dataclass(frozen=True)
class ForecastReport:
    """What a run of all forecasters did."""

    run_id: str
    as_of: datetime
    models: tuple[ModelReport, ...]

    @property
    def appended(self) -> int:
        return sum(model.appended for model in self.models)

    def summary(self) -> str:
        """One sentence a forecaster."""
        return "; ".join(
            f"{one.model_id}: {one.rows} forecasts ({_say(one.statuses)}), {one.appended} new, {one.seconds:.1f} s"
            for one in self.models
        )


def run_forecasts(
    warehouse: Warehouse,
    ledger: Ledger,
    settings: Settings,
    as_of: datetime,
    run_id: str,
    *,
    seed: int = SEED,
    known_at: datetime | None = None,
    progress: Teller | None = None,
    forecasters: Sequence[Forecaster] = FORECASTERS,
    compute: Compute = here,
) -> ForecastReport:
    """Forecast every subject as of `as_of` (UTC) and append what is new; `known_at` is the run's clock.

    An `as_of` in the past works on any build: the forecasters themselves undo what was recorded later.
    """
    tell = progress or (lambda _: None)
    moment = without_zone(known_at or as_of)
    reports = []
    for model in forecasters:
        started = time.perf_counter()
        tell(f"Forecasting: {model.model_id}")
        day = without_zone(as_of).replace(tzinfo=UTC).astimezone(ZoneInfo(settings.reporting_timezone)).date()
        tables = read_inputs(warehouse, model, settings.reporting_timezone) | read_said(warehouse, ledger, model, day)
        frame = compute(model.forecast, tables, day, seed)
        fresh = _fresh(warehouse, ledger, model, frame, moment)
        entry = re.sub(r"[^\w.~+-]", "_", f"{without_zone(as_of):%Y%m%dT%H%M%S}-{model.model_id}-{run_id}")
        is_new = len(fresh) > 0 and ledger.append(model.ledger_table, fresh, entry)
        crashpoint("line.forecast")
        statuses = frame["forecast_status"].value_counts().sort_index()
        reports.append(
            ModelReport(
                model.model_id,
                len(frame),
                len(fresh) if is_new else 0,
                {str(name): int(count) for name, count in statuses.items()},
                time.perf_counter() - started,
            )
        )
        tell(ForecastReport(run_id, as_of, (reports[-1],)).summary())
    return ForecastReport(run_id, as_of, tuple(reports))


def read_inputs(warehouse: Warehouse, model: Forecaster, zone: str) -> dict[str, pd.DataFrame]:
    """The declared columns of the declared tables, and nothing else; instants as local time, where days are cut."""
    with warehouse.read(f"forecast {model.model_id}") as connection:
        tables = {
            table: _read(connection, table, columns) for table, columns in model.inputs.items() if not _is_said(table)
        }
    for frame in tables.values():
        for name in frame.columns:
            if str(name).endswith("_at"):
                frame[name] = frame[name].dt.tz_localize("UTC").dt.tz_convert(zone).dt.tz_localize(None)
    return tables


def read_said(warehouse: Warehouse, ledger: Ledger, model: Forecaster, day: date) -> dict[str, pd.DataFrame]:
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
        with warehouse.read(f"forecast {model.model_id}") as connection:
            found[table] = connection.execute(query, [day]).df()
    return found


def _is_said(table: str) -> bool:
    return input_address(table).startswith("ledger.")


def _read(connection: Any, table: str, columns: Sequence[str]) -> pd.DataFrame:
    names = ", ".join(identifier(name) for name in columns)
    address = ".".join(identifier(part) for part in input_address(table).split("."))
    found: pd.DataFrame = connection.execute(f"SELECT {names} FROM {address}").df()  # noqa: S608
    return found


def _fresh(
    warehouse: Warehouse, ledger: Ledger, model: Forecaster, frame: pd.DataFrame, moment: datetime
) -> pd.DataFrame:
    """The rows whose inputs differ from what was last said of the same subject, day and model, with their clock.

    The clock is moved on by a microsecond where an earlier run has the same, so that "the latest" is never a tie.
    """
    keys = [*model.key, *_SAID]
    said = _said(warehouse, ledger, model, keys)
    latest = said.sort_values("known_from", kind="stable").drop_duplicates(keys, keep="last")
    before = {tuple(map(str, row)): text for *row, text in latest[[*keys, "inputs_hash"]].itertuples(index=False)}
    wanted = [
        before.get(tuple(map(str, row))) != text for *row, text in frame[[*keys, "inputs_hash"]].itertuples(index=False)
    ]
    last = said["known_from"].max() if len(said) else None
    if last is not None and moment <= last.to_pydatetime():
        moment = last.to_pydatetime() + timedelta(microseconds=1)
    return frame.loc[wanted].assign(known_from=pd.Timestamp(moment).as_unit("us"))


def _said(warehouse: Warehouse, ledger: Ledger, model: Forecaster, keys: list[str]) -> pd.DataFrame:
    columns = ", ".join(identifier(name) for name in [*keys, "inputs_hash", "known_from"])
    source = f"read_parquet({literal(ledger.pattern(model.ledger_table))})"
    query = f"SELECT {columns} FROM {source} WHERE model_id = ?"  # noqa: S608
    with warehouse.read(f"forecast {model.model_id}") as connection:
        found: pd.DataFrame = connection.execute(query, [model.model_id]).df()
    found["as_of_on"] = pd.to_datetime(found["as_of_on"]).dt.date
    return found


def _say(statuses: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in statuses.items())
