"""What was told on past days of a simulated portfolio, each case beside what became of it and what else bears on it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.simulated_record import SimulatedRecord
from models.budget_overrun.model import BudgetOverrun
from models.delivery_risk.chance import TRAITS
from models.delivery_risk.model import DeliveryRisk
from models.delivery_risk.words import MOST_DRIVERS
from models.schedule_slip.model import ScheduleSlip
from models.schedule_slip.sentence import OUTRUN

SEED = 7
ADMITTED = {"green": 0.5, "amber": 0.8, "red": 0.95}  # as in rpt_watermelon
RED = 0.8
COLUMNS = ["of", "cluster", "look", "drivers", "happened"]
Case = dict[str, Any]


def cases_of(record: SimulatedRecord) -> pd.DataFrame:
    """All cases of all looks whose outcome is known: drivers with their effect, above 0 where they add risk."""
    cases: list[Case] = []
    costs = final_costs(record)
    for look in record.looks:
        known = record.as_of(look)
        risk = DeliveryRisk(most_drivers=len(TRAITS)).forecast(known, look, SEED)
        risk = risk.loc[risk["forecast_status"] == "ok"]
        finish = ScheduleSlip().forecast(known, look, SEED)
        found = [
            *_in_work(record, look),
            *_issues(record, known, risk.loc[risk["subject_type"] == "issue"], look),
            *_sprints(record, risk.loc[risk["subject_type"] == "sprint"], look),
            *_costs(costs, BudgetOverrun().forecast({**known, "schedule_forecast": finish}, look, SEED)),
            *_projects(record, finish, look),
        ]
        cases += [case | {"look": look, "cluster": f"{record.seed}/{case['cluster']}"} for case in found]
    return pd.DataFrame(cases)


def _band(value: float, limits: tuple[float, ...]) -> int:
    return int(np.searchsorted(limits, value))


def _effects(told: str) -> dict[str, float]:
    return {one["driver"]: float(one.get("effect", one.get("amount")) or 0.0) for one in json.loads(told)}


def _facts(told: str) -> dict[str, float]:
    """What is told without a direction, as if it were told to add risk where its share is above 0: is it one?"""
    facts = [one for one in json.loads(told) if "effect" in one and one["effect"] is None]
    return {f"{one['driver']}": float(one.get("share", 1.0)) for one in facts}


def _issues(record: SimulatedRecord, known: dict[str, pd.DataFrame], said: pd.DataFrame, look: date) -> list[Case]:
    """Not yet overdue ones; late: not done on the due date that stood. Cancelled since: no outcome."""
    end = pd.Timestamp(look) + pd.Timedelta(days=1)
    issues = record.tables["dim_issue"].set_index("issue_id")
    blocked, cases = _blocked(record, end), []
    for row in said.to_dict("records"):
        issue, left = issues.loc[row["subject_id"]], (row["due_on"] - look).days
        if left < 0 or issue["is_cancelled"]:
            continue
        done, effects = issue["done_at"], _effects(row["drivers"])
        cases.append(
            {
                "of": "issue",
                "cluster": row["project_id"],
                "drivers": effects | {f"fact_{name}": size for name, size in _facts(row["drivers"]).items()},
                "told": [*list(effects)[:MOST_DRIVERS], *(f"fact_{name}" for name in _facts(row["drivers"]))],
                "happened": pd.isna(done) or done.date() > row["due_on"],
                "time_band": _band(left, (7, 14, 28, 56)),
                "is_started": issue["started_at"] < end,
                "is_blocked": row["subject_id"] in blocked,
            }
        )
    return cases


def _in_work(record: SimulatedRecord, look: date) -> list[Case]:
    """The sandbox's own cause: of all issues in work, dated or not, are the blocked ones still open 14 days later?"""
    end = pd.Timestamp(look) + pd.Timedelta(days=1)
    issues = record.tables["dim_issue"]
    busy = issues.loc[issues["is_leaf"] & (issues["started_at"] < end) & ~(issues["done_at"] < end)]
    blocked = _blocked(record, end)
    return [
        {
            "of": "in_work",
            "cluster": row["project_id"],
            "drivers": {"is_blocked": float(row["issue_id"] in blocked)},
            "happened": not row["done_at"] < end + pd.Timedelta(days=14),
            "age_band": _band((end - row["started_at"]).days, (2, 5, 10, 20, 40)),
        }
        for row in busy.to_dict("records")
    ]


def _blocked(record: SimulatedRecord, end: pd.Timestamp) -> set[str]:
    flags = record.tables["int_delivery__issue_flag"]
    stands = (flags["valid_from"] < end) & (flags["valid_to"].isna() | (flags["valid_to"] >= end))
    return set(flags.loc[stands, "issue_id"])


def _sprints(record: SimulatedRecord, said: pd.DataFrame, look: date) -> list[Case]:
    """Short: less completed than was committed, in the unit it was told in."""
    sprints = record.tables["dim_sprint"].set_index("sprint_id")
    final = record.final_commitment.groupby("sprint_id")
    cases = []
    for row in said.to_dict("records"):
        sprint, stays = sprints.loc[row["subject_id"]], final.get_group(row["subject_id"])
        if pd.isna(sprint["completed_at"]):
            continue
        points = stays["end_story_points"].fillna(stays["start_story_points"]).astype(float).fillna(0.0)
        size = points if row["unit"] == "story_points" else pd.Series(1.0, index=stays.index)
        effects = _effects(row["drivers"])
        elapsed = (pd.Timestamp(look) - sprint["starts_at"]) / (sprint["ends_at"] - sprint["starts_at"])
        cases.append(
            {
                "of": "sprint",
                "cluster": row["project_id"],
                "drivers": effects,
                "is_behind": effects["progress"] > 0,
                "happened": (size * stays["is_completed"].astype(float)).sum() < row["committed_scope"] - 1e-6,
                "elapsed_band": _band(elapsed, (0.25, 0.5, 0.75)),
            }
        )
    return cases


def final_costs(record: SimulatedRecord) -> dict[str, float]:
    """Of projects that have ended."""
    cost = record.tables["fct_earned_value"].groupby("project_id")["actual_cost_amount"].last()
    return {str(name): float(value) for name, value in cost.items() if name in record.finished}


def _costs(final: dict[str, float], said: pd.DataFrame) -> list[Case]:
    """Against the budget, for the second driver against what CPI foretold, for the third what both did."""
    cases = []
    for row in said.loc[said["forecast_status"] == "ok"].to_dict("records"):
        if row["project_id"] not in final:
            continue
        budget, cost = row["budget_at_completion_amount"], final[row["project_id"]]
        common = {
            "cluster": row["project_id"],
            "drivers": {name: amount / budget for name, amount in _effects(row["drivers"]).items()},
            "share_band": _band(row["percent_complete"], (30.0, 60.0)),
        }
        told = {"chance": row["probability_over_budget"]} | {
            f"held_{level}": cost <= row[f"estimate_at_completion_amount_{level}"] for level in ("p50", "p80", "p95")
        }
        cases.append(common | told | {"of": "cost", "happened": cost > budget})
        foretold = budget / row["cost_performance_index"]
        cases.append(common | {"of": "cost_against_cpi", "happened": cost > foretold})
        by_index = budget + sum(amount for name, amount in _effects(row["drivers"]).items() if name != "spending_pace")
        cases.append(common | {"of": "cost_against_index", "happened": cost > by_index})
    return cases


def _projects(record: SimulatedRecord, said: pd.DataFrame, look: date) -> list[Case]:
    """Late: ended after what the forecast was held against, the baseline or the promise of that day."""
    claims = record.claims.loc[record.claims["look"] == look].set_index("project_id")["claimed_rag"]
    cases = []
    for row in said.loc[(said["subject_type"] == "project") & said["probability_late"].notna()].to_dict("records"):
        due = row["baseline_on"] or row["promised_on"]
        ended = record.finished.get(row["subject_id"])
        if ended is None or due is None:
            continue
        common = {
            "cluster": row["subject_id"],
            "happened": ended > due,
            "weeks_band": _band((due - look).days / 7.0, (0.0, 13.0, 26.0)),
        }
        outrun = {"outrun": float(OUTRUN.strip() in row["sentence"])}
        cases.append(common | {"of": "schedule", "drivers": outrun | _facts(row["drivers"])})
        claim, chance = claims.get(row["subject_id"]), row["probability_late"]
        if claim in ADMITTED:
            index = {"watermelon_index": max(0.0, chance - ADMITTED[claim])}
            cases.append(common | {"of": "claimed", "drivers": index, "claimed_rag": claim})
        if claim == "green":
            cases.append(common | {"of": "green", "drivers": {"watermelon": float(chance >= RED)}})
    return cases
