"""Budget overrun: calibrated cost at completion of every project, and how likely it is to exceed the budget.

Where the finish is forecast, the rest costs what is spent a week until then (`pace`). Else it is the estimate at
completion by the cost performance index, EAC = AC + (BAC - EV) / CPI (PMI, Practice Standard for Earned Value
Management), moved up and spread by what such estimates missed by at past origins of all projects; its median never
lies below it. The index alone came true far too seldom on simulated portfolios: it sees no scope that is not written
down yet (docs/forecasts.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.budget_overrun import pace
from models.budget_overrun.features import Record, design_of, past_of, record_of
from models.budget_overrun.pace import Pace
from models.budget_overrun.sentence import write_sentence
from models.calibration import Conformal, Prior, calibrate
from models.forecaster import Tables
from models.schedule_slip.events import day_of, days_of, effective_days
from models.schedule_slip.subjects import withheld

LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
SUREST, LEAST = 0.95, 0.05
FEWEST_WEEKS = 8
PRIOR = Prior(
    spread=0.25, spread_weight=4.0
)  # CPI mostly stays within a tenth after a fifth is done (Christensen 1993)
INPUTS: Mapping[str, Sequence[str]] = {
    "dim_project": ("project_id", "project_key", "project_name", "is_deleted", "effective_on"),
    "fct_earned_value": (
        "project_id", "status_on", "reporting_currency_code", "budget_at_completion_amount", "earned_value_amount",
        "actual_cost_amount", "missing",
    ),
    "int_governance__project_trust": ("project_id", "governance_mode", "trust_status"),
    "schedule_forecast": pace.INPUTS,
}  # fmt: skip
OUTPUT: Sequence[str] = (
    "project_id", "project_key", "as_of_on", "model_id", "model_version", "forecast_status", "reporting_currency_code",
    "budget_at_completion_amount", "actual_cost_amount", "percent_complete", "cost_performance_index",
    "estimate_at_completion_amount_p10", "estimate_at_completion_amount_p50", "estimate_at_completion_amount_p80",
    "estimate_at_completion_amount_p95", "overrun_amount_p50", "probability_over_budget", "history_weeks", "drivers",
    "seed", "inputs_hash", "sentence",
)  # fmt: skip


class BudgetOverrun:
    """Cost at completion by earned value, calibrated on what past estimates missed by."""

    model_id = "budget_overrun"
    version = "1.3.0"
    ledger_table = "budget_forecast"
    key: Sequence[str] = ("project_id",)
    inputs = INPUTS
    output = OUTPUT

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """One row per living project, as of its effective date; no draws, `seed` is only recorded."""
        projects = tables["dim_project"]
        projects = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)].sort_values("project_id")
        effective = effective_days(projects, as_of)
        records = _records(tables["fct_earned_value"], projects, effective)
        fit = calibrate(past_of(records), PRIOR)
        finishes = pace.finishes_of(tables["schedule_forecast"])
        held = withheld(tables["int_governance__project_trust"])
        rows = [
            self._row(
                project,
                int(day),
                record,
                (fit, number),
                str(project.project_id) in held,
                seed,
                pace.pace_of(record, finishes.get(str(project.project_id))),
            )
            for number, (project, day, record) in enumerate(
                zip(projects.itertuples(index=False), effective, records, strict=True)
            )
        ]
        frame = pd.DataFrame(rows, columns=list(self.output))
        return frame.astype({"history_weeks": "Int64", "seed": "Int64"})

    def _row(
        self,
        project: Any,
        day: int,
        record: Record,
        fit: tuple[Conformal, int],
        is_withheld: bool,
        seed: int,
        spent: Pace | None,
    ) -> dict[str, Any]:
        row: dict[str, Any] = dict.fromkeys(self.output)
        row |= {
            "project_id": str(project.project_id),
            "project_key": None if pd.isna(project.project_key) else str(project.project_key),
            "as_of_on": day_of(day),
            "model_id": self.model_id,
            "model_version": self.version,
            "forecast_status": _status(record, is_withheld),
            "reporting_currency_code": record.currency,
            "history_weeks": record.weeks,
            "drivers": "[]",
            "seed": seed,
            "inputs_hash": self._hash(row_of=(project.project_id, day, is_withheld, spent), record=record, seed=seed),
        }
        if record.weeks:
            row |= {
                "budget_at_completion_amount": round(float(record.budget[-1]), 2),
                "actual_cost_amount": round(float(record.cost[-1]), 2),
                "percent_complete": round(100.0 * record.share, 2),
                "cost_performance_index": _rounded(record.efficiency, 4),
            }
        if row["forecast_status"] == "ok":
            row |= _estimate(record, *fit, spent)
        return row | {"sentence": write_sentence(row, record.missing)}

    def _hash(self, row_of: tuple[Any, ...], record: Record, seed: int) -> str:
        """Of the project's own record: equal hashes mean that nothing of its own changed."""
        digest = hashlib.sha256(repr((self.model_id, self.version, seed, *row_of, record.missing)).encode())
        for series in (record.budget, record.earned, record.cost):
            digest.update(np.round(series, 2).tobytes())
        return digest.hexdigest()


def _records(values: pd.DataFrame, projects: pd.DataFrame, effective: np.ndarray) -> list[Record]:
    until = dict(zip(projects["project_id"].astype(str), effective.tolist(), strict=True))
    rows = values.loc[values["project_id"].astype(str).isin(list(until))].copy()
    rows["day"] = days_of(rows["status_on"])
    rows = rows.loc[rows["day"] <= rows["project_id"].astype(str).map(until).astype(float)]
    rows = rows.sort_values(["project_id", "day"], kind="stable")
    parts = {str(name): part for name, part in rows.groupby("project_id")}
    return [record_of(parts.get(name, rows.iloc[:0])) for name in until]


def _status(record: Record, is_withheld: bool) -> str:
    if is_withheld:
        return "not_trusted"
    if record.is_done:
        return "nothing_open"
    return "ok" if record.is_usable and record.weeks >= FEWEST_WEEKS else "not_enough_history"


def _estimate(record: Record, fit: Conformal, number: int, spent: Pace | None) -> dict[str, Any]:
    """Quantiles, chance and drivers; the drivers' amounts add up to the expected overrun."""
    budget, cost = float(record.budget[-1]), float(record.cost[-1])
    curve = fit.curve(number)
    centre = float(fit.centre(np.array([design_of(record.share, record.efficiency, 1.0 - record.share)]))[0])
    centre = max(centre, -curve.quantile(0.5)) + float(np.log((budget - float(record.earned[-1])) / record.efficiency))
    by_index = cost + float(np.exp(centre + curve.quantile(0.5)))
    if spent is not None:
        curve, centre = pace.curve_of(spent), 0.0
    totals = {
        f"estimate_at_completion_amount_{name}": round(cost + float(np.exp(centre + curve.quantile(level))), 2)
        for name, level in LEVELS.items()
    }
    kept = curve.cdf(float(np.log(budget - cost)) - centre) if budget > cost else 0.0
    middle = totals["estimate_at_completion_amount_p50"]
    return totals | {
        "overrun_amount_p50": round(middle - budget, 2),
        "probability_over_budget": round(float(np.clip(1.0 - kept, LEAST, SUREST)), 6),
        "drivers": json.dumps(_drivers(record, by_index, middle, spent)),
    }


def _drivers(record: Record, by_index: float, middle: float, spent: Pace | None) -> list[dict[str, Any]]:
    """What moves the expected cost away from the budget, in amounts of the reporting currency."""
    budget, index = float(record.budget[-1]), record.efficiency
    by_efficiency = round(budget / index - budget, 2)
    by_record = max(0.0, round(by_index - budget - by_efficiency, 2))
    dearer = "more" if index < 1.0 else "less"
    later = "more expensive than" if by_record > 0 else "near what"
    found = [
        {
            "driver": "cost_efficiency",
            "amount": by_efficiency,
            "text": f"work done so far cost {abs(100.0 / index - 100.0):.0f} % {dearer} than planned (CPI {index:.2f})",
        },
        {
            "driver": "past_estimates",
            "amount": by_record,
            "text": f"past estimates at this stage ended up {later} CPI foretold",
        },
    ]
    if spent is not None:
        found.append(
            {
                "driver": "spending_pace",
                "amount": round(middle - budget - by_efficiency - by_record, 2),
                "text": f"{spent.weekly:,.0f} are spent a week, the finish is likely on {spent.finish_on}, and "
                f"projects of this age went on to spend {np.exp(spent.delay):.1f} times that",
            }
        )
    return found


def _rounded(value: float, digits: int) -> float | None:
    return round(value, digits) if np.isfinite(value) else None
