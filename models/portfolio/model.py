"""The portfolio forecast: all promises at once, and what each project and dependency does to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.forecaster import Tables
from models.portfolio import sentence
from models.portfolio.features import INPUTS, QUANTILES, Picture, picture
from models.portfolio.findings import Findings, quantiles, simulate
from models.portfolio.sampling import LEVELS, Shocks
from models.schedule_slip.events import day_of

TRIALS = 10_000
SUREST, LEAST = 0.95, 0.05  # no probability beyond these is ever printed: nothing measured supports it
OUTPUT: Sequence[str] = (
    "subject_type", "subject_id", "subject_key", "subject_name", "as_of_on", "model_id", "model_version",
    "forecast_status", "project_id", "predecessor_project_id", "predecessor_key", "due_on", "due_kind", "finish_on_p10",
    "finish_on_p50", "finish_on_p80", "finish_on_p95", "total_slip_days_p10", "total_slip_days_p50",
    "total_slip_days_p80", "total_slip_days_p95", "expected_slip_days", "probability_late", "probability_all_kept",
    "expected_late_count", "promise_count", "criticality_index", "promise_criticality_index", "expected_delay_days",
    "expected_wait_days", "trial_count", "seed", "inputs_hash", "sentence",
)  # fmt: skip

Row = dict[str, Any]


class PortfolioForecast:
    """One seeded simulation over all projects: dependencies, shared teams, calendars and common shocks."""

    model_id = "portfolio"
    version = "1.1.0"
    ledger_table = "portfolio_forecast"
    key: Sequence[str] = ("subject_type", "subject_id")
    inputs: Mapping[str, Sequence[str]] = INPUTS
    output = OUTPUT

    def __init__(self, trials: int = TRIALS, shocks: Shocks | None = None) -> None:
        self._trials, self._shocks = trials, shocks

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """A row for the portfolio, one for each project, one for each open dependency between two projects."""
        seen = picture(tables, as_of)
        found = simulate(seen.network, seed, self._trials, self._shocks)
        finish = quantiles(found.finish, LEVELS)
        common = {
            "as_of_on": seen.as_of_on, "model_id": self.model_id, "model_version": self.version,
            "trial_count": self._trials, "seed": seed,
            "inputs_hash": seen.digest(self.model_id, self.version, seed, self._trials, self._shocks),
        }  # fmt: skip
        rows = [_portfolio(seen, found), *_projects(seen, found, finish), *_edges(seen, found)]
        return _typed(pd.DataFrame([row | common for row in rows], columns=list(self.output)))


def _portfolio(seen: Picture, found: Findings) -> Row:
    """The joint chance counts projects without a finish to simulate by their own chance, as if on their own."""
    simulated = {one.project_id for one in seen.network.projects}
    promised = [one for one in seen.subjects if one.due_on is not None and one.forecast_status != "nothing_open"]
    others = [one.probability_late for one in promised if one.project_id not in simulated]
    known = [chance for chance in others if chance is not None]
    unknown = len(others) - len(known)
    kept = float((found.late_count == 0).mean()) * float(np.prod([1.0 - chance for chance in known]))
    status = "ok" if simulated else "not_enough_history"
    row: Row = {
        "subject_type": "portfolio",
        "subject_id": "portfolio",
        "subject_key": "portfolio",
        "subject_name": "All projects",
        "forecast_status": status,
        "promise_count": len(promised) - unknown,
    }
    if status == "ok":
        last = quantiles(found.last[None, :].copy(), LEVELS)[0]
        slip = quantiles(found.total_slip[None, :].copy(), LEVELS)[0]
        row |= {f"finish_on_{name}": _day(seen, value) for name, value in zip(QUANTILES, last, strict=True)}
        row |= {f"total_slip_days_{name}": int(np.rint(v)) for name, v in zip(QUANTILES, slip, strict=True)}
        row |= {
            "expected_slip_days": round(float(found.total_slip.mean(dtype=np.float64)), 1),
            "probability_all_kept": _chance(kept) if row["promise_count"] else None,
            "expected_late_count": round(float(found.late_count.mean()) + sum(known), 2),
        }
    return row | {"sentence": sentence.of_portfolio(row, unknown)}


def _projects(seen: Picture, found: Findings, finish: npt.NDArray[np.float32]) -> list[Row]:
    places = seen.network.place_of
    rows = []
    for one in seen.subjects:
        row: Row = {
            "subject_type": "project",
            "subject_id": one.project_id,
            "subject_key": one.project_key,
            "subject_name": one.project_name,
            "project_id": one.project_id,
            "forecast_status": one.forecast_status,
            "due_on": one.due_on,
            "due_kind": one.due_kind,
            "probability_late": one.probability_late,
        }
        if one.project_id in places:
            place = places[one.project_id]
            dates = zip(QUANTILES, finish[place], strict=True)
            row |= {f"finish_on_{name}": _day(seen, value) for name, value in dates}
            has_due = one.due_on is not None
            row |= {
                "probability_late": _chance(found.late[place]) if has_due else None,
                "expected_slip_days": round(float(found.late_days[place]), 1) if has_due else None,
                "criticality_index": round(float(found.critical[place]), 4),
                "promise_criticality_index": round(float(found.promise_critical[place]), 4),
                "expected_delay_days": round(float(found.received[place]), 2),
            }
        rows.append(row | {"sentence": sentence.of_project(row)})
    return rows


def _edges(seen: Picture, found: Findings) -> list[Row]:
    places = {one.relation_id: number for number, one in enumerate(seen.network.relations)}
    names = {one.project_id: one.project_key for one in seen.subjects}
    rows = []
    for one in seen.edges:
        row: Row = {
            "subject_type": "dependency",
            "subject_id": one.dependency_id,
            "subject_key": one.after_key,
            "subject_name": f"{one.after_key or 'unseen work'} waits for {one.before_key or 'unseen work'}",
            "project_id": one.after_project,
            "predecessor_project_id": one.before_project,
            "predecessor_key": one.before_key,
            "forecast_status": one.status,
        }
        if one.status == "ok":
            place = places[one.dependency_id]
            row |= {
                "criticality_index": round(float(found.link_critical[place]), 4),
                "promise_criticality_index": round(float(found.link_promise_critical[place]), 4),
                "expected_delay_days": round(float(found.link_delay[place]), 2),
                "expected_wait_days": round(float(found.link_wait[place]), 2),
            }
        rows.append(row | {"sentence": sentence.of_edge(row, names)})
    return rows


def _day(seen: Picture, days: float) -> date:
    """The day on which that many days have passed; what single forecasts call the day of the finish."""
    return day_of(seen.day + int(np.rint(days)))


def _chance(share: float) -> float:
    return round(float(np.clip(share, LEAST, SUREST)), 4)


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Nullable integers and plain doubles; dates stay dates (None where missing)."""
    whole = [name for name in frame.columns if str(name).startswith("total_slip_days")]
    frame = frame.astype(dict.fromkeys([*whole, "promise_count", "trial_count", "seed"], "Int64"))
    plain = [name for name in frame.columns
             if str(name).startswith(("probability_", "expected_")) or str(name).endswith("_index")]  # fmt: skip
    return frame.astype(dict.fromkeys(plain, "Float64")).astype(dict.fromkeys(plain, "float64"))
