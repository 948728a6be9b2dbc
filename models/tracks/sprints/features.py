"""Numbers about a running sprint: what it holds, what is done, and how the board's earlier sprints went.

The file has no dates. Within a board, `sprintid` is the order in time: `h_last` of the file is the outcome of the
board's sprint with the next lower id in every row that has one. Between boards no order is known, so nothing of
another board's sprints counts as the past, and no community average so far is used.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.columns import numbers

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

PARTS = ("vel_starttime", "vel_added", "vel_removed", "vel_todo", "vel_inprogress", "vel_done")
COUNTS = (
    *("no_issue_starttime", "no_issue_added", "no_issue_removed", "no_issuetodo", "no_issueinprogress"),
    *("no_issuedone", "no_admin", "no_teammember"),
)
MEANS = ("no_comment_mean", "no_issuelink_mean", "no_des_change_mean", "no_fixversion_change_mean", "no_blocking_mean")
HISTORY = ("h_last", "h_mean3", "h_med")
PRIOR_SPRINTS = 2.0  # weight of "as usual" beside a board's own past


@dataclass(frozen=True)
class Sprints:
    """One row a sprint, in the file's order; `row` is its place there."""

    row: IntArray
    community: npt.NDArray[np.object_]
    board: npt.NDArray[np.object_]
    sprint: FloatArray
    share: FloatArray  # of the sprint that is over
    commit: FloatArray
    done: FloatArray
    diff: FloatArray
    own: pd.DataFrame

    def __len__(self) -> int:
        return len(self.diff)

    @property
    def scale(self) -> FloatArray:
        """What differences are measured in: the points committed, and one more."""
        return np.maximum(self.commit, 0.0) + 1.0

    @property
    def earned(self) -> FloatArray:
        """The plain projection: points done go on at their rate, up to what is committed; less the commitment."""
        rate = self.done / np.maximum(self.share, 0.01)
        return np.where(self.share > 0, np.minimum(rate, np.maximum(self.commit, self.done)), 0.0) - self.commit

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Sprints:
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in ARRAYS}
        return Sprints(**columns, own=self.own.iloc[rows])


ARRAYS = tuple(column.name for column in fields(Sprints) if column.name != "own")


def read(frame: pd.DataFrame) -> Sprints:
    """The rows as sprints; a sprint on several boards is counted once, on the first."""
    frame = frame.reset_index(drop=True)
    kept = frame[~frame.duplicated(["proj", "sprintid", "t"])]
    names = (*PARTS, *COUNTS, *MEANS, *HISTORY, "h_n", "n_iss", "planday")
    community = kept["proj"].astype(str)
    return Sprints(
        row=kept.index.to_numpy(dtype=np.int64),
        community=community.to_numpy(dtype=object),
        board=(community + ":" + kept["boardid"].astype(str)).to_numpy(dtype=object),
        sprint=numbers(kept, "sprintid", gaps=False),
        share=numbers(kept, "t", gaps=False) / 100.0,
        commit=numbers(kept, "commit", gaps=False),
        done=numbers(kept, "vel_done", gaps=False),
        diff=numbers(kept, "vel_diff", gaps=False),
        own=pd.DataFrame({name: numbers(kept, name) for name in names}),
    )


def joined(first: Sprints, second: Sprints) -> Sprints:
    columns: dict[str, Any] = {n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in ARRAYS}
    return Sprints(**columns, own=pd.concat([first.own, second.own], ignore_index=True))


def features(sprints: Sprints, past: Sprints) -> pd.DataFrame:
    """One row a sprint, sizes relative to the commitment so that communities with other points compare."""
    scale, own = sprints.scale, sprints.own
    found = {f"{name}_share": own[name].to_numpy() / scale for name in (*PARTS, *HISTORY)}
    found |= {name: np.log1p(np.maximum(own[name].to_numpy(), 0.0)) for name in (*COUNTS, *MEANS, "h_n", "n_iss")}
    days, team = own["planday"].to_numpy(), own["no_teammember"].to_numpy()
    found |= {
        "commit": np.log(scale),
        "earned": sprints.earned / scale,
        "started_done": own["no_issuedone"].to_numpy() / np.maximum(own["n_iss"].to_numpy(), 1.0),
        "days": days,
        "days_left": days * (1.0 - sprints.share),
        "points_a_day": np.log(scale / np.maximum(days, 1.0)),
        "points_a_head": np.log(scale / np.maximum(team, 1.0)),
        "points_an_issue": np.log(scale / np.maximum(own["n_iss"].to_numpy(), 1.0)),
        **_board(sprints, past),
    }
    return pd.DataFrame(found)


def _board(sprints: Sprints, past: Sprints) -> dict[str, FloatArray]:
    """How far the board's earlier sprints fell short, in shares of what they had committed to at the same point."""
    by_board = {}
    ratio = np.clip(past.diff / past.scale, -1.0, 2.0)
    for name in np.unique(past.board):
        own = np.flatnonzero(past.board == name)
        by_board[name] = own[np.argsort(past.sprint[own], kind="stable")]
    last, mean, seen = (np.full(len(sprints), np.nan) for _ in range(3))
    for place, (name, sprint) in enumerate(zip(sprints.board, sprints.sprint, strict=True)):
        own = by_board.get(name, np.empty(0, dtype=np.int64))
        earlier = ratio[own[past.sprint[own] < sprint]]
        seen[place] = len(earlier)
        if len(earlier):
            last[place] = earlier[-1]
            mean[place] = earlier[-6:].sum() / (len(earlier[-6:]) + PRIOR_SPRINTS)
    return {"board_last": last, "board_mean": mean, "board_seen": np.log1p(seen)}
