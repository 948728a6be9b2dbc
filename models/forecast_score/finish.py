"""Finish forecasts with what became of them: one case a subject and week, so that a daily run does not count for seven.

The first forecast said in a week is the one that is judged; what was said again cannot replace it. A case watched for
less than a week is too young to tell anything.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from models.forecast_score.milestones import milestone_fates
from models.forecaster import Tables
from models.schedule_slip.events import days_of, effective_days, scope_of
from models.schedule_slip.features import flow_features
from models.schedule_slip.scopes import rows_by_subject

WATCHED_DAYS = 7
WINDOW_DAYS = 364  # older forecasts say little of how good the next will be
BANDS = ((28, "up to 4 weeks"), (91, "5 to 13 weeks"), (182, "14 to 26 weeks"), (np.inf, "over 26 weeks"))
SAID = (
    "subject_type", "subject_id", "project_id", "as_of_on", "model_id", "model_version", "forecast_status",
    "finish_on_p10", "finish_on_p50", "finish_on_p80", "finish_on_p95", "baseline_on", "promised_on",
    "probability_late", "fallback_reason", "inputs_hash", "known_from",
)  # fmt: skip


def judged(said: pd.DataFrame, today: int) -> pd.DataFrame:
    """Of what was said within a year, the first of each subject, model version and week that names dates."""
    if not len(said):
        return said.assign(origin=np.zeros(0, dtype=np.int64))
    rows = said.loc[said["forecast_status"] == "ok"].assign(origin=lambda frame: days_of(frame["as_of_on"]))
    rows = rows.loc[(rows["origin"] <= today) & (rows["origin"] > today - WINDOW_DAYS)]
    rows = rows.assign(week=(rows["origin"] + 3) // 7)
    order = ["subject_type", "subject_id", "model_id", "model_version", "week", "origin", "known_from", "inputs_hash"]
    first = rows.sort_values(order, kind="stable").drop_duplicates(order[:5])
    return first.drop(columns="week").reset_index(drop=True)


def finish_cases(rows: pd.DataFrame, tables: Tables, today: int, evidence: str) -> pd.DataFrame:
    """The judged forecasts with their outcomes, in days from the day on which they were said."""
    fates = pd.DataFrame(list(_fates(rows, tables, today)), columns=_FATE)
    found = rows.merge(fates.astype({"origin": "int64"}), on=["subject_type", "subject_id", "origin"])
    planned = (found["subject_type"] == "project") & found[["baseline_on", "promised_on"]].notna().any(axis=1)
    days = found["end_days"].where(planned, found["open_days"]).to_numpy(dtype=np.float64)
    observed = found["end_is_observed"].where(planned, found["open_is_observed"]).to_numpy(dtype=bool)
    ahead = {f"p{level}": _ahead(found, f"finish_on_p{level}") for level in (10, 50, 80, 95)}
    due = _ahead(found, "baseline_on").where(found["baseline_on"].notna(), _ahead(found, "promised_on"))
    watched = found["watched"].to_numpy(dtype=np.float64)
    is_due = (due >= 1) & (due <= watched) & found["probability_late"].notna()
    late = np.where(observed & (days <= due), 0.0, 1.0)
    cases = pd.DataFrame(
        {
            "evidence": np.where(found["fallback_reason"].notna(), "fallback", evidence),
            "model_id": found["model_id"], "model_version": found["model_version"],
            "subject_type": found["subject_type"], "subject_id": found["subject_id"],
            "cluster": found["project_id"], "as_of_on": pd.to_datetime(found["as_of_on"]).dt.as_unit("s"),
            "unit": "days",
            "horizon_band": band_of(ahead["p50"]), **ahead,
            "actual": days, "is_observed": observed, "watched": watched,
            "naive": found["naive"].fillna(due.clip(lower=1.0)),  # of a milestone the planned day
            "promise": _ahead(found, "promised_on").where(found["promised_on"].notna(), due),
            "due": due, "probability_late": found["probability_late"].astype("float64"),
            "is_late": np.where(is_due, late, np.nan),
        }
    )  # fmt: skip
    return cases.loc[watched >= WATCHED_DAYS].reset_index(drop=True)


_FATE = [
    *("subject_type", "subject_id", "origin", "watched", "naive"),
    *("open_days", "open_is_observed", "end_days", "end_is_observed"),
]


def _fates(rows: pd.DataFrame, tables: Tables, today: int) -> Iterator[tuple[object, ...]]:
    """What became of each milestone and of each subject's scope, origin by origin; what is gone has no fate."""
    day = np.datetime64(today, "D").astype(object)
    projects = tables["dim_project"]
    living = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)]
    until = dict(zip(living["project_id"].astype(str), effective_days(living, day).tolist(), strict=True))
    yield from milestone_fates(rows, tables, until)
    scopes = rows_by_subject(tables, until)
    said: dict[tuple[str, str, str], set[int]] = {}
    for *names, origin in rows[["subject_type", "subject_id", "project_id", "origin"]].itertuples(index=False):
        said.setdefault((str(names[0]), str(names[1]), str(names[2])), set()).add(origin)
    for (kind, name, project), days in sorted(said.items()):
        items = scopes.get((kind, name))
        if items is None or project not in until:
            continue
        origins = np.array(sorted(day for day in days if day < until[project]), dtype=np.int64)
        state = flow_features(scope_of(items, until[project]), origins)
        naive = 7.0 * state["open"] / np.maximum(state["rate"], 0.01)
        yield from zip(
            [kind] * len(origins), [name] * len(origins), origins, until[project] - origins, naive,
            state["days"], state["is_observed"], state["end_days"], state["end_is_observed"],
            strict=True,
        )  # fmt: skip


def band_of(ahead: pd.Series) -> np.ndarray:
    """The band of the predicted length: what a forecast was about, whatever came of it."""
    limits = [limit for limit, _ in BANDS[:-1]]
    return np.array([name for _, name in BANDS])[np.searchsorted(limits, ahead.to_numpy(dtype=np.float64), side="left")]


def _ahead(frame: pd.DataFrame, column: str) -> pd.Series:
    """Days from the forecast's day to a date; missing where there is none."""
    days = pd.to_datetime(frame[column]) - pd.to_datetime(frame["as_of_on"])
    return days.dt.days.astype("float64")
