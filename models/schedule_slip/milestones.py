"""Finish forecasts of milestones: the plan engine, calibrated on what it would have said at past landmarks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from models.calibration import Conformal, Past, Prior, calibrate
from models.forecaster import Tables
from models.schedule_slip import engine
from models.schedule_slip.dates import LEVELS, chance_late, finish_dates
from models.schedule_slip.events import day_of, days_of, effective_days
from models.schedule_slip.history import design_of, learn
from models.schedule_slip.milestone_sentence import write_sentence
from models.schedule_slip.plan import tasks, told
from models.schedule_slip.plan.landmarks import STEPS, Flow, Ground, landmarks
from models.schedule_slip.plan.told import Milestone, milestones_of, plans_of
from models.schedule_slip.plan.workdays import workdays_of
from models.schedule_slip.subjects import Subject, withheld

KIND = "milestone"
INPUTS: Mapping[str, Sequence[str]] = {**told.INPUTS, **tasks.INPUTS}
LAST_DAYS = 14  # a milestone planned so near the end of its project's baseline is that end
FEWEST_REACHED = 5  # in the whole portfolio: with fewer nothing tells how its plans come true
# Misses are told in units of the engine's own spread (normalised conformal: Papadopoulos, Gammerman and Vovk 2008), so
# one that speaks of a far day with doubt and one near it are judged alike.
# With few plans come to their end the calibration leans on the engine. Set on sandbox seeds 1 to 6 on 2026-11-27.
PRIOR = Prior(spread=1.0, centre_precision=40.0, slope_precision=200.0, curve_weight=40.0)
NAIVE_PRIOR = Prior(spread=1.0)  # the naive's centre is free to move: nothing was set for it


@dataclass(frozen=True)
class Said:
    """A milestone's forecast before it is put in words; dates and chance are None unless the status is ok."""

    milestone: Milestone
    effective: int
    status: str
    start: int
    is_network: bool = False
    waiting: int = 0
    own_reached: int = 0
    all_reached: int = 0
    centre: float = 0.0
    scale: float = 1.0
    curve: Any = None


def ground_of(tables: Tables, as_of: date) -> tuple[list[Milestone], Ground]:
    """The milestones of living projects as on record, and what is known of those projects."""
    projects = tables["dim_project"]
    projects = projects.loc[~projects["is_deleted"].fillna(False).astype(bool)].sort_values("project_id")
    until = dict(zip(projects["project_id"].astype(str), effective_days(projects, as_of).tolist(), strict=True))
    milestones = milestones_of(tables, until)
    names = sorted({one.project_id for one in milestones})
    until = {name: until[name] for name in names}
    limit = int(np.datetime64(as_of, "D").astype(np.int64))
    workdays = workdays_of(tables.get("dim_calendar"), limit)
    issues = tables["dim_issue"]
    issues = issues.loc[issues["project_id"].isin(names) & issues["created_at"].notna()]
    first = pd.Series(days_of(issues["created_at"]), index=issues["project_id"].astype(str)).groupby(level=0).min()
    begun = {str(name): int(day) for name, day in first.items() if day <= until[str(name)]}
    schedules = tasks.schedules_of(tables, until, workdays)
    return milestones, Ground(names, until, plans_of(tables, until), begun, schedules, workdays)


def flow_of(history: pd.DataFrame) -> Flow:
    """What the flow of each project's work has said of its finish, calibrated: log days and their spread."""
    found: dict[tuple[str, int], tuple[float, float]] = {}
    if not len(history):
        return found
    rows = history.loc[~history["is_part"] & history["is_usable"] & (history["step"] <= STEPS)]
    for kind, part in rows.groupby("kind", sort=True):
        fit = learn(history, str(kind))
        centres = np.log(np.clip(part["median"], 1.0, engine.HORIZON_DAYS)) + fit.centre(design_of(part))
        keys = zip(part["project"].astype(str), part["step"].astype(int), strict=True)
        found |= {key: (float(centre), fit.spread) for key, centre in zip(keys, centres, strict=True)}
    return found


def speak(milestones: Sequence[Milestone], ground: Ground, held: set[str], seed: int, is_naive: bool) -> Iterator[Said]:
    """One a milestone, reached ones included."""
    rows = landmarks(milestones, ground, seed)
    if is_naive:
        rows = _naive(rows)
    now = {int(row["milestone"]): row for row in rows.loc[rows["step"] == 0].to_dict("records")}
    prior = NAIVE_PRIOR if is_naive else PRIOR
    fits = {name: learn_misses(rows.loc[rows["is_network"] == name], prior) for name in (True, False)}
    for number, one in enumerate(milestones):
        effective, start = ground.effective[one.project_id], ground.start(one.project_id)
        actual = one.newest.actual
        if one.project_id in held:
            yield Said(one, effective, "not_trusted", start)
        elif actual is not None and actual <= effective:
            yield Said(one, effective, "nothing_open", start)
        elif number not in now or now[number]["all_reached"] < FEWEST_REACHED:
            yield Said(one, effective, "not_enough_history", start)
        else:
            row = now[number]
            fit = fits[bool(row["is_network"])]
            centre = float(fit.centre(_design(np.array([row["median"]])))[0])
            yield Said(
                one, effective, "ok", start, bool(row["is_network"]), int(row["waiting"]), int(row["own_reached"]),
                int(row["all_reached"]), float(np.log(row["median"]) + row["spread"] * centre),
                float(row["spread"]), fit.curve(int(row["project"])),
            )  # fmt: skip


def _naive(rows: pd.DataFrame) -> pd.DataFrame:
    """The planned day taken at its word, two weeks where it has passed; the width still comes from past misses."""
    left = np.maximum((rows["planned"] - rows["origin"]).to_numpy(dtype=np.float64), 14.0)
    return rows.assign(median=left, spread=1.0, is_network=False, waiting=0)


def learn_misses(rows: pd.DataFrame, prior: Prior) -> Conformal:
    """Calibrates one engine on what it would have missed by at past landmarks."""
    past = rows.loc[rows["step"] > 0]
    miss = np.log(np.maximum(past["days"].to_numpy(dtype=np.float64), 1.0) / past["median"].to_numpy(dtype=np.float64))
    return calibrate(
        Past(
            miss / past["spread"].to_numpy(dtype=np.float64),
            past["is_observed"].to_numpy(dtype=bool),
            _design(past["median"].to_numpy(dtype=np.float64)),
            past["project"].to_numpy(dtype=np.int64),
        ),
        prior,
    )


def _design(median: np.ndarray) -> np.ndarray:
    """What a miss may depend on: how far ahead the forecast looks."""
    return np.column_stack([np.ones(len(median)), np.log(np.clip(median, 1.0, engine.HORIZON_DAYS) / 90.0)])


@dataclass(frozen=True)
class Author:
    """Who speaks: part of every row and of its hash. `fallback_reason`: why the naive stands in."""

    model_id: str
    version: str
    seed: int
    fallback_reason: str | None = None


class Plans:
    """What the plans of a portfolio say; computed once, and only when asked. `history`: that of the flow."""

    def __init__(
        self,
        tables: Tables,
        as_of: date,
        author: Author,
        scopes: Mapping[str, Subject],
        history: Callable[[], pd.DataFrame],
    ) -> None:
        self._author, self._history = author, history
        self._milestones, self._ground = ground_of(tables, as_of)
        self._held = withheld(tables["int_governance__project_trust"])
        self._keys = tables["dim_project"].set_index("project_id")["project_key"].to_dict()
        self._hashes = _hashes(self._milestones, self._ground, self._held, author, scopes)
        self._last = {one.project_id: one.milestone_id for one in last_ones(self._milestones, self._ground)}

    def rows(self, said: Mapping[tuple[str, ...], str]) -> tuple[list[dict[str, Any]], int]:
        """Rows of the milestones that were not said with these inputs, and how many were."""
        new = {one.milestone_id for one in self._milestones if said.get(self._name(one)) != self._hash(one)}
        rows = [
            _row(one, self._keys.get(one.milestone.project_id), self._author, self._hash(one.milestone))
            for one in (self._said.values() if new else ())
            if one.milestone.milestone_id in new
        ]
        return rows, len(self._milestones) - len(new)

    def finish(self, project: str) -> Said | None:
        """What is said of the milestone that ends a project's plan; None where there is none, or no forecast of it."""
        said = self._said[self._last[project]] if project in self._last else None
        return said if said is not None and said.status == "ok" else None

    def finish_hash(self, project: str) -> str:
        """Of all that `finish` rests on; empty where no milestone ends the plan."""
        return self._hashes[self._last[project]] if project in self._last else ""

    @cached_property
    def _said(self) -> dict[str, Said]:
        ground = replace(self._ground, flow=flow_of(self._history()))
        is_naive = self._author.fallback_reason is not None
        found = speak(self._milestones, ground, self._held, self._author.seed, is_naive)
        return {one.milestone.milestone_id: one for one in found}

    def _name(self, one: Milestone) -> tuple[str, ...]:
        return KIND, one.milestone_id, str(day_of(self._ground.effective[one.project_id])), self._author.model_id

    def _hash(self, one: Milestone) -> str:
        return self._hashes[one.milestone_id]


def last_ones(milestones: Sequence[Milestone], ground: Ground) -> Iterator[Milestone]:
    """Of each project the milestone planned within two weeks of its baseline's finish, the latest of them."""
    found: dict[str, tuple[int, str, Milestone]] = {}
    for one in milestones:
        plan, planned = ground.plans.get(one.project_id), one.newest.baseline
        if plan is None or plan.finish is None or planned is None or abs(planned - plan.finish) > LAST_DAYS:
            continue
        mine = (planned, one.milestone_id, one)
        found[one.project_id] = max(found.get(one.project_id, mine), mine, key=lambda each: each[:2])
    yield from (one for _, _, one in found.values())


def _hashes(
    milestones: Sequence[Milestone], ground: Ground, held: set[str], author: Author, scopes: Mapping[str, Subject]
) -> dict[str, str]:
    """Of all that is known of the milestone's project, the model and the seed."""
    ours: dict[str, list[Milestone]] = {}
    for one in milestones:
        ours.setdefault(one.project_id, []).append(one)
    days = hashlib.sha256(ground.workdays.days.tobytes()).hexdigest() if ground.schedules else ""
    found = {}
    for project, own in ours.items():
        known = repr((author, own, ground.effective[project], ground.start(project), ground.plans.get(project),
                      project in held, scopes[project].rows_hash))  # fmt: skip
        schedule = ground.schedules.get(project)
        if schedule is not None:
            known += repr((schedule.tasks, schedule.waits, sorted(schedule.told.items()), days))
        for one in own:
            found[one.milestone_id] = hashlib.sha256(f"{one.milestone_id} {known}".encode()).hexdigest()
    return found


def _row(said: Said, project_key: object, author: Author, inputs_hash: str) -> dict[str, Any]:
    one, version = said.milestone, said.milestone.newest
    baseline, expected = (None if day is None else day_of(day) for day in (version.baseline, version.expected))
    row: dict[str, Any] = {
        "subject_type": KIND,
        "subject_id": one.milestone_id,
        "subject_key": one.key,
        "subject_name": one.name,
        "as_of_on": day_of(said.effective),
        "model_id": author.model_id,
        "model_version": author.version,
        "project_id": one.project_id,
        "project_key": None if pd.isna(project_key) else str(project_key),  # type: ignore[call-overload]
        "forecast_status": said.status,
        "baseline_on": baseline,
        "promised_on": expected,
        "open_count": said.waiting,
        "history_weeks": max((said.effective - said.start) // 7, 0),
        "seed": author.seed,
        "inputs_hash": inputs_hash,
        "fallback_reason": author.fallback_reason,
        "drivers": "[]",
        **dict.fromkeys(("slip_days_p50", "probability_late", *(f"finish_on_{name}" for name in LEVELS))),
    }
    due = baseline or expected
    if said.status == "ok":
        days = {name: np.exp(said.centre + said.scale * said.curve.quantile(level)) for name, level in LEVELS.items()}
        row["forecast_status"] = "ok" if days["p80"] <= engine.HORIZON_DAYS else "no_finite_finish"
        if due is not None:
            left = (due - row["as_of_on"]).days
            row["probability_late"] = chance_late(left, said.centre, said.curve, said.scale)
        if row["forecast_status"] == "ok":
            row |= finish_dates(said.effective, days)
            row["slip_days_p50"] = None if due is None else (row["finish_on_p50"] - due).days
    reached = None if version.actual is None else day_of(version.actual)
    return row | {"sentence": write_sentence(row, reached, said.own_reached, said.all_reached)}
