"""Capacity: hours asked of each team in the weeks to come against the hours it has, and the chance of overload.

What assignments ask for is known ahead; how far work then differs from it is learned from past weeks. The ratio of
worked to assigned hours of the team's own weeks, and of all teams' with less weight, gives the quantiles of demand
(weighted split conformal: Papadopoulos 2002; Tibshirani et al. 2019). A team that logs less than half of what it is
assigned mostly does not log: then the plan is all there is, and no probability is given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.forecaster import Tables

FloatArray = npt.NDArray[np.float64]

HORIZON_WEEKS, HISTORY_WEEKS, FEWEST_WEEKS = 12, 26, 5
LEAST_LOGGED = 0.5  # of the assigned hours, by the median week: below, worklogs do not tell what is worked
OWN_WEIGHT = 5.0
SUREST, LEAST = 0.95, 0.05
LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
HOURS = ("available_hours", "assigned_hours", "worked_hours", "bearable_hours")
INPUTS: Mapping[str, Sequence[str]] = {
    "dim_team": ("team_id", "team_key", "team_name"),
    "bridge_team_member": ("team_id", "person_id", "valid_from", "valid_to"),
    "fct_utilisation": ("person_id", "week_on", *HOURS),
}
OUTPUT: Sequence[str] = (
    "team_id", "team_key", "team_name", "as_of_on", "model_id", "model_version", "week_on", "horizon_weeks",
    "forecast_status", "available_hours", "bearable_hours", "assigned_hours", "demand_hours_p10", "demand_hours_p50",
    "demand_hours_p80", "demand_hours_p95", "demand_basis", "is_overloaded", "probability_overload",
    "history_weeks", "seed", "inputs_hash", "sentence",
)  # fmt: skip


class CapacityForecast:
    """Hours asked of each team in the next twelve weeks, and how likely that is more than it can bear."""

    model_id = "capacity"
    version = "1.0.0"
    ledger_table = "capacity_forecast"
    key: Sequence[str] = ("team_id", "horizon_weeks")
    inputs = INPUTS
    output = OUTPUT

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """One row a team and week to come; nothing is drawn, `seed` is only recorded."""
        monday = as_of - timedelta(days=as_of.weekday())
        weeks = team_weeks(tables)
        day = pd.to_datetime(weeks["week_on"])
        first = pd.Timestamp(monday)
        past = weeks.loc[(day < first) & (day >= first - pd.Timedelta(weeks=HISTORY_WEEKS))]
        past = past.loc[(past["assigned_hours"] > 0) & past["worked_hours"].notna()]
        past = past.assign(ratio=past["worked_hours"] / past["assigned_hours"])
        rows = []
        for team in tables["dim_team"].sort_values("team_id").itertuples(index=False):
            own = (past["team_id"] == team.team_id).to_numpy()
            ahead = weeks.loc[(weeks["team_id"] == team.team_id).to_numpy()].set_index("week_on")
            for number in range(1, HORIZON_WEEKS + 1):
                week = monday + timedelta(weeks=number)
                told = ahead.loc[week] if week in ahead.index else None
                rows.append(self._row(team, as_of, (week, number), told, past["ratio"].to_numpy(), own, seed))
        frame = pd.DataFrame(rows, columns=list(self.output))
        hours = {name: "float64" for name in self.output if "hours_" in name or name in HOURS}
        whole = dict.fromkeys(("horizon_weeks", "history_weeks", "seed"), "Int64")
        return frame.astype({**hours, **whole, "probability_overload": "float64"})

    def _row(
        self, team: Any, as_of: date, week: tuple[date, int], told: Any, ratio: FloatArray, own: Any, seed: int
    ) -> dict[str, Any]:
        hours = {name: None if told is None or pd.isna(told[name]) else round(float(told[name]), 2) for name in HOURS}
        known = hours["assigned_hours"] is not None and hours["available_hours"] is not None
        own_weeks = int(own.sum())
        status = "ok" if known else "not_enough_history"
        row: dict[str, Any] = {
            **dict.fromkeys(self.output),
            "team_id": str(team.team_id),
            "team_key": team.team_key,
            "team_name": team.team_name,
            "as_of_on": as_of,
            "model_id": self.model_id,
            "model_version": self.version,
            "week_on": week[0],
            "horizon_weeks": week[1],
            "forecast_status": status,
            **{name: hours[name] for name in ("available_hours", "bearable_hours", "assigned_hours")},
            "history_weeks": own_weeks,
            "seed": seed,
        }
        if status == "ok":
            asked, bearable = float(hours["assigned_hours"] or 0.0), float(hours["bearable_hours"] or 0.0)
            row |= _outlook(asked, bearable, ratio, own)
        digest = hashlib.sha256(repr([value for value in row.values() if value is not None]).encode())
        return row | {"inputs_hash": digest.hexdigest(), "sentence": _sentence(row)}


def team_weeks(tables: Tables) -> pd.DataFrame:
    """Hours of each team and week, summed over the people who belong to it on the week's Monday."""
    members = tables["bridge_team_member"]
    weeks = tables["fct_utilisation"].merge(members, on="person_id")
    monday = pd.to_datetime(weeks["week_on"])
    begins, ends = pd.to_datetime(weeks["valid_from"]).dt.normalize(), pd.to_datetime(weeks["valid_to"])
    inside = weeks.loc[(begins <= monday) & (ends.isna() | (ends > monday))]
    sums = inside.groupby(["team_id", "week_on"], sort=True)[list(HOURS)].sum(min_count=1)
    frame = sums.astype("float64").reset_index()
    return frame.assign(week_on=pd.to_datetime(frame["week_on"]).dt.date)


def _outlook(asked: float, bearable: float, ratio: FloatArray, own: Any) -> dict[str, Any]:
    if own.sum() < FEWEST_WEEKS or float(np.median(ratio[own])) < LEAST_LOGGED:
        plan = {f"demand_hours_{name}": asked for name in LEVELS}
        return plan | {"demand_basis": "assigned", "is_overloaded": asked > bearable}
    weight = np.where(own, OWN_WEIGHT, 1.0)
    demand = {f"demand_hours_{name}": _demand(asked, ratio, weight, level) for name, level in LEVELS.items()}
    over = float((weight[asked * ratio > bearable].sum() + 1.0) / (weight.sum() + 2.0))
    return demand | {
        "demand_basis": "worked",
        "is_overloaded": demand["demand_hours_p50"] > bearable,
        "probability_overload": round(float(np.clip(over, LEAST, SUREST)), 6),
    }


def _demand(asked: float, ratio: FloatArray, weight: FloatArray, level: float) -> float:
    order = np.argsort(ratio, kind="stable")
    reached = np.cumsum(weight[order]) - weight[order] / 2.0
    return round(asked * float(np.interp(level, reached / weight.sum(), ratio[order])), 2)


def _sentence(row: Mapping[str, Any]) -> str:
    if row["forecast_status"] != "ok":
        return "No forecast: no register tells what the team has or is asked for in this week."
    against = f"of {row['available_hours']:,.0f} available"
    if row["demand_basis"] == "assigned":
        more = "more than the team can bear" if row["is_overloaded"] else "within what the team can bear"
        return (
            f"{row['assigned_hours']:,.0f} hours planned {against}: {more}. Too little time is logged to say how sure."
        )
    return (
        f"{row['demand_hours_p50']:,.0f} hours likely asked {against} "
        f"(80 % sure at most {row['demand_hours_p80']:,.0f}); "
        f"{100 * row['probability_overload']:.0f} % likely to be overloaded."
    )
