"""Looks at every dated issue on past days as it then stood, so that what was known can be held against what came.

A landmark is one issue on one day while it was open (van Houwelingen 2007). Its due date is the one that stood that
day, so a date moved later does not excuse a promise made before.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.schedule_slip.events import OPEN, days_of

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

STEP_DAYS, MOST_LANDMARKS = 7, 26
MOST_ISSUES = 20_000  # of those to learn from, the youngest: older ones say little of how work goes now
RATE_WEIGHT = 5.0  # a project's own late rate stands against so many issues of the whole portfolio
FEATURES = ("days_left", "age", "is_started", "days_started", "due_moves", "is_blocked", "late_rate")
_NO_DAY = np.iinfo(np.int64).min


def dated(issues: pd.DataFrame, due: pd.DataFrame, until: Mapping[str, int]) -> pd.DataFrame:
    """Leaf issues that ever had a due date, as days: created, started, closed (OPEN while open), project, `until`."""
    alive = issues["is_leaf"].fillna(False).astype(bool) & ~issues["is_deleted"].fillna(False).astype(bool)
    known = issues.loc[
        alive
        & issues["issue_id"].isin(due["issue_id"].unique())
        & issues["project_id"].isin(list(until))
        & issues["created_at"].notna()
    ].sort_values("issue_id", kind="stable")
    last = known["project_id"].map(until).to_numpy(dtype=np.int64)
    closed, started = days_of(known["done_at"]), days_of(known["started_at"])
    closed = np.where((closed == _NO_DAY) | (closed > last), OPEN, closed)
    frame = pd.DataFrame(
        {
            "issue_id": known["issue_id"].astype(str).to_numpy(),
            "issue_key": known["issue_key"].astype("object").to_numpy(),
            "summary": known["summary"].astype("object").to_numpy(),
            "project_id": known["project_id"].astype(str).to_numpy(),
            "created": days_of(known["created_at"]),
            "started": np.where((started == _NO_DAY) | (started > last), OPEN, started),
            "closed": closed,
            "cancelled": known["is_cancelled"].fillna(False).to_numpy(dtype=bool) & (closed != OPEN),
            "until": last,
        }
    )
    return frame.loc[(frame["created"] <= frame["until"]) & ~frame["cancelled"]].reset_index(drop=True)


def due_dates(due: pd.DataFrame) -> pd.DataFrame:
    """Which due day stood from which day on (`due` OPEN where it was taken away), with the number of moves by then."""
    frame = pd.DataFrame(
        {
            "issue_id": due["issue_id"].astype(str).to_numpy(),
            "since": days_of(due["valid_from"]),
            "due": days_of(due["due_on"]),
            "at": pd.to_datetime(due["valid_from"]).to_numpy(),
        }
    )
    frame["due"] = frame["due"].where(frame["due"] != _NO_DAY, OPEN)
    frame = frame.sort_values(["issue_id", "at"], kind="stable")
    was = frame.groupby("issue_id")["due"].shift()
    frame["moves"] = (was.notna() & (was != OPEN) & (was != frame["due"])).groupby(frame["issue_id"]).cumsum()
    return frame.drop(columns="at").drop_duplicates(["issue_id", "since"], keep="last").reset_index(drop=True)


def past_days(issues: pd.DataFrame) -> pd.DataFrame:
    """One row an issue and week while it was open: position in `issues` and day."""
    young = issues.sort_values("created", kind="stable").iloc[-MOST_ISSUES:]
    last = np.minimum(young["closed"].to_numpy(dtype=np.int64), young["until"].to_numpy(dtype=np.int64))
    number = np.clip((last - young["created"].to_numpy()) // STEP_DAYS + 1, 1, MOST_LANDMARKS)
    place = np.repeat(young.index.to_numpy(), number)
    step = np.arange(len(place)) - np.repeat(np.cumsum(number) - number, number)
    return pd.DataFrame({"place": place, "day": np.repeat(young["created"].to_numpy(), number) + step * STEP_DAYS})


def look(issues: pd.DataFrame, days: pd.DataFrame, dues: pd.DataFrame, blocked: pd.DataFrame) -> pd.DataFrame:
    """What was known of those issues on those days; days on which no due date stood are left out."""
    frame = issues.iloc[days["place"].to_numpy()].reset_index(drop=True).assign(day=days["day"].to_numpy())
    frame = frame.sort_values("day", kind="stable")
    dues = dues.assign(issue_id=dues["issue_id"].astype(frame["issue_id"].dtype))
    frame = pd.merge_asof(
        frame, dues.sort_values("since", kind="stable"), left_on="day", right_on="since", by="issue_id"
    )
    frame = frame.loc[frame["due"].notna() & (frame["due"] != OPEN)].copy()
    frame["due"] = frame["due"].astype(np.int64)
    frame["days_left"] = frame["due"] - frame["day"]
    frame["age"] = frame["day"] - frame["created"]
    frame["is_started"] = (frame["started"] <= frame["day"]).astype(np.int64)
    frame["days_started"] = np.where(frame["is_started"] == 1, frame["day"] - frame["started"], 0)
    frame["due_moves"] = frame["moves"].astype(np.int64)
    frame = _blocked(frame, blocked)
    return frame.sort_values(["issue_id", "day"], kind="stable").reset_index(drop=True)


def _blocked(frame: pd.DataFrame, blocked: pd.DataFrame) -> pd.DataFrame:
    """Whether it stands flagged that day, and since when."""
    stretches = pd.DataFrame(
        {
            "issue_id": blocked["issue_id"].astype(str).to_numpy(),
            "flagged": days_of(blocked["valid_from"]),
            "freed": days_of(blocked["valid_to"]),
        }
    ).sort_values("flagged", kind="stable")
    stretches["issue_id"] = stretches["issue_id"].astype(
        frame["issue_id"].dtype
    )  # without flags it has none of its own
    frame = pd.merge_asof(
        frame.sort_values("day", kind="stable"), stretches, left_on="day", right_on="flagged", by="issue_id"
    )
    freed = frame["freed"].fillna(_NO_DAY)
    stands = frame["flagged"].notna() & ((freed == _NO_DAY) | (freed > frame["day"]))
    frame["is_blocked"] = stands.astype(np.int64)
    frame["days_blocked"] = np.where(stands, frame["day"] - frame["flagged"].fillna(0), 0).astype(np.int64)
    return frame


def outcomes(issues: pd.DataFrame, dues: pd.DataFrame) -> pd.DataFrame:
    """Per issue whether it missed its first due date, and the day on which that was known; undecided ones left out."""
    first = dues.loc[dues["due"] != OPEN].drop_duplicates("issue_id", keep="first")
    frame = issues.merge(first[["issue_id", "due"]], on="issue_id")
    frame["is_late"] = frame["closed"] > frame["due"]
    frame["decided"] = frame["due"] + 1  # on time too is counted then, so that neither comes to be known first
    return frame.loc[frame["decided"] <= frame["until"], ["project_id", "decided", "is_late"]]


def late_rates(frame: pd.DataFrame, decided: pd.DataFrame) -> FloatArray:
    """Share of the project's dated issues that were late by each row's day, drawn to the portfolio's by RATE_WEIGHT."""
    late, number = _known_by(frame["day"].to_numpy(), decided)
    whole = (late + 1.0) / (number + 2.0)
    own_late, own_number = np.zeros(len(frame)), np.zeros(len(frame))
    parts = dict(list(decided.groupby("project_id")))
    for name, rows in frame.reset_index(drop=True).groupby("project_id"):
        if name in parts:
            where = rows.index.to_numpy()
            own_late[where], own_number[where] = _known_by(rows["day"].to_numpy(), parts[name])
    return np.asarray((own_late + RATE_WEIGHT * whole) / (own_number + RATE_WEIGHT), dtype=np.float64)


def _known_by(day: IntArray, decided: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Late ones and all that were decided by each day."""
    order = decided.sort_values("decided", kind="stable")
    place = np.searchsorted(order["decided"].to_numpy(), day, side="right")
    late = np.concatenate([[0], np.cumsum(order["is_late"].to_numpy(dtype=np.int64))])
    return late[place].astype(np.float64), place.astype(np.float64)
