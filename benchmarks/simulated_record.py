"""A simulated portfolio's record up to long after a day, so that what was told that day can be held against the truth.

One simulation a seed: it stops at every look to note what management claims, then runs on until what was looked at has
ended. Earned value counts issues; the warehouse counts points where most issues have them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from benchmarks.forecast_data import simulated_tables
from benchmarks.simulated_links import links_of, stamp
from models.forecast_score.rolling import as_known

AFTERMATH_DAYS = 560  # after the last look: projects planned by then have ended


@dataclass(frozen=True)
class SimulatedRecord:
    """All that was ever recorded, what was claimed at each look, and what only running on tells."""

    seed: int
    looks: list[date]
    tables: dict[str, pd.DataFrame]
    stays: list[Stay]
    claims: pd.DataFrame  # look, project_id, claimed_rag, promised_on
    finished: dict[str, date]  # of projects that have ended

    @cached_property
    def final_commitment(self) -> pd.DataFrame:
        """What became of every sprint."""
        return commitment(self.stays, self.tables["dim_sprint"], pd.Timestamp.max)

    def plans_as_of(self, look: date) -> dict[str, pd.DataFrame]:
        """Projects, their issues and plans as known on that day: baselines as approved, promises as claimed then."""
        known = as_known(self.tables, look)
        claimed = self.claims.loc[self.claims["look"] == look].set_index("project_id")
        projects = known["dim_project"]
        begun = projects["project_id"].isin(claimed.index)
        projects = projects.loc[begun].assign(promised_on=projects["project_id"].map(claimed["promised_on"]))
        return {**known, "dim_project": projects}

    def as_of(self, look: date) -> dict[str, pd.DataFrame]:
        """The same, with sprints and cost as known on that day."""
        end = pd.Timestamp(look) + pd.Timedelta(days=1)
        value = self.tables["fct_earned_value"]
        booked = value["cost_known_on"] <= pd.Timestamp(look)
        value = value.assign(actual_cost_amount=value["actual_cost_amount"].where(booked))
        return {
            **self.plans_as_of(look),
            "fct_earned_value": value.loc[pd.to_datetime(value["status_on"]) <= pd.Timestamp(look)],
            "fct_sprint_commitment": commitment(self.stays, self.tables["dim_sprint"], end),
        }


def simulate(
    seed: int, looks: int = 14, step_days: int = 28, last_day: int = 546, projects: int = 40
) -> SimulatedRecord:
    """The portfolio of that seed; the last look is on simulated day `last_day`, the others `step_days` apart before."""
    from connectors.sandbox.portfolio.simulator import Simulator

    simulator = Simulator(seed, projects=projects, days=last_day - step_days * (looks - 1))
    days, claims = [], []
    for number in range(looks):
        if number:
            simulator.advance(step_days)
        days.append(simulator.world.now.date() - timedelta(days=1))
        ids = {project.key: f"sim:{project.id}" for project in simulator.world.projects.values()}
        claims += [
            (days[-1], ids[row["project_key"]], row["claimed_rag"], row["promised_on"])
            for row in simulator.register()["Projects"]
        ]
    simulator.advance(AFTERMATH_DAYS)
    tables = simulated_tables(simulator)
    changes = pd.DataFrame(_changes(simulator.world), columns=["issue_id", "field", "value", "at"])
    tables |= {
        "dim_issue": _with_start(tables["dim_issue"], changes),
        "int_delivery__due_date": _due_dates(changes),
        "int_delivery__issue_flag": _flags(changes),
        "dim_sprint": _sprints(simulator.world),
        "fct_dependency": links_of(simulator.world),
        **_of_register(simulator, tables["dim_issue"]),
    }
    return SimulatedRecord(
        seed,
        days,
        tables,
        stays_of(changes),
        pd.DataFrame(claims, columns=["look", "project_id", "claimed_rag", "promised_on"]),
        _finished(simulator, tables["dim_issue"]),
    )


def _finished(simulator: Any, issues: pd.DataFrame) -> dict[str, date]:
    """What Simulator.truth says of projects that have ended by now, without a second simulation."""
    phases = {row["project_key"]: row["phase"] for row in simulator.register()["Projects"]}
    last = issues.loc[issues["is_leaf"] & ~issues["is_cancelled"]].groupby("project_id")["done_at"].max()
    ids = {f"sim:{one.id}": one.key for one in simulator.world.projects.values()}
    return {name: day.date() for name, day in last.items() if phases[ids[name]] in ("closing", "closed")}


def _changes(world: Any) -> Iterator[tuple[str, str, Any, pd.Timestamp]]:
    """What issues said from when on: the first value of each field at creation, then every change."""
    categories = {str(number): status.category for number, status in world.statuses.items()}
    for issue in world.issues.values():
        name, told = f"sim:{issue.id}", _history(issue)
        for field, now in (("duedate", issue.due_on), ("Story Points", issue.story_points), ("Sprint", None)):
            mine = [change for change in told if change[0] == field]
            yield name, field, _value(field, mine[0][1] if mine else now), stamp(issue.created)
            yield from ((name, field, _value(field, value), at) for _, _, value, at in mine)
        yield from ((name, "status", categories[value], at) for field, _, value, at in told if field == "status")
        yield from ((name, "Flagged", bool(value), at) for field, _, value, at in told if field == "Flagged")


def _history(issue: Any) -> list[tuple[str, Any, Any, pd.Timestamp]]:
    """Field, value before and after, and when; ids, but of points, which have none, what is shown."""
    return [
        (one.field, one.from_id or one.from_string, one.to_id or one.to_string, stamp(history.created))
        for history in issue.histories
        for one in history.changes
    ]


def _value(field: str, told: Any) -> Any:
    if told in (None, ""):
        return () if field == "Sprint" else None
    if field == "duedate":
        return date.fromisoformat(str(told)[:10])
    return float(told) if field == "Story Points" else tuple(str(told).split(", "))


def _with_start(issues: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    begun = changes.loc[(changes["field"] == "status") & (changes["value"] == "indeterminate")]
    return issues.assign(started_at=issues["issue_id"].map(begun.groupby("issue_id")["at"].min()))


def _due_dates(changes: pd.DataFrame) -> pd.DataFrame:
    """As the warehouse holds them: an issue that never had a due date has no row."""
    due = changes.loc[changes["field"] == "duedate"]
    due = due.loc[due.groupby("issue_id")["value"].transform("count") > 0]
    return pd.DataFrame({"issue_id": due["issue_id"], "due_on": due["value"], "valid_from": due["at"]})


def _flags(changes: pd.DataFrame) -> pd.DataFrame:
    flags = changes.loc[changes["field"] == "Flagged"].sort_values("at", kind="stable")
    ends = flags.groupby("issue_id")["at"].shift(-1)
    frame = pd.DataFrame({"issue_id": flags["issue_id"], "valid_from": flags["at"], "valid_to": ends})
    return frame.loc[flags["value"].astype(bool)]


def _sprints(world: Any) -> pd.DataFrame:
    rows = [
        (f"sim:{one.id}", f"sim:{one.board_id}", one.name, one.starts_at, one.ends_at, one.completed_at)
        for one in world.sprints.values()
    ]
    columns = ["sprint_id", "board_id", "sprint_name", "starts_at", "ends_at", "completed_at"]
    frame = pd.DataFrame(rows, columns=columns)
    for name in columns[3:]:
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_localize(None)
    return frame


@dataclass(frozen=True)
class Stay:
    """An issue in a sprint, with all that was ever recorded of it: (when, what) by field."""

    sprint_id: str
    issue_id: str
    joined: Any
    left: Any  # NaT while it lasts
    statuses: list[tuple[Any, Any]]
    points: list[tuple[Any, Any]]


def stays_of(changes: pd.DataFrame) -> list[Stay]:
    """All stays in the order of issues and time."""
    told: dict[tuple[str, str], list[tuple[Any, Any]]] = {}
    for name, field, value, at in changes.itertuples(index=False):
        told.setdefault((name, field), []).append((at, value))
    found = []
    for (name, field), values in told.items():
        if field == "Sprint" and len(values) > 1:
            statuses, points = told.get((name, "status"), []), told[name, "Story Points"]
            found += [Stay(sprint, name, joined, left, statuses, points) for sprint, joined, left in _inside(values)]
    return found


def commitment(stays: list[Stay], sprints: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """One row an issue and sprint begun before `moment`: its stay, and what had become of it by then."""
    begun = sprints.loc[sprints["starts_at"] < moment].set_index("sprint_id")
    until = begun["completed_at"].where(begun["completed_at"] < moment, moment).to_dict()
    starts = begun["starts_at"].to_dict()
    rows: list[tuple[Any, ...]] = []
    for stay in stays:
        start, end = starts.get(stay.sprint_id), until.get(stay.sprint_id)
        if start is None or stay.joined >= moment or stay.left <= start:
            continue
        into = max(stay.joined, start)
        done = _done_by(stay.statuses, end)
        is_completed = not stay.left < end and done is not None and done >= into
        left = stay.left if stay.left < moment else pd.NaT
        rows.append((stay.sprint_id, stay.issue_id, stay.joined <= start, is_completed, done, _last(stay.points, into),
                     _last(stay.points, end), into, left))  # fmt: skip
    columns = ["sprint_id", "issue_id", "is_committed", "is_completed", "done_at", "start_story_points",
               "end_story_points", "valid_from", "valid_to"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns)
    for column in ("done_at", "valid_from", "valid_to"):
        frame[column] = pd.to_datetime(frame[column])
    boards = begun["board_id"].str.removeprefix("sim:").astype(int)
    projects = "sim:" + (boards + 10_000).astype(str)  # as the simulator numbers them
    return frame.assign(is_added=~frame["is_committed"].astype(bool), project_id=frame["sprint_id"].map(projects))


def _inside(values: list[tuple[Any, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Sprint, since when, until when (NaT while it lasts)."""
    inside: dict[str, Any] = {}
    for at, value in values:
        now = {f"sim:{one}" for one in value}
        for gone in [one for one in inside if one not in now]:
            yield gone, inside.pop(gone), at
        for new in sorted(now - inside.keys()):
            inside[new] = at
    for sprint, joined in inside.items():
        yield sprint, joined, pd.NaT


def _done_by(statuses: list[tuple[Any, Any]], moment: Any) -> Any:
    """When it was last done, if it is done at that moment."""
    before = [(at, value) for at, value in statuses if at <= moment]
    return before[-1][0] if before and before[-1][1] == "done" else None


def _last(told: list[tuple[Any, Any]], moment: Any) -> Any:
    return next((value for at, value in reversed(told) if at <= moment), None)


def _of_register(simulator: Any, issues: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Baselines and weekly earned value, as the register and its ledger tell them."""
    ids = {project.key: f"sim:{project.id}" for project in simulator.world.projects.values()}
    sheets = simulator.register()
    plans = pd.DataFrame(sheets["Baselines"])
    baselines = pd.DataFrame(
        {
            "project_id": plans["project_key"].map(ids),
            "baseline_version": plans["version"],
            "baseline_start_on": plans["start_on"],
            "baseline_finish_on": plans["finish_on"],
            "approved_on": plans["approved_on"],
            "recorded_at": pd.to_datetime(plans["approved_on"]),
        }
    )
    budget = pd.DataFrame(sheets["Budget"]).dropna(subset=["currency_code"]).groupby("project_key")["planned_amount"]
    costs = pd.DataFrame(sheets["Actual costs"]).dropna(subset=["project_key"])
    rates = {(row["from_currency_code"], row["rate_on"]): row["rate"] for row in sheets["Exchange rates"]}
    costs["amount"] *= [
        rates.get((currency, day.replace(day=1)), 1.0)
        for currency, day in zip(costs["currency_code"], costs["cost_on"], strict=True)
    ]
    parts = [
        _weeks(ids[key], amount, costs.loc[costs["project_key"] == key], issues.loc[issues["project_id"] == ids[key]])
        for key, amount in budget.sum().items()
    ]
    return {"fct_baseline": baselines, "fct_earned_value": pd.concat(parts, ignore_index=True)}


def _weeks(project: str, budget: float, costs: pd.DataFrame, issues: pd.DataFrame) -> pd.DataFrame:
    """A row a Sunday from the first issue to the last booking; a month is known once it has ended."""
    scope = issues.loc[issues["is_leaf"] & ~issues["is_cancelled"]]
    days = pd.date_range(scope["created_at"].min().normalize(), max(costs["cost_on"]), freq="W-SUN")
    booked = costs.groupby("cost_on")["amount"].sum().cumsum()
    booked.index = pd.to_datetime(booked.index)
    there = scope["created_at"].sort_values().searchsorted(days + pd.Timedelta(days=1))
    done = scope["done_at"].dropna().sort_values().searchsorted(days + pd.Timedelta(days=1))
    return pd.DataFrame(
        {
            "project_id": project,
            "status_on": days,
            "reporting_currency_code": "EUR",
            "budget_at_completion_amount": budget,
            "earned_value_amount": budget * done / there.clip(min=1),
            "actual_cost_amount": booked.reindex(days, method="ffill").to_numpy(),
            "cost_known_on": days + pd.offsets.MonthEnd(0),  # the ledger speaks of days up to its last booking
            "missing": None,
        }
    )
