"""One project as the page shows it: a row of the health table and the head of its forecast card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.dashboard.values import Row, count, day, number, text

LIKELY_LATE = 0.5
"""A project is called likely late from this probability on: later than its date in most simulated futures."""

OUTLOOK = {
    "nothing_open": "Nothing left open",
    "not_enough_history": "Not enough history yet",
    "no_finite_finish": "No end in sight: scope grows as fast as work is done",
    "not_trusted": "Withheld until the data is trusted",
}

RAG_ORDER = {"red": 0, "amber": 1, "green": 2}


@dataclass(frozen=True)
class Project:
    """What is known of one project, with plain Python values only."""

    id: str
    key: str
    name: str
    programme: str
    owner: str
    phase: str
    claimed: str
    predicted: str
    trust: str
    status: str
    sentence: str
    open: int
    done: int
    scope: int
    ratio: float | None
    p10: date | None
    p50: date | None
    p80: date | None
    p95: date | None
    baseline: date | None
    promised: date | None
    effective: date | None
    slip: int | None
    chance: float | None
    planned: float | None
    spent: float | None
    currency: str
    risks: int
    exposure: float | None
    critical: int
    warnings: int
    blocked: int
    dependencies: int

    @property
    def likely_late(self) -> bool:
        return self.chance is not None and self.chance >= LIKELY_LATE

    @property
    def untrusted(self) -> bool:
        return self.trust == "not_trusted"

    @property
    def watermelon(self) -> bool:
        """Green by its own account, likely late by the forecast."""
        return self.claimed == "green" and self.likely_late

    @property
    def finished(self) -> bool:
        return self.status == "nothing_open"

    @property
    def absent_verdict(self) -> str:
        """What stands in the place of a predicted colour where there is none."""
        return "Finished" if self.finished else "No verdict"

    @property
    def target(self) -> date | None:
        """The date that lateness is judged by: the baseline, or without one the promise."""
        return self.baseline or self.promised

    @property
    def outlook(self) -> str:
        """Why there is no date, in words; empty where there is one."""
        return "" if self.p50 else OUTLOOK.get(self.status, "No forecast")


def project(row: Row) -> Project:
    slip = number(row.get("slip_days_p50"))
    cells: dict[str, Any] = {name: text(row.get(column)) for name, column in TEXTS.items()}
    cells |= {name: day(row.get(column)) for name, column in DAYS.items()}
    cells |= {name: count(row.get(column)) for name, column in COUNTS.items()}
    cells |= {name: number(row.get(column)) for name, column in NUMBERS.items()}
    return Project(**cells, slip=None if slip is None else round(slip))


TEXTS = {
    "id": "project_id",
    "key": "project_key",
    "name": "project_name",
    "programme": "programme_name",
    "owner": "owner_name",
    "phase": "phase",
    "claimed": "claimed_rag",
    "predicted": "predicted_rag",
    "trust": "trust_status",
    "status": "forecast_status",
    "sentence": "sentence",
    "currency": "currency_code",
}
DAYS = {
    "p10": "finish_on_p10",
    "p50": "finish_on_p50",
    "p80": "finish_on_p80",
    "p95": "finish_on_p95",
    "baseline": "baseline_on",
    "promised": "promised_on",
    "effective": "effective_on",
}
COUNTS = {
    "open": "open_count",
    "done": "done_count",
    "scope": "scope_count",
    "risks": "open_risk_count",
    "critical": "critical_finding_count",
    "warnings": "warning_finding_count",
    "blocked": "blocked_count",
    "dependencies": "cross_project_dependency_count",
}
NUMBERS = {
    "ratio": "done_ratio",
    "chance": "probability_late",
    "planned": "planned_cost_amount",
    "spent": "actual_cost_amount",
    "exposure": "risk_exposure_cost_amount",
}


def urgency(item: Project) -> tuple[float, float, int, str]:
    """Sorts what needs attention first: likely late, then what is predicted red, then the longest slip."""
    chance = -1.0 if item.chance is None else item.chance
    return (-chance, RAG_ORDER.get(item.predicted, 3), -(item.slip or 0), item.key)
