"""The second engine: what the rest costs where money goes on being spent as of late until the finish that is forecast.

Cost follows people, and people are paid by the week: a project that ends later costs more, however much of its scope
counts as done (EAC by time: Lipke, Zwikael, Henderson and Anbari, International Journal of Project Management 27,
2009).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from models.budget_overrun.features import Record
from models.calibration import Curve
from models.schedule_slip.events import day_number, day_of

RECENT_WEEKS = 13  # over which spending is averaged
# Money goes on being spent beyond the finish that is forecast, the more so the younger the project: less of its scope
# is written down, so its date comes too early. Logarithms: at half a year, and per logarithm of the weeks on record.
# Set on sandbox seeds 1 to 4 on 2026-11-27; figures on seeds kept back in docs/forecasts.md.
DELAY, DELAY_BY_AGE, WIDER = 0.5, 0.5, 0.9
HALF_A_YEAR, LONGEST = 26, 104  # weeks; nothing is known of projects on record for longer
_FINISH = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
_LEVELS = (np.arange(199) + 0.5) / 199
INPUTS = ("subject_type", "subject_id", "as_of_on", "forecast_status", *(f"finish_on_{name}" for name in _FINISH))


@dataclass(frozen=True)
class Pace:
    """What is spent a week, and the days from the last booked week to the finish at the levels of the forecast."""

    weekly: float
    days: Mapping[str, int]
    finish_on: object  # the median
    weeks: int  # on record

    def log_left(self, level: float) -> float:
        """Logarithm of what will still be spent, at that level; normal between and beyond those that are told."""
        scores = ndtri(np.array(list(_FINISH.values())))
        logs = np.log([max(1, self.days[name]) for name in _FINISH])
        score = float(ndtri(level))
        inner = float(np.interp(score, scores, logs))
        beyond = min(0.0, score - scores[0]) * (logs[1] - logs[0]) / (scores[1] - scores[0])
        beyond += max(0.0, score - scores[-1]) * (logs[-1] - logs[-2]) / (scores[-1] - scores[-2])
        return inner + float(beyond) + float(np.log(self.weekly / 7.0))

    @property
    def delay(self) -> float:
        """Logarithm of how many times that projects of this age went on to spend."""
        return DELAY - DELAY_BY_AGE * float(np.log(min(self.weeks, LONGEST) / HALF_A_YEAR))


def finishes_of(said: pd.DataFrame) -> dict[str, Mapping[str, int]]:
    """Project → the days of its finish forecast; none where it has no dates."""
    rows = said.loc[(said["subject_type"] == "project") & (said["forecast_status"] == "ok")]
    return {
        str(row["subject_id"]): {name: int(day_number(row[f"finish_on_{name}"]) or 0) for name in _FINISH}
        for row in rows.to_dict("records")
    }


def pace_of(record: Record, finish: Mapping[str, int] | None) -> Pace | None:
    """None where there is no finish forecast, or nothing was spent of late."""
    number = min(RECENT_WEEKS, record.weeks - 1)
    if finish is None or number < 1:
        return None
    weekly = float(record.cost[-1] - record.cost[-1 - number]) / number
    if weekly <= 0:
        return None
    days = {name: day - record.day for name, day in finish.items()}
    return Pace(weekly, days, day_of(finish["p50"]), record.weeks)


def curve_of(pace: Pace) -> Curve:
    """Logarithm of the cost still to come."""
    middle = pace.log_left(0.5)
    points = [middle + pace.delay + WIDER * (pace.log_left(level) - middle) for level in _LEVELS]
    tail = WIDER * (pace.log_left(0.95) - middle) / float(ndtri(0.95))
    return Curve(np.maximum.accumulate(np.array(points)), _LEVELS, 1.0, tail)
