"""Schedule slip: calibrated finish dates of projects and epics, and how likely they are to miss what was promised."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from models.calibration import Conformal, Curve, normal_curve
from models.forecaster import Memory, News, Tables
from models.schedule_slip import engine, milestones, waiting
from models.schedule_slip.dates import LEVELS, SUREST, chance_late, finish_dates
from models.schedule_slip.events import day_of
from models.schedule_slip.facts import with_facts
from models.schedule_slip.history import FEWEST_ACTIVE_WEEKS, NAIVE, design_of, history_of, learn, step_back
from models.schedule_slip.hybrid import pooled
from models.schedule_slip.milestones import Author, Plans, Said
from models.schedule_slip.sentence import write_sentence
from models.schedule_slip.subjects import Subject, subjects_of

INPUTS: Mapping[str, Sequence[str]] = {
    "dim_project": (
        "project_id", "project_key", "project_name", "baseline_on", "promised_on", "is_deleted", "effective_on",
    ),
    "dim_issue": (
        "issue_id", "issue_key", "project_id", "epic_id", "is_leaf", "is_cancelled", "is_deleted", "summary",
        "created_at", "done_at", "due_on",
    ),
    "fct_release": ("version_id", "project_id", "version_name", "release_on", "is_released", "is_archived"),
    "int_delivery__issue_membership": ("issue_id", "set_name", "member_id", "valid_from", "valid_to"),
    "int_governance__project_trust": ("project_id", "governance_mode", "trust_status"),
    **milestones.INPUTS,
    "fct_dependency": (*milestones.INPUTS["fct_dependency"], *waiting.INPUTS[:2]),
}  # fmt: skip
OUTPUT: Sequence[str] = (
    "subject_type", "subject_id", "subject_key", "subject_name", "as_of_on", "model_id", "model_version",
    "project_id", "project_key", "forecast_status", "finish_on_p10", "finish_on_p50", "finish_on_p80",
    "finish_on_p95", "baseline_on", "promised_on", "slip_days_p50", "probability_late", "open_count",
    "history_weeks", "seed", "inputs_hash", "sentence", "fallback_reason", "throughput_per_week",
    "scope_growth_per_week", "throughput_dispersion", "window_done_count", "open_age_days", "intake_days",
    "calibration_log_days", "calibration_length_slope", "calibration_age_slope", "calibration_count_slope",
    "plan_days_p50", "drivers",
)  # fmt: skip
KEPT = {
    "throughput_per_week": "rate", "scope_growth_per_week": "growth", "throughput_dispersion": "dispersion",
    "window_done_count": "done_window", "open_age_days": "age", "intake_days": "intake_days",
}  # fmt: skip
"""What each forecast tells of the state that it was computed from, beside the number of open items."""
TOLD = ("ok", "no_finite_finish")  # with what drives it: what is withheld or over has no drivers
SLOPES = ("calibration_length_slope", "calibration_age_slope", "calibration_count_slope")


class ScheduleSlip:
    """Monte Carlo finish dates of open scope, calibrated on what past forecasts would have missed by."""

    model_id = "schedule_slip"
    version = "1.3.0"
    ledger_table = "schedule_forecast"
    key: Sequence[str] = ("subject_type", "subject_id")
    inputs = INPUTS
    output = OUTPUT
    steps_back = True

    def __init__(self, outcome: str = "scope", calibrated: bool = True, trials: int = engine.TRIALS) -> None:
        """Anything but the defaults serves comparison in backtests (`outcome` "count": see models.backtest)."""
        self._outcome, self._calibrated, self._trials = outcome, calibrated, trials

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """One row per project, epic, open release and milestone, as of the subject's effective date."""
        return self.forecast_anew(tables, as_of, seed, Memory()).rows

    def forecast_anew(self, tables: Tables, as_of: date, seed: int, memory: Memory) -> News:
        """Only the subjects that were not said already with these inputs; where none is new nothing is computed."""
        subjects = with_facts(tables, subjects_of(tables, as_of))
        past = cache(lambda: self._history(subjects, seed, memory))
        plans = self._plans(tables, as_of, seed, memory, subjects, past)
        wanted = [number for number, one in enumerate(subjects) if self._is_new(one, seed, memory, plans)]
        unchanged = sum(not subject.is_past for subject in subjects) - len(wanted)
        rows = self._of_flow(subjects, wanted, past(), seed, memory, plans) if wanted else []
        planned, stands = ([], 0) if plans is None else plans.rows(memory.hashes)
        return News(_typed(pd.DataFrame(rows + planned, columns=list(self.output))), unchanged + stands)

    def _plans(
        self,
        tables: Tables,
        as_of: date,
        seed: int,
        memory: Memory,
        subjects: list[Subject],
        past: Callable[[], pd.DataFrame],
    ) -> Plans | None:
        """The second engine; of item counts plans know nothing."""
        if self._outcome != "scope":
            return None
        author = Author(self.model_id, self.version, seed, memory.drifted.get(milestones.KIND))
        scopes = {one.project_id: one for one in subjects if one.subject_type == "project"}
        return Plans(tables, as_of, author, scopes, past)

    def _history(self, subjects: list[Subject], seed: int, memory: Memory) -> pd.DataFrame:
        history = history_of(subjects, engine.draw(seed, self._trials), self._outcome)
        return step_back(history, set(memory.drifted))

    def _of_flow(
        self,
        subjects: list[Subject],
        wanted: list[int],
        history: pd.DataFrame,
        seed: int,
        memory: Memory,
        plans: Plans | None,
    ) -> list[dict[str, Any]]:
        """The rows of those subjects by number; calibration looks at all of them."""
        now = history.loc[history["step"] == 0].reset_index(drop=True)
        fits = {kind: learn(history, kind) for kind in sorted(set(now.loc[wanted, "kind"]))}
        centres = _centres(now, fits if self._calibrated else {})
        states = now.to_dict("records")
        rows = []
        for number in wanted:
            state, reason = states[number], memory.drifted.get(subjects[number].subject_type)
            curve = normal_curve(max(float(state["spread"]), 0.01))
            if self._calibrated:
                curve = fits[state["kind"]].curve(number)
            centre, plan = float(centres[number]), _plan_of(subjects[number], plans, reason)
            kept = _kept(state, centre, curve, fits if self._calibrated else {}, plan)
            curve = curve if plan is None else pooled(centre, curve, plan)
            kept["inputs_hash"] = self._hash(subjects[number], seed, reason, plans)
            rows.append(self._row(subjects[number], state, centre, curve, seed, reason) | kept)
        return rows

    def _is_new(self, subject: Subject, seed: int, memory: Memory, plans: Plans | None) -> bool:
        if subject.is_past:
            return False
        name = (subject.subject_type, subject.subject_id, str(day_of(subject.scope.effective)), self.model_id)
        return memory.hashes.get(name) != self._hash(subject, seed, memory.drifted.get(subject.subject_type), plans)

    def _row(
        self, subject: Subject, state: Any, centre: float, curve: Curve, seed: int, reason: str | None
    ) -> dict[str, Any]:
        days = {name: np.exp(centre + curve.quantile(level)) for name, level in LEVELS.items()}
        status = _status(subject, state, days["p80"])
        due = subject.baseline_on or subject.promised_on
        row: dict[str, Any] = {
            "subject_type": subject.subject_type,
            "subject_id": subject.subject_id,
            "subject_key": subject.subject_key,
            "subject_name": subject.subject_name,
            "as_of_on": day_of(subject.scope.effective),
            "model_id": self.model_id,
            "model_version": self.version,
            "project_id": subject.project_id,
            "project_key": subject.project_key,
            "forecast_status": status,
            "baseline_on": subject.baseline_on,
            "promised_on": subject.promised_on,
            "open_count": subject.scope.open_count,
            "history_weeks": int(state["history_weeks"]),
            "seed": seed,
            "fallback_reason": reason,
            "drivers": subject.drivers if status in TOLD else "[]",
            **dict.fromkeys(("slip_days_p50", "probability_late", *(f"finish_on_{name}" for name in LEVELS))),
        }
        if status == "ok":
            row |= finish_dates(subject.scope.effective, days)
            row["slip_days_p50"] = None if due is None else (row["finish_on_p50"] - due).days
        if due is not None and status in ("ok", "no_finite_finish"):
            left = (due - row["as_of_on"]).days
            row["probability_late"] = chance_late(left, centre, curve) if state["is_usable"] else SUREST
        return row | {"sentence": write_sentence(row, bool(state["growth"] > state["rate"]), reason)}

    def _hash(self, subject: Subject, seed: int, reason: str | None, plans: Plans | None) -> str:
        """Of the rows used, the model and the seed: equal hashes mean that nothing of the subject's own changed."""
        stand_in = " naive" if reason else ""
        is_hybrid = plans is not None and subject.subject_type == "project"
        plan = plans.finish_hash(subject.project_id) if plans is not None and is_hybrid else ""
        told = f"{self.model_id} {self.version} {seed} {subject.rows_hash}{stand_in}{plan}"
        return hashlib.sha256(told.encode()).hexdigest()


def _plan_of(subject: Subject, plans: Plans | None, reason: str | None) -> Said | None:
    """The plan's word on a project's finish; none where the naive stands in for the flow."""
    if plans is None or subject.subject_type != "project" or reason is not None:
        return None
    return plans.finish(subject.project_id)


def _centres(now: pd.DataFrame, fits: dict[str, Conformal]) -> np.ndarray:
    """Log of the predicted days, moved to where past forecasts of this kind came true."""
    design, kinds = design_of(now), now["kind"].to_numpy()
    moved = np.sum([np.where(kinds == kind, fit.centre(design), 0.0) for kind, fit in fits.items()], axis=0)
    return np.asarray(np.log(np.clip(now["median"], 1.0, engine.HORIZON_DAYS)) + moved, dtype=np.float64)


def _kept(state: Any, centre: float, curve: Curve, fits: Mapping[str, Conformal], plan: Said | None) -> dict[str, Any]:
    """What explains later why the date moved: the state, all by which calibration moved the engine's median, and the
    plan's own word where it has half a say."""
    fit = None if state["kind"].endswith(NAIVE) else fits.get(state["kind"])
    slopes = np.zeros(len(SLOPES)) if fit is None else fit.coefficients[1:]
    moved = centre - np.log(np.clip(state["median"], 1.0, engine.HORIZON_DAYS)) + curve.quantile(0.5)
    return {
        **{name: float(state[feature]) for name, feature in KEPT.items()},
        "calibration_log_days": float(moved),
        **dict(zip(SLOPES, slopes.tolist(), strict=True)),
        "plan_days_p50": None if plan is None else float(np.exp(plan.centre + plan.scale * plan.curve.quantile(0.5))),
    }


def _status(subject: Subject, state: Any, days_p80: float) -> str:
    if subject.is_withheld:
        return "not_trusted"
    if subject.scope.open_count == 0:
        return "nothing_open"
    if state["active_weeks"] < FEWEST_ACTIVE_WEEKS:
        return "not_enough_history"
    return "ok" if state["is_usable"] and days_p80 <= engine.HORIZON_DAYS else "no_finite_finish"


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    """Nullable integers and plain doubles; dates stay dates (None where missing)."""
    whole = dict.fromkeys(("slip_days_p50", "open_count", "history_weeks", "seed"), "Int64")
    return frame.astype({**whole, "probability_late": "Float64"}).astype({"probability_late": "float64"})
