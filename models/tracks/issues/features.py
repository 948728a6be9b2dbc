"""Numbers about an issue on the day its due date was set: its own, its due date's, and its project's past.

Nothing here looks at a later day. `perofdelay`, `workload` and `reporterrep` of the file are doubted: as of when they
were counted is not told. They are read for comparison only. Ids of topics are left out: they mean nothing elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.tracks.columns import days, numbers
from models.tracks.issues.past import Tally, share

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

OWN = (
    *("discussion", "repetition", "no_comment", "no_priority_change", "no_fixversion", "no_fixversion_change"),
    *("no_issuelink", "no_blocking", "no_blockedby", "no_affectversion", "no_des_change"),
)
DOUBTED = ("perofdelay", "workload", "reporterrep")
LEAST_DAYS = 7.0  # before the due date: what is judged
KINDS = ("bug", "feature", "improve", "enhance", "sub", "task", "test", "story", "epic", "doc", "suggest")
RANKS = {"trivial": 0.0, "optional": 0.0, "minor": 1.0, "major": 2.0, "critical": 3.0, "blocker": 4.0}
LIVES = (60.0, 365.0)  # days over which the past fades


@dataclass(frozen=True)
class Cases:
    """Issues as columns of numbers, in the file's order."""

    community: npt.NDArray[np.object_]
    project: npt.NDArray[np.object_]
    kind: npt.NDArray[np.object_]
    number: FloatArray
    opened: FloatArray
    set_on: FloatArray
    due: FloatArray
    late: FloatArray
    own: pd.DataFrame

    def __len__(self) -> int:
        return len(self.late)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Cases:
        columns: dict[str, Any] = {name: getattr(self, name)[rows] for name in ARRAYS}
        return Cases(**columns, own=self.own.iloc[rows])


ARRAYS = tuple(column.name for column in fields(Cases) if column.name != "own")


def read(frame: pd.DataFrame) -> Cases:
    """The rows as cases; late is a delay of more than no day. The doubted columns come along where they are there."""
    keys = frame["issuekey"].astype(str)
    own = pd.DataFrame({name: numbers(frame, name) for name in (*OWN, *DOUBTED) if name in frame.columns})
    own["rank"] = frame["priority"].astype(str).str.lower().str.split(" ").str[0].map(RANKS).to_numpy(dtype=np.float64)
    kind = frame["type"].astype(str).str.lower()
    for name in KINDS:
        own[f"is_{name}"] = kind.str.contains(name, regex=False).to_numpy(dtype=np.float64)
    return Cases(
        community=frame["proj"].astype(str).to_numpy(dtype=object),
        project=(frame["proj"].astype(str) + ":" + keys.str.rsplit("-", n=1).str[0]).to_numpy(dtype=object),
        kind=kind.to_numpy(dtype=object),
        number=pd.to_numeric(keys.str.rsplit("-", n=1).str[-1], errors="coerce").to_numpy(dtype=np.float64),
        opened=days(frame, "opened"),
        set_on=days(frame, "pred"),
        due=days(frame, "due"),
        late=(numbers(frame, "delaydays", gaps=False) > 0).astype(np.float64),
        own=own,
    )


def joined(first: Cases, second: Cases) -> Cases:
    """Both, the first before the second."""
    columns: dict[str, Any] = {n: np.concatenate([getattr(first, n), getattr(second, n)]) for n in ARRAYS}
    return Cases(**columns, own=pd.concat([first.own, second.own], ignore_index=True))


def features(cases: Cases, past: Cases) -> pd.DataFrame:
    """One row a case, from what `past` (which may hold the cases themselves) had told by the day the date was set."""
    found = {**_dates(cases), **_record(cases, past), **_plan(cases, past)}
    return pd.concat([cases.own.reset_index(drop=True), pd.DataFrame(found)], axis=1)


def _dates(cases: Cases) -> dict[str, FloatArray]:
    due = pd.to_datetime(pd.Series(cases.due), unit="D")
    set_on = pd.to_datetime(pd.Series(cases.set_on), unit="D")
    return {
        "remaining": np.log1p(cases.due - cases.set_on),
        "open_for": np.log1p(np.maximum(cases.set_on - cases.opened, 0.0)),
        "due_weekday": due.dt.day_of_week.to_numpy(dtype=np.float64),
        "due_day": due.dt.day.to_numpy(dtype=np.float64),
        "due_in_quarter": (due.dt.day_of_year.to_numpy(dtype=np.float64) - 1.0) % 91.3,
        "set_weekday": set_on.dt.day_of_week.to_numpy(dtype=np.float64),
    }


def _codes(*columns: npt.NDArray[np.object_]) -> list[IntArray]:
    """The same group, the same number, in every column given."""
    codes, _ = pd.factorize(pd.Series(np.concatenate(columns)))
    ends = np.cumsum([len(column) for column in columns])[:-1]
    return [np.asarray(part, dtype=np.int64) for part in np.split(codes, ends)]


def _record(cases: Cases, past: Cases) -> dict[str, FloatArray]:
    """Late shares so far: of everything, of the community, of the project, of its kind of issue; old ones fade."""
    found: dict[str, FloatArray] = {}
    none, everything = np.full(len(cases), "", dtype=object), np.full(len(past), "", dtype=object)
    groups = {
        "all": (everything, none),
        "community": (past.community, cases.community),
        "project": (past.project, cases.project),
        "kind": (past.project + "|" + past.kind, cases.project + "|" + cases.kind),
    }
    above = np.full(len(cases), 0.2)
    for name, (theirs, ours) in groups.items():
        known, asked = _codes(theirs, ours)
        number = Tally(known, past.due, np.ones(len(past))).before(asked, cases.set_on)
        late = Tally(known, past.due, past.late).before(asked, cases.set_on)
        above = share(late, number, above, 10.0)
        found[f"late_{name}"], found[f"seen_{name}"] = above, np.log1p(number)
        for life in LIVES if name in ("community", "project") else ():
            recent = Tally(known, past.due, np.ones(len(past)), life).before(asked, cases.set_on)
            slipped = Tally(known, past.due, past.late, life).before(asked, cases.set_on)
            found[f"late_{name}_{life:.0f}"] = share(slipped, recent, above, 3.0)
    return found


def _plan(cases: Cases, past: Cases) -> dict[str, FloatArray]:
    """What was planned by then: dates shared with other issues (a release), issues in hand, those overdue."""
    project, asked = _codes(past.project, cases.project)
    ones = np.ones(len(past))
    day = [column.astype("int64").astype(str).astype(object) for column in (past.due, cases.due)]
    dated, shared = _codes(past.project + "|" + day[0], cases.project + "|" + day[1])
    planned = Tally(project, past.set_on, ones).before(asked, cases.set_on)
    over = Tally(project, past.due, ones).before(asked, cases.set_on)
    siblings = Tally(dated, past.set_on, ones).before(shared, cases.set_on)
    spread = Tally(project, past.set_on, past.due - past.set_on).before(asked, cases.set_on)
    return {
        "in_hand": np.log1p(np.maximum(planned - over, 0.0)),
        "same_due": np.log1p(siblings),
        "same_due_share": siblings / np.maximum(planned - over, 1.0),
        "remaining_usual": np.log1p(cases.due - cases.set_on) - np.log1p(spread / np.maximum(planned, 1.0)),
    }
