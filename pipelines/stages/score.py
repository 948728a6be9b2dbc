"""Scores the ledger's forecasts as they come true, before anything new is said: the next forecasts carry the scores."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from models.forecast_score import drift
from models.forecast_score.model import ForecastScore
from models.forecaster import Forecaster, Memory
from pipelines.clock import without_zone
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.resources.worker import Compute, here
from pipelines.settings import Settings
from pipelines.stages.inputs import read_inputs
from pipelines.stages.said import Hashes, entry_id, fresh, ledger_rows

if TYPE_CHECKING:
    from pipelines.line import Teller

SCORER = ForecastScore()


@dataclass(frozen=True)
class ScoreReport:
    """What a run of the scorer did."""

    rows: int
    appended: int
    resolved: int
    seconds: float

    def summary(self) -> str:
        """One sentence for a person."""
        known = f"{self.resolved} forecasts have come true"
        return f"scores: {known}, {self.rows} scores, {self.appended} new, {self.seconds:.1f} s"


def run_scores(
    warehouse: Warehouse,
    ledger: Ledger,
    settings: Settings,
    as_of: datetime,
    run_id: str,
    *,
    seed: int,
    known_at: datetime | None = None,
    progress: Teller | None = None,
    compute: Compute = here,
) -> ScoreReport:
    """Score what was said up to `as_of` (UTC) against the present tables, and append what is new."""
    started = time.perf_counter()
    with warehouse.read("what is scored"):  # opened once for all that is read
        tables = read_inputs(warehouse, SCORER, settings.reporting_timezone)
        said = {table: ledger_rows(warehouse, ledger, table, columns) for table, columns in SCORER.said.items()}
        before = ledger_rows(warehouse, ledger, SCORER.ledger_table, [*SCORER.key, "inputs_hash", "known_from"])
    day = without_zone(as_of).replace(tzinfo=UTC).astimezone(ZoneInfo(settings.reporting_timezone)).date()
    frame = compute(SCORER.score, tables, said, day, seed)
    new = fresh(frame, before, SCORER.key, without_zone(known_at or as_of))
    is_new = len(new) > 0 and ledger.append(SCORER.ledger_table, new, entry_id(as_of, run_id))
    whole = frame.loc[(frame["horizon_band"] == "all") & (frame["measure"] == "crps")]
    resolved = whole.loc[whole["evidence"] != "backtest", "resolved_count"].sum()
    report = ScoreReport(len(frame), len(new) if is_new else 0, int(resolved), time.perf_counter() - started)
    if progress is not None:
        progress(report.summary())
    return report


def memory_of(warehouse: Warehouse, ledger: Ledger, model: Forecaster, hashes: Hashes) -> Memory:
    """What a forecaster is told of the past: what it said with which inputs, and where it has drifted."""
    scores = ledger_rows(warehouse, ledger, SCORER.ledger_table, drift.COLUMNS, model.model_id)
    return Memory(hashes, drift.drifted(scores, model.model_id, model.version))
