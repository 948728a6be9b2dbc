"""What a reporting snapshot of a capital project tells at its time, and how far its completion moved in a year."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

AHEAD_DAYS, NEAREST, FARTHEST = 365, 300, 430  # reports come every four or five months, on no fixed day
BEYOND_BELIEF = 30 * 365.25  # a completion so far ahead is a slip of the pen (2108 for 2018)
PHASES = {"scoping": 0, "planning": 0, "design": 1, "procurement": 2, "construction": 3, "close": 4}


def read_snapshots(data: pd.DataFrame, train: pd.DataFrame | None) -> pd.DataFrame:
    """The snapshots of both files by project and day, outcomes joined; `row` is -1 for those of train."""
    frames = [data.assign(row=np.arange(len(data)), is_trained=False)]
    if train is not None:
        frames.append(train.assign(row=-1, is_trained=True))
    rows = pd.concat(frames, ignore_index=True)
    rows["day"] = _days(rows["Date Reported As Of"])
    rows["completion"] = _days(rows["Forecast Completion"])
    rows["design_start"] = _days(rows["Design Start"])
    rows["budget"] = pd.to_numeric(rows["Budget Forecast"], errors="coerce")
    rows["project"] = rows["PID"].astype(str).str.replace(r"\.0$", "", regex=True)
    rows = rows.dropna(subset=["day"]).drop_duplicates(["project", "day"], keep="first")
    rows = rows.sort_values(["project", "day"], kind="stable").reset_index(drop=True)
    rows["believed"] = _believed(rows)
    return pd.concat([rows, _outcomes(rows)], axis=1)


def _believed(rows: pd.DataFrame) -> pd.Series:
    """The completion as told, or the last one told before where it is beyond belief."""
    wild = rows["completion"] - rows["day"] > BEYOND_BELIEF
    before = rows["completion"].mask(wild).groupby(rows["project"]).ffill()
    return rows["completion"].mask(wild, before)


def _days(dates: pd.Series) -> pd.Series:
    """Days since 1970; NaN where there is no date."""
    read = pd.to_datetime(dates, errors="coerce", format="mixed")
    return (read - pd.Timestamp("1970-01-01")).dt.days.astype(np.float64)


def _outcomes(rows: pd.DataFrame) -> pd.DataFrame:
    """The project's snapshot nearest to a year later: the move of its forecast completion, and when it was known.

    A completion beyond belief is no outcome; as a start it counts as told, for that is what was promised.
    """
    moved, known, trained = np.full(len(rows), np.nan), np.full(len(rows), np.nan), np.zeros(len(rows), dtype=np.bool_)
    day, completion = rows["day"].to_numpy(), rows["completion"].to_numpy()
    is_wild = completion - day > BEYOND_BELIEF
    is_trained = rows["is_trained"].to_numpy(dtype=np.bool_)
    for places in rows.groupby("project", sort=True).indices.values():
        places = np.sort(places)
        told = places[np.isfinite(completion[places])]
        for place in told:
            ahead = day[told] - day[place]
            near = told[(ahead >= NEAREST) & (ahead <= FARTHEST) & ~is_wild[told]]
            if len(near):
                later = near[np.argmin(np.abs(day[near] - day[place] - AHEAD_DAYS))]
                moved[place] = completion[later] - completion[place]
                known[place], trained[place] = day[later], is_trained[later]
    return pd.DataFrame({"slip_days": moved, "known_day": known, "outcome_is_trained": trained}, index=rows.index)


def features_of(rows: pd.DataFrame) -> pd.DataFrame:
    """One line a snapshot, of what had been reported by then."""
    left = rows["believed"] - rows["day"]
    length = rows["believed"] - rows["design_start"]
    phase = phase_level(rows["Current Phase"])
    found = pd.DataFrame(
        {
            "mistold_days": rows["completion"] - rows["believed"],
            "days_left": left,
            "length_days": length,
            "share_elapsed": 1.0 - left / length.where(length > 0),
            "days_since_start": rows["day"] - rows["design_start"],
            "phase": phase,
            "log_budget": np.log1p(rows["budget"].clip(lower=0)),
        }
    )
    return pd.concat([found, _past(rows, phase), _kind(rows)], axis=1)


def phase_level(told: pd.Series) -> pd.Series:
    """Before design, design, procurement, construction, close-out, as 0 to 4; NaN where it is another."""
    plain = told.fillna("").astype(str).str.lower()
    level = pd.Series(np.nan, index=told.index)
    for word, number in PHASES.items():
        level = level.mask(plain.str.contains(word, regex=False), number)
    return level


def _past(rows: pd.DataFrame, phase: pd.Series) -> pd.DataFrame:
    """Earlier reports of the same project: how often, how far, how lately its date and budget moved."""
    group = rows.assign(phase=phase).groupby("project", sort=False)
    step = group["believed"].diff()
    since = group["day"].diff()
    first_day, first_end = group["day"].transform("first"), group["believed"].transform("first")
    total = rows["believed"] - first_end
    watched = rows["day"] - first_day
    budget = np.log1p(rows["budget"].clip(lower=0))
    late = step.clip(lower=0).fillna(0.0)
    return pd.DataFrame(
        {
            "reports": group.cumcount().astype(np.float64),
            "last_step": step,
            "last_rate": step / since,
            "total_slip": total,
            "total_rate": total / watched.where(watched > 0),
            "share_late": (step > 0).astype(np.float64).groupby(rows["project"]).cumsum() / (group.cumcount() + 1.0),
            "largest_step": late.groupby(rows["project"]).cummax(),
            "budget_growth": budget - np.log1p(group["budget"].transform("first").clip(lower=0)),
            "last_budget_step": budget.groupby(rows["project"]).diff(),
            "reports_in_phase": rows.assign(phase=phase).groupby(["project", "phase"]).cumcount().astype(np.float64),
        }
    )


def _kind(rows: pd.DataFrame) -> pd.DataFrame:
    """Agency, category and borough as they are told, for encodings that the model learns."""
    return pd.DataFrame(
        {
            name: rows[column].fillna("").astype(str).str.strip()
            for name, column in (("agency", "Managing Agency"), ("category", "Category"), ("borough", "Borough"))
        }
    )
