"""Judges a finish forecaster as it would have been used: rolled back to past days, then compared with what came.

At each origin the tables are cut to what had been recorded by then, the forecast is made, and the outcome is
read from the full tables. Outcomes that have not come yet are censored, not dropped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from models.forecaster import Forecaster, Tables
from models.schedule_slip.events import day_number, effective_days, rewind, scope_of
from models.schedule_slip.features import flow_features

LEVELS = {"finish_on_p10": 0.10, "finish_on_p50": 0.50, "finish_on_p80": 0.80, "finish_on_p95": 0.95}


def origins_between(first: date, last: date, step_days: int) -> list[date]:
    """Days on which forecasts are re-made, the first included."""
    return [first + timedelta(days=days) for days in range(0, (last - first).days + 1, step_days)]


def known_by(tables: Tables, as_of: date) -> dict[str, pd.DataFrame]:
    """The tables as recorded at the end of `as_of`: later items gone, later completions undone.

    Plans too, where the tables hold what was said of them and when (`fct_baseline`, `dim_project_history`). When
    something reached us plays no part: a backtest reads by the clock of the record.
    """
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    issues = tables["dim_issue"].loc[pd.to_datetime(tables["dim_issue"]["created_at"]) < end].copy()
    done_at = pd.to_datetime(issues["done_at"])
    issues["is_cancelled"] = issues["is_cancelled"] & (done_at < end)
    issues["done_at"] = done_at.where(done_at < end)
    projects = tables["dim_project"].copy()
    known = pd.to_datetime(projects["effective_on"])
    projects["effective_on"] = known.where(known < end, pd.Timestamp(as_of))
    if _tells_when(tables, "fct_baseline"):
        baselines = _recorded_by(tables["fct_baseline"], end, "baseline_version")
        approved = pd.to_datetime(baselines["approved_on"])
        _plan(projects, "baseline_on", baselines.loc[approved.isna() | (approved < end)], "baseline_finish_on")
    if _tells_when(tables, "dim_project_history"):
        said = _recorded_by(tables["dim_project_history"], end, "valid_from")
        until = pd.to_datetime(said["valid_to"])
        _plan(projects, "promised_on", said.loc[until.isna() | (until >= end)], "promised_on")
    return {**tables, "dim_issue": issues, "dim_project": projects}


def _tells_when(tables: Tables, name: str) -> bool:
    return name in tables and len(tables[name]) > 0 and "recorded_at" in tables[name].columns


def _recorded_by(versions: pd.DataFrame, end: pd.Timestamp, order: str) -> pd.DataFrame:
    """What had been recorded before `end`, the newest last."""
    return versions.loc[pd.to_datetime(versions["recorded_at"]) < end].sort_values(order, kind="stable")


def _plan(projects: pd.DataFrame, column: str, versions: pd.DataFrame, told: str) -> None:
    """Set a date of each project to that of its newest version; none where there is no version."""
    newest = versions.drop_duplicates("project_id", keep="last").set_index("project_id")[told]
    projects[column] = newest.reindex(projects["project_id"]).to_numpy()  # map() fails where there is no version


def backtest(
    model: Forecaster, tables: Tables, origins: Sequence[date], seed: int, outcome: str = "scope"
) -> pd.DataFrame:
    """One row per origin and subject still watched: the forecast, the outcome, and the level at which it fell.

    `outcome` "scope": all that was open is done (for a project with a plan: all is done for good); "count": as
    many items are done as were open, whichever they were.
    """
    found = []
    for as_of in origins:
        forecast = model.forecast(known_by(tables, as_of), as_of, seed)
        forecast = forecast.loc[forecast["as_of_on"] == as_of]
        found.append(forecast.merge(outcomes(tables, as_of, outcome), on="subject_id", how="inner"))
    frame = pd.concat(found, ignore_index=True)
    frame["level"] = [level_of(row) for row in frame.to_dict("records")]
    return frame


def outcomes(tables: Tables, as_of: date, outcome: str = "scope") -> pd.DataFrame:
    """What became of every project and epic open on `as_of`: days until done, or days watched where it is not."""
    projects = tables["dim_project"].sort_values("project_id")
    watched = dict(zip(projects["project_id"].astype(str), effective_days(projects, date.max).tolist(), strict=True))
    planned = projects.loc[projects[["baseline_on", "promised_on"]].notna().any(axis=1), "project_id"].astype(str)
    origin = np.array([day_number(as_of)], dtype=np.int64)
    issues = rewind(tables["dim_issue"], watched)
    rows = []
    for column in ("project_id", "epic_id"):
        for name, part in issues.loc[issues[column] != ""].groupby(column):
            until = watched[str(part["project_id"].iloc[0])]
            if until <= origin[0] or part["created"].min() > origin[0]:
                continue
            prefix = "count_" if outcome == "count" else "end_" if name in set(planned) else ""
            state = flow_features(scope_of(part, until), origin)
            naive = 7.0 * state["open"][0] / max(state["rate"][0], 0.01)
            rows.append((str(name), state[f"{prefix}days"][0], state[f"{prefix}is_observed"][0], naive))
    return pd.DataFrame(rows, columns=["subject_id", "days", "is_observed", "naive_days"])


def level_of(row: Mapping[Any, Any]) -> float:
    """The probability the forecast gave to its outcome's day, between its quantiles on a log-normal scale."""
    if row["forecast_status"] != "ok":
        return float("nan")
    start = day_number(row["as_of_on"]) or 0
    days = np.log([max((day_number(row[name]) or 0) - start, 1) for name in LEVELS])
    normal = ndtri(list(LEVELS.values()))
    points, index = np.unique(days, return_index=True)
    value = np.log(max(float(str(row["days"])), 1.0))
    if len(points) == 1 or value <= points[0]:
        return float(ndtr(normal[0] + (value - points[0]) * 2.0))
    if value > points[-1]:
        slope = (normal[index[-1]] - normal[index[-2]]) / (points[-1] - points[-2])
        return float(ndtr(normal[-1] + (value - points[-1]) * slope))
    return float(ndtr(np.interp(value, points, normal[index])))
