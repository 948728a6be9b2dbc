"""Who works on what as of a day: what the register plans, else where the open issues of a person lie."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pandas as pd

from models.forecaster import Tables
from models.portfolio.network import Staffing
from models.schedule_slip.events import days_of

_NO_DAY = np.iinfo(np.int64).min


def staffing_of(tables: Tables, limit: int) -> Staffing:
    """Full-time equivalents by team and project. A person of no team is a team: two projects share that person."""
    members = _current(tables["bridge_team_member"], "valid_from", "valid_to", limit, are_instants=True)
    team_of = dict(zip(members["person_id"], members["team_id"], strict=True))  # of two teams the last by id
    given: dict[tuple[str, str], float] = defaultdict(float)
    for person, project, share in _shares(tables["fct_assignment"], limit):
        given[(str(team_of.get(person, f"person {person}")), project)] += share
    size = members.groupby("team_id")["person_id"].nunique()
    return Staffing(
        {key: round(people, 6) for key, people in sorted(given.items())},
        {str(team): float(count) for team, count in size.items()},
    )


def main_teams(staffing: Staffing, teams: set[str]) -> dict[str, str]:
    """Project → the team that gives it most people; of equals the first by id."""
    found: dict[str, str] = {}
    most: dict[str, float] = {}
    for (team, project), people in sorted(staffing.given.items()):
        if team in teams and people > most.get(project, 0.0):
            found[project], most[project] = team, people
    return found


def _shares(assignments: pd.DataFrame, limit: int) -> list[tuple[str, str, float]]:
    """Person, project, share of the person's time; people whom no register plans divide theirs by their open issues."""
    known = assignments.loc[assignments["project_id"].notna() & (days_of(assignments["recorded_at"]) <= limit)]
    planned = _current(known.loc[known["assigned_share"].notna()], "starts_on", "ends_on", limit, are_instants=False)
    found = _rows(planned, planned["assigned_share"])
    busy = known.loc[
        (known["assignment_source"] == "jira")
        & ~known["person_id"].isin(planned["person_id"])
        & (known["open_issue_count"] > 0)
    ].sort_values(["person_id", "project_id"])
    total = busy.groupby("person_id")["open_issue_count"].transform("sum")
    return found + _rows(busy, busy["open_issue_count"] / total)


def _rows(frame: pd.DataFrame, share: pd.Series) -> list[tuple[str, str, float]]:
    names = frame["person_id"].astype(str), frame["project_id"].astype(str)
    return list(zip(*names, share.astype(float).tolist(), strict=True))


def _current(frame: pd.DataFrame, first: str, last: str, limit: int, *, are_instants: bool) -> pd.DataFrame:
    """The rows that hold on the day and were recorded by then, in the order of their people.

    Instants are local midnights told as UTC: half a day later is the local day, wherever that is.
    """
    half = pd.Timedelta(hours=12 if are_instants else 0)
    begins, ends = (days_of(pd.to_datetime(frame[name]) + half) for name in (first, last))
    over = ends <= limit if are_instants else ends < limit
    holds = (begins <= limit) & ((ends == _NO_DAY) | ~over) & (days_of(frame["recorded_at"]) <= limit)
    keys = [name for name in ("person_id", "team_id", "project_id", first) if name in frame]
    found: pd.DataFrame = frame.loc[holds].sort_values(keys, kind="stable")
    return found
