"""A small made-up portfolio as reporting frames: late, on course, no forecast, not trusted, one with a hostile name."""

from __future__ import annotations

import json
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

TODAY = date(2026, 11, 20)
HOSTILE = "<script>alert('x')</script> & Sons"
WORDS = ("Ledger", "Harbour", "Atlas", "Beacon", "Claims", "Orchard", "Customer Portal", "Data Vault", "Payments")
MANIFEST = {"id": "20261120T060000Z-a1b2c3", "as_of": "2026-11-20 06:00:00"}


def health(size: int, rng: np.random.Generator) -> pd.DataFrame:
    return pd.DataFrame([_project(number, rng) for number in range(size)])


def _project(number: int, rng: np.random.Generator) -> dict[str, object]:
    status = {5: "not_enough_history", 11: "no_finite_finish", 17: "nothing_open"}.get(number, "ok")
    p50 = int(rng.integers(20, 260))
    spread = max(6, p50 // 5)
    baseline = TODAY + timedelta(days=p50 - int(rng.integers(-40, 70)))
    slip = (TODAY + timedelta(days=p50) - baseline).days
    chance = float(np.clip(0.5 + slip / 90, 0.01, 0.99))
    known = status == "ok"
    ahead = {
        name: TODAY + timedelta(days=p50 + spread * at) for name, at in (("10", -1), ("50", 0), ("80", 1), ("95", 2))
    }
    name = HOSTILE if number == 3 else f"{WORDS[number % len(WORDS)]} {1 + number // len(WORDS)}"
    scope = int(rng.integers(60, 400))
    done = scope if status == "nothing_open" else int(scope * rng.uniform(0.2, 0.9))
    return {
        "project_id": f"demo:{10000 + number}",
        "project_key": f"P{number:02d}",
        "project_name": name,
        "programme_name": f"Programme {'ABCDEFGH'[number % 8]}",
        "owner_name": f"Owner {number}",
        "phase": "active",
        "claimed_rag": ("green", "green", "amber", "red", None)[number % 5],
        "predicted_rag": ("red" if chance >= 0.8 else "amber" if chance >= 0.5 else "green") if known else "unknown",
        "trust_status": "not_trusted" if number in (2, 9) else "trusted",
        "open_count": scope - done,
        "done_count": done,
        "scope_count": scope,
        "done_ratio": round(done / scope, 4),
        **{f"finish_on_p{q}": (on if known else None) for q, on in ahead.items()},
        "baseline_on": baseline,
        "promised_on": baseline + timedelta(days=14) if number % 4 == 0 else None,
        "slip_days_p50": slip if known else None,
        "probability_late": chance if known else None,
        "forecast_status": status,
        "planned_cost_amount": 1_250_000.0,
        "actual_cost_amount": 610_000.0,
        "currency_code": "EUR",
        "open_risk_count": number % 4,
        "risk_exposure_cost_amount": 90_000.0 * (number % 4),
        "critical_finding_count": 1 if number in (2, 9) else 0,
        "warning_finding_count": number % 3,
        "blocked_count": number % 5,
        "cross_project_dependency_count": number % 3,
        "effective_on": TODAY,
        "sentence": f"{name} has an even chance of finishing by {ahead['50']}." if known else "",
    }


def snapshots(projects: pd.DataFrame, rng: np.random.Generator, days: int = 300) -> pd.DataFrame:
    calendar = pd.date_range(end=pd.Timestamp(TODAY), periods=days)
    parts = []
    for row in projects.itertuples():
        completed = rng.multinomial(row.done_count, np.full(days, 1 / days))
        grown = np.linspace(row.scope_count * 0.8, row.scope_count, days).round().astype(int)
        parts.append(
            pd.DataFrame(
                {
                    "project_id": row.project_id,
                    "snapshot_on": calendar,
                    "scope_count": np.maximum(grown, completed.cumsum()),
                    "done_count": completed.cumsum(),
                    "completed_count": completed,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def throughput() -> pd.DataFrame:
    weeks = pd.date_range(start=pd.Timestamp(TODAY) + pd.Timedelta(days=3), periods=8, freq="7D")
    return pd.DataFrame(
        {
            "series_id": "portfolio",
            "as_of_on": TODAY,
            "week_on": weeks.date,
            "forecast_status": "ok",
            "completed_count_p10": 60.0,
            "completed_count_p50": 110.0 + np.arange(8),
            "completed_count_p80": 140.0,
            "completed_count_p95": 170.0,
            "is_current": True,
        }
    )


def epics(projects: pd.DataFrame) -> pd.DataFrame:
    """Six epics a project, and one forecast of each that is no longer current."""
    parts = [
        projects[["project_id", "forecast_status", "finish_on_p50", "finish_on_p80", "probability_late"]].assign(
            subject_type="epic",
            subject_id=projects["project_id"] + f"-{number}",
            subject_key=projects["project_key"] + f"-{number}",
            subject_name=f"Part {number}" + ("" if is_current else " as once forecast"),
            open_count=number,
            is_current=is_current,
        )
        for number in range(1, 7)
        for is_current in (True, False)
    ]
    return pd.concat(parts, ignore_index=True)


def findings(projects: pd.DataFrame) -> pd.DataFrame:
    rules = [
        ("active_project_has_sponsor", "critical", "register completeness", (2, 9)),
        ("status_updated_within_14_days", "warning", "timeliness", tuple(range(len(projects)))),
    ]
    return pd.DataFrame(
        [
            {
                "result_id": f"{rule}-{number}",
                "rule_id": rule,
                "severity": severity,
                "family": family,
                "project_id": projects.iloc[number]["project_id"],
                "project_key": projects.iloc[number]["project_key"],
                "owner": projects.iloc[number]["owner_name"],
                "failing_count": 1 + number,
                "failing_keys": json.dumps([f"demo:{10000 + number}"]),
                "why": "Without a sponsor nobody can decide when the project drifts.",
                "fix": "Set the sponsor in the project register.",
                "as_of_at": pd.Timestamp(TODAY),
            }
            for rule, severity, family, concerned in rules
            for number in concerned
            if number < len(projects)
        ]
    )


def across(projects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the portfolio's own forecasts say: each table with a line to show, one of the past and one too slight."""
    first, second = projects.iloc[0], projects.iloc[1]
    project = {"project_id": first.project_id, "subject_key": first.project_key, "is_current": True}
    edge = {**project, "subject_type": "dependency", "subject_key": "P00-7"}
    advice = {"subject_type": "project", "subject_id": second.project_id, "subject_key": second.project_key}
    moved = {"subject_type": "project", "subject_id": first.project_id, "forecast_status": "ok", **project}
    cost = {"project_id": first.project_id, "project_key": first.project_key, "is_current": True}
    due = {"subject_type": "issue", **project, "as_of_on": TODAY, "probability_late": 0.9}
    return {
        "rpt_portfolio_forecast": pd.DataFrame(
            [
                {"subject_type": "portfolio", "sentence": "Three promises of nine are likely to hold.",
                 "is_current": True},
                {"subject_type": "portfolio", "sentence": "As once said.", "is_current": False},
                {**edge, "expected_delay_days": 12.5, "sentence": "P00-7 waits for P01-3, 12.5 days on average."},
                {**edge, "expected_delay_days": 0.1, "sentence": "P00-7 waits for nobody much."},
            ]
        ),
        "rpt_forecast_change": pd.DataFrame(
            [
                {**moved, "move_days": 8, "sentence": "Eight days later."},
                {**moved, "move_days": -30, "sentence": "Thirty days earlier."},
                {**moved, "move_days": 2, "sentence": "Hardly moved."},
                {**moved, "move_days": None, "forecast_status": "first_forecast", "sentence": "Said first."},
            ]
        ),
        "rpt_allocation_advice": pd.DataFrame(
            [
                {**advice, "advice_rank": 2, "is_current": True, "sentence": "Second best."},
                {**advice, "advice_rank": 1, "is_current": True, "sentence": "Best of all."},
                {**advice, "advice_rank": None, "is_current": True, "sentence": "Of no help."},
            ]
        ),
        "rpt_budget_forecast": pd.DataFrame(
            [
                {**cost, "probability_over_budget": 0.8, "sentence": "Costs too much."},
                {**cost, "probability_over_budget": 0.2, "sentence": "Costs what was planned."},
            ]
        ),
        "rpt_delivery_risk": pd.DataFrame(
            [
                {**due, "due_on": TODAY + timedelta(days=9), "sentence": "Due in nine days."},
                {**due, "due_on": TODAY + timedelta(days=2), "sentence": "Due in two days."},
                {**due, "due_on": TODAY - timedelta(days=2), "sentence": "Late already."},
            ]
        ),
    }  # fmt: skip


def make(size: int) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(7)
    projects = health(size, rng)
    return {
        "rpt_portfolio_health": projects,
        "fct_project_snapshot": snapshots(projects, rng),
        "rpt_throughput_forecast": throughput(),
        "rpt_schedule_forecast": epics(projects),
        "rpt_data_quality": findings(projects),
        **across(projects),
    }


@pytest.fixture(scope="session")
def portfolio() -> dict[str, pd.DataFrame]:
    """Forty projects in eight programmes."""
    return make(40)


@pytest.fixture(scope="session")
def manifest() -> dict[str, str]:
    return dict(MANIFEST)
