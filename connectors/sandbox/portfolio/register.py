"""The PMO's register of the simulated portfolio as plain rows: what a PMO writes down, gaps and slips included."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeAlias

from connectors.sandbox.portfolio.state import ProjectState

Cell: TypeAlias = "str | int | float | date | None"
Row: TypeAlias = dict[str, Cell]
Register: TypeAlias = dict[str, list[Row]]


def rows(states: Sequence[ProjectState], now: datetime) -> Register:
    return {"Projects": [], "Objectives": [], "Baselines": [], "Budget": [], "Risks": []}
