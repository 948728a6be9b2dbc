"""Delivery risk: chance that a dated issue misses its due date, and what a running sprint will deliver."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from models.delivery_risk import landmarks, sprints
from models.delivery_risk.chance import Chance, learn
from models.delivery_risk.words import (
    MOST_DRIVERS,
    issue_drivers,
    issue_facts,
    issue_sentence,
    sprint_drivers,
    sprint_sentence,
)
from models.forecaster import Tables
from models.schedule_slip import waiting
from models.schedule_slip.events import OPEN, day_number, day_of, effective_days
from models.schedule_slip.subjects import withheld

SUREST, LEAST = 0.95, 0.05
LEVELS = {"p10": 0.10, "p50": 0.50, "p80": 0.80, "p95": 0.95}
INPUTS: Mapping[str, Sequence[str]] = {
    "dim_project": ("project_id", "project_key", "is_deleted", "effective_on"),
    "dim_issue": (
        "issue_id", "issue_key", "project_id", "is_leaf", "is_cancelled", "is_deleted", "summary", "created_at",
        "started_at", "done_at",
    ),
    "int_delivery__due_date": ("issue_id", "due_on", "valid_from"),
    "int_delivery__issue_flag": ("issue_id", "valid_from", "valid_to"),
    "dim_sprint": ("sprint_id", "board_id", "sprint_name", "starts_at", "ends_at", "completed_at"),
    "fct_sprint_commitment": (
        "sprint_id", "issue_id", "project_id", "is_committed", "is_added", "is_completed", "done_at",
        "start_story_points", "end_story_points", "valid_from", "valid_to",
    ),
    "fct_dependency": waiting.INPUTS,
    "int_governance__project_trust": ("project_id", "governance_mode", "trust_status"),
}  # fmt: skip
OUTPUT: Sequence[str] = (
    "subject_type", "subject_id", "subject_key", "subject_name", "as_of_on", "model_id", "model_version", "project_id",
    "project_key", "forecast_status", "due_on", "probability_late", "unit", "committed_scope", "delivered_scope",
    "remaining_scope", "delivered_scope_p10", "delivered_scope_p50", "delivered_scope_p80", "delivered_scope_p95",
    "learned_from_count", "drivers", "seed", "inputs_hash", "sentence",
)  # fmt: skip


class DeliveryRisk:
    """Chance that dated issues and running sprints miss what was promised, with what drives it."""

    model_id = "delivery_risk"
    version = "1.1.0"
    ledger_table = "delivery_forecast"
    key: Sequence[str] = ("subject_type", "subject_id")
    inputs = INPUTS
    output = OUTPUT

    def __init__(self, most_drivers: int = MOST_DRIVERS) -> None:
        """Anything but the default serves benchmarks that hold every driver against the truth."""
        self._most_drivers = most_drivers

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """One row per open issue with a due date and per running sprint; nothing is drawn, `seed` is only recorded."""
        projects = tables["dim_project"]
        projects = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)].sort_values("project_id")
        until = dict(zip(projects["project_id"].astype(str), effective_days(projects, as_of).tolist(), strict=True))
        common = _Common(
            keys=dict(zip(projects["project_id"].astype(str), projects["project_key"], strict=True)),
            held=withheld(tables["int_governance__project_trust"]),
            said={"model_id": self.model_id, "model_version": self.version, "seed": seed},
            most_drivers=self._most_drivers,
        )
        rows = _issues(tables, until, common) + _sprints(tables, as_of, until, common)
        frame = pd.DataFrame(rows, columns=list(self.output))
        measures = [name for name in self.output if "_scope" in name or name == "probability_late"]
        return frame.astype({"learned_from_count": "Int64", "seed": "Int64", **dict.fromkeys(measures, "float64")})


class _Common:
    """What every row needs: labels of projects, those withheld, and what is the same for all."""

    def __init__(self, keys: Mapping[str, Any], held: set[str], said: Mapping[str, Any], most_drivers: int) -> None:
        self.keys, self.held, self.said, self.most_drivers = keys, held, said, most_drivers

    def row(self, kind: str, name: str, project: str, day: int, status: str, known: Sequence[object]) -> dict[str, Any]:
        """The row's frame; `known` is what its hash is over."""
        status = "not_trusted" if project in self.held else status
        key = self.keys.get(project)
        told = repr([*self.said.values(), kind, name, project, day, status, *known])
        return {
            **dict.fromkeys(OUTPUT),
            **self.said,
            "subject_type": kind,
            "subject_id": name,
            "project_id": project,
            "project_key": None if pd.isna(key) else key,
            "as_of_on": day_of(day),
            "forecast_status": status,
            "drivers": "[]",
            "inputs_hash": hashlib.sha256(told.encode()).hexdigest(),
        }


def _issues(tables: Tables, until: Mapping[str, int], common: _Common) -> list[dict[str, Any]]:
    dues = landmarks.due_dates(tables["int_delivery__due_date"])
    issues = landmarks.dated(tables["dim_issue"], tables["int_delivery__due_date"], until)
    decided = landmarks.outcomes(issues, dues)
    flags = tables["int_delivery__issue_flag"]
    past = landmarks.look(issues, landmarks.past_days(issues), dues, flags)
    past = past.loc[(past["days_left"] >= 0) & (past["due"] < past["until"])].reset_index(drop=True)
    past["late_rate"] = landmarks.late_rates(past, decided)
    chance = learn(past.assign(is_late=past["closed"] > past["due"]))
    open_now = issues.index[issues["closed"] == OPEN]
    days = pd.DataFrame({"place": open_now, "day": issues["until"].to_numpy()[open_now]})
    now = landmarks.look(issues, days, dues, flags)
    now["late_rate"] = landmarks.late_rates(now, decided)
    blockers = waiting.blockers_of(waiting.waiting(tables, until))
    now["waits_for"] = [blockers.get(name, "") for name in now["issue_id"]]
    probability = np.full(len(now), np.nan) if chance is None else chance.probability(now)
    parts = None if chance is None else chance.contributions(now)
    return [
        _issue(state, float(probability[i]), None if parts is None else parts[i], chance, common)
        for i, state in enumerate(now.to_dict("records"))
    ]


def _issue(
    state: Mapping[Any, Any], probability: float, parts: Any, chance: Chance | None, common: _Common
) -> dict[str, Any]:
    overdue = state["days_left"] < 0
    known = [state[name] for name in (*landmarks.FEATURES, "due", "days_blocked", "issue_key", "summary", "waits_for")]
    status = "ok" if overdue or chance is not None else "not_enough_history"
    row = common.row("issue", state["issue_id"], state["project_id"], int(state["day"]), status, known)
    row |= {
        "subject_key": _text(state["issue_key"]),
        "subject_name": _text(state["summary"]),
        "due_on": day_of(int(state["due"])),
        "learned_from_count": 0 if chance is None else chance.issue_count,
    }
    if row["forecast_status"] == "ok":
        value = SUREST if overdue else float(np.clip(probability, LEAST, SUREST))
        row["probability_late"] = round(value, 6)
        drivers = issue_drivers(state, parts)
        told, others = drivers[: common.most_drivers], drivers[common.most_drivers :]
        blocked = [one for one in others if one["driver"] == "is_blocked"]  # whom to ask is told in any case
        row["drivers"] = json.dumps([*told, *blocked, *issue_facts(state, drivers)], ensure_ascii=False)
    return row | {"sentence": issue_sentence(row, state)}


def _sprints(tables: Tables, as_of: date, until: Mapping[str, int], common: _Common) -> list[dict[str, Any]]:
    end = pd.Timestamp(as_of) + pd.Timedelta(days=1)
    latest = max(until.values(), default=day_number(as_of) or 0)
    moment = min(end, pd.Timestamp(day_of(latest)) + pd.Timedelta(days=1))
    rows = []
    for sprint in sprints.running(tables["dim_sprint"], tables["fct_sprint_commitment"], moment):
        if sprint.project_id in until:
            rows.append(_sprint(sprint, until[sprint.project_id], common))
    return rows


def _sprint(sprint: sprints.Running, day: int, common: _Common) -> dict[str, Any]:
    known = [sprint.name, sprint.ends_at, sprint.unit, sprint.committed, sprint.added, sprint.delivered]
    status = "ok" if sprint.is_usable and sprint.committed > 0 else "not_enough_history"
    if sprint.remaining <= 0:
        status = "nothing_open"
    row = common.row("sprint", sprint.sprint_id, sprint.project_id, day, status, [*known, sprint.remaining])
    row |= {
        "subject_key": sprint.name,
        "subject_name": sprint.name,
        "due_on": sprint.ends_at.date(),
        "unit": sprint.unit,
        "committed_scope": round(sprint.committed, 2),
        "delivered_scope": round(sprint.delivered, 2),
        "remaining_scope": round(sprint.remaining, 2),
        "learned_from_count": len(sprint.shares),
    }
    if row["forecast_status"] == "ok":
        row |= {f"delivered_scope_{name}": round(sprint.quantile(level), 2) for name, level in LEVELS.items()}
        row["probability_late"] = round(float(np.clip(sprint.chance_short(), LEAST, SUREST)), 6)
        row["drivers"] = json.dumps(sprint_drivers(sprint), ensure_ascii=False)
    return row | {"sentence": sprint_sentence(row, sprint.elapsed)}


def _text(value: object) -> str | None:
    return None if pd.isna(value) else str(value)  # type: ignore[call-overload]
