"""Turns weekly earned value into what was known of a project's cost on a day, and what became of it since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.calibration import Past

FloatArray = npt.NDArray[np.float64]

ORIGIN_WEEKS = 4
EARLIEST_SHARE = 0.10  # before a tenth is done, cost per unit of work says little (Christensen and Heise 1993: a fifth)
LEAST_GAIN = 0.05  # of the budget earned between an origin and now: less is noise of monthly booking
AMOUNTS = ("budget_at_completion_amount", "earned_value_amount", "actual_cost_amount")


@dataclass(frozen=True)
class Record:
    """The weeks of one project up to its effective day, oldest first, that tell budget, earned value and cost."""

    budget: FloatArray
    earned: FloatArray
    cost: FloatArray
    currency: str | None
    missing: str | None
    day: int = 0
    """Of the last of these weeks, since 1970-01-01."""

    @property
    def weeks(self) -> int:
        return len(self.budget)

    @property
    def share(self) -> float:
        """Share of the budgeted work that is done, 0 to 1."""
        return float(self.earned[-1] / self.budget[-1]) if self.weeks and self.budget[-1] > 0 else 0.0

    @property
    def efficiency(self) -> float:
        """CPI = EV / AC (PMI, Practice Standard for Earned Value Management); NaN while nothing is earned or spent."""
        if not self.weeks or self.cost[-1] <= 0 or self.earned[-1] <= 0:
            return float("nan")
        return float(self.earned[-1] / self.cost[-1])

    @property
    def is_done(self) -> bool:
        return self.weeks > 0 and self.share >= 1.0

    @property
    def is_usable(self) -> bool:
        return bool(np.isfinite(self.efficiency)) and EARLIEST_SHARE <= self.share < 1.0


def record_of(rows: pd.DataFrame) -> Record:
    """The record of the project's rows, ordered by week."""
    told = rows.loc[rows[list(AMOUNTS)].notna().all(axis=1)]
    budget, earned, cost = (told[name].to_numpy(dtype=np.float64) for name in AMOUNTS)
    last = None if rows.empty else rows.iloc[-1]
    missing = None if last is None or pd.isna(last["missing"]) else str(last["missing"])
    currency = (
        None if last is None or pd.isna(last["reporting_currency_code"]) else str(last["reporting_currency_code"])
    )
    return Record(budget, earned, cost, currency, missing, 0 if told.empty else int(told["day"].iloc[-1]))


def design_of(share: float, efficiency: float, gain: float) -> list[float]:
    """What an estimate's miss may depend on: how far the work is, what it has cost, how much the estimate spans."""
    return [1.0, float(np.log(efficiency)), share, float(np.log(gain))]


def past_of(records: list[Record]) -> Past:
    """What estimates of past origins missed by: log of the cost since, over the cost that CPI then foretold."""
    ratio, design, subject = [], [], []
    for number, record in enumerate(records):
        for origin in range(record.weeks - 1 - ORIGIN_WEEKS, -1, -ORIGIN_WEEKS):
            earned, cost = record.earned[origin], record.cost[origin]
            share = earned / record.budget[origin] if record.budget[origin] > 0 else 0.0
            gained, spent = record.earned[-1] - earned, record.cost[-1] - cost
            gain = gained / record.budget[-1] if record.budget[-1] > 0 else 0.0
            if cost <= 0 or spent <= 0 or share < EARLIEST_SHARE or gain < LEAST_GAIN:
                continue
            ratio.append(float(np.log(spent * earned / (cost * gained))))
            design.append(design_of(float(share), float(earned / cost), float(gain)))
            subject.append(number)
    return Past(
        np.array(ratio, dtype=np.float64),
        np.ones(len(ratio), dtype=np.bool_),
        np.array(design, dtype=np.float64).reshape(len(ratio), 4),
        np.array(subject, dtype=np.int64),
    )
