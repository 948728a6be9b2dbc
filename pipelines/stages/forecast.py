"""Forecasts as of an instant: declared inputs out of the warehouse, every forecaster, what it says into the ledger.

A forecast is said once: a subject whose inputs are as they were when it was last forecast for that day is not
said again, so a rerun adds nothing; a forecaster that remembers does not even compute it. What changed is appended,
later by `known_from`; nothing is ever replaced.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd

from models.forecaster import Forecaster, Memory, News, remembers
from models.registry import FORECASTERS
from pipelines.clock import without_zone
from pipelines.crashpoints import crashpoint
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.resources.worker import Compute, here
from pipelines.settings import Settings
from pipelines.stages.inputs import read_inputs, read_said
from pipelines.stages.said import entry_id, fresh, last_hashes, ledger_rows
from pipelines.stages.score import memory_of

if TYPE_CHECKING:
    from pipelines.line import Teller

SEED = 20_260
_SAID = ("as_of_on", "model_id")  # beside its own key, what tells one forecast from another


@dataclass(frozen=True)
class ModelReport:
    """What one forecaster did; `drifted`: kind of subject → why the naive spoke in its place."""

    model_id: str
    rows: int
    appended: int
    statuses: dict[str, int]
    seconds: float
    unchanged: int = 0
    drifted: dict[str, str] = field(default_factory=dict)


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
        return "; ".join(_sentence(one) for one in self.models)


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
    day = without_zone(as_of).replace(tzinfo=UTC).astimezone(ZoneInfo(settings.reporting_timezone)).date()
    reports = []
    for model in forecasters:
        started = time.perf_counter()
        tell(f"Forecasting: {model.model_id}")
        keys = [*model.key, *_SAID]
        with warehouse.read("a forecast's inputs"):  # opened once for all that is read
            tables = read_inputs(warehouse, model, settings.reporting_timezone)
            tables |= read_said(warehouse, ledger, model, day, settings.reporting_timezone)
            told = [*keys, "inputs_hash", "known_from"]
            said = ledger_rows(warehouse, ledger, model.ledger_table, told, model.model_id)
            memory = memory_of(warehouse, ledger, model, last_hashes(said, keys))
        news = compute(_forecast, model, tables, day, seed, memory)
        frame = news.rows
        new = fresh(frame, said, keys, moment)
        entry = entry_id(as_of, model.model_id, run_id)
        is_new = len(new) > 0 and ledger.append(model.ledger_table, new, entry)
        crashpoint("line.forecast")
        statuses = frame["forecast_status"].value_counts().sort_index()
        reports.append(
            ModelReport(
                model.model_id,
                len(frame),
                len(new) if is_new else 0,
                {str(name): int(count) for name, count in statuses.items()},
                time.perf_counter() - started,
                news.unchanged,
                dict(memory.drifted),
            )
        )
        tell(ForecastReport(run_id, as_of, (reports[-1],)).summary())
    return ForecastReport(run_id, as_of, tuple(reports))


def _forecast(model: Forecaster, tables: dict[str, pd.DataFrame], day: date, seed: int, memory: Memory) -> News:
    """All of them, or, of a forecaster that remembers, those that are new."""
    if remembers(model):
        return model.forecast_anew(tables, day, seed, memory)
    return News(model.forecast(tables, day, seed))


def _sentence(one: ModelReport) -> str:
    statuses = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in one.statuses.items()) or "none new"
    same = f", {one.unchanged} unchanged" if one.unchanged else ""
    stand_in = f", the naive for {' and '.join(sorted(one.drifted))}" if one.drifted else ""
    return f"{one.model_id}: {one.rows} forecasts ({statuses}){same}{stand_in}, {one.appended} new, {one.seconds:.1f} s"
