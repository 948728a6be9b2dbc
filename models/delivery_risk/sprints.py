"""What a running sprint will deliver, from what past sprints still delivered at the same point of their time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]

FEWEST_SPRINTS = 5
OWN_WEIGHT = 5.0  # of a sprint of the same board beside one of another
POINTS_OF_TIME = 10  # fractions of a sprint are compared in tenths


@dataclass(frozen=True)
class Running:
    """A sprint under way, in points where at least half of its issues have an estimate, else in issues."""

    sprint_id: str
    name: str | None
    project_id: str
    ends_at: pd.Timestamp
    elapsed: float  # share of the planned time that is gone, 0 to 1
    unit: str
    committed: float
    added: float
    delivered: float
    remaining: float
    shares: FloatArray  # of what then remained, what past sprints still delivered
    weights: FloatArray
    usual: float  # share of its scope that a past sprint had delivered by then, mean

    @property
    def is_usable(self) -> bool:
        return len(self.shares) >= FEWEST_SPRINTS

    def quantile(self, level: float) -> float:
        """Delivered by the end with this probability at most: a weighted quantile of past shares."""
        order = np.argsort(self.shares, kind="stable")
        reached = np.cumsum(self.weights[order]) - self.weights[order] / 2.0
        share = float(np.interp(level, reached / self.weights.sum(), self.shares[order]))
        return self.delivered + share * self.remaining

    def chance_short(self) -> float:
        """P(delivered < committed), with one past sprint's weight of doubt to either side."""
        short = self.delivered + self.shares * self.remaining < self.committed - 1e-9
        return float((self.weights[short].sum() + 1.0) / (self.weights.sum() + 2.0))


def running(sprints: pd.DataFrame, commitment: pd.DataFrame, moment: pd.Timestamp) -> list[Running]:
    """The sprints under way at `moment` (exclusive end of the day), by id, each beside the closed ones."""
    known = sprints.loc[sprints["starts_at"].notna() & sprints["ends_at"].notna() & (sprints["starts_at"] < moment)]
    known = known.loc[known["ends_at"] > known["starts_at"]].sort_values("sprint_id", kind="stable")
    is_closed = known["completed_at"].notna() & (known["completed_at"] < moment)
    rows = _rows(commitment.merge(known, on="sprint_id", suffixes=("", "_of_sprint")))
    closed, open_ = known.loc[is_closed], known.loc[~is_closed]
    past: dict[float, pd.DataFrame] = {}
    found = []
    sprint: Any
    for sprint in open_.itertuples(index=False):
        planned = (sprint.ends_at - sprint.starts_at) / pd.Timedelta(days=1)
        gone = (moment - sprint.starts_at) / pd.Timedelta(days=1)
        elapsed = float(np.clip(gone / planned, 0.0, 1.0))
        tenth = min(round(elapsed * POINTS_OF_TIME) / POINTS_OF_TIME, 0.9)
        if tenth not in past:
            past[tenth] = _state(rows.loc[rows["sprint_id"].isin(closed["sprint_id"])], tenth)
        own = rows.loc[rows["sprint_id"] == sprint.sprint_id]
        if len(own):
            found.append(_running(sprint, own, elapsed, past[tenth], moment))
    return found


def _rows(frame: pd.DataFrame) -> pd.DataFrame:
    """With the estimate to count by: points where half of the sprint's issues have some, else one an issue."""
    points = frame["end_story_points"].fillna(frame["start_story_points"]).astype(float)
    told = points.notna().groupby(frame["sprint_id"]).transform("mean") >= 0.5
    start = frame["start_story_points"].astype(float)
    return frame.assign(
        unit=np.where(told, "story_points", "issues"),
        size=np.where(told, points.fillna(0.0), 1.0),
        committed_size=np.where(told, start.fillna(0.0), 1.0) * frame["is_committed"].astype(float),
    )


def _state(rows: pd.DataFrame, elapsed: float) -> pd.DataFrame:
    """Per closed sprint, at that share of its planned time: delivered, remaining, and what it still delivered."""
    at = rows["starts_at"] + (rows["ends_at"] - rows["starts_at"]) * elapsed
    is_in = (rows["valid_from"] <= at) & (rows["valid_to"].isna() | (rows["valid_to"] > at))
    is_done = is_in & rows["done_at"].notna() & (rows["done_at"] <= at)
    sizes = pd.DataFrame(
        {
            "sprint_id": rows["sprint_id"],
            "board_id": rows["board_id"],
            "scope": rows["size"] * is_in,
            "delivered": rows["size"] * is_done,
            "final": rows["size"] * rows["is_completed"].astype(float),
        }
    )
    state = sizes.groupby(["sprint_id", "board_id"], dropna=False, sort=True).sum().reset_index()
    state["remaining"] = state["scope"] - state["delivered"]
    state = state.loc[state["remaining"] > 0]
    return state.assign(share=((state["final"] - state["delivered"]) / state["remaining"]).clip(0.0, 2.0))


def _running(sprint: Any, own: pd.DataFrame, elapsed: float, past: pd.DataFrame, moment: pd.Timestamp) -> Running:
    is_in = (own["valid_from"] < moment) & (own["valid_to"].isna() | (own["valid_to"] >= moment))
    is_done = is_in & own["done_at"].notna() & (own["done_at"] < moment)
    delivered = float((own["size"] * is_done).sum())
    usual = float(past["delivered"].sum() / past["scope"].sum()) if len(past) else 0.0
    return Running(
        sprint_id=str(sprint.sprint_id),
        name=None if pd.isna(sprint.sprint_name) else str(sprint.sprint_name),
        project_id=str(own["project_id"].mode().iloc[0]),
        ends_at=sprint.ends_at,
        elapsed=elapsed,
        unit=str(own["unit"].iloc[0]),
        committed=float(own["committed_size"].sum()),
        added=float((own["size"] * (is_in & own["is_added"].astype(bool))).sum()),
        delivered=delivered,
        remaining=float((own["size"] * is_in).sum()) - delivered,
        shares=past["share"].to_numpy(dtype=np.float64),
        weights=np.where(past["board_id"] == sprint.board_id, OWN_WEIGHT, 1.0).astype(np.float64),
        usual=usual,
    )
