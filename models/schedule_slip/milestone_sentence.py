"""Says the forecast of a milestone in words, with no figure that is not in its row or its record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from models.schedule_slip.sentence import count, note, say_chance, say_day, say_slip


def write_sentence(row: Mapping[str, Any], reached: date | None, own: int, everywhere: int) -> str:
    """`own` and `everywhere`: milestones reached against the plan in force, in its project and in all."""
    status = row["forecast_status"]
    if status == "nothing_open":
        return "Reached: nothing is left to forecast." if reached is None else f"Reached on {say_day(reached)}."
    if status == "not_enough_history":
        why = "no day was planned for it" if _due(row)[0] is None else "too few milestones have been reached yet"
        return f"Not enough history to forecast: {why}."
    if status == "not_trusted":
        return "No forecast: critical data findings on this project must be mended first."
    stand_in = "" if row["fallback_reason"] is None else note(row["fallback_reason"], "the planned day only")
    return f"{_said(row)} {_basis(row, own, everywhere)}{stand_in}"


def _said(row: Mapping[str, Any]) -> str:
    due, name = _due(row)
    if row["forecast_status"] == "ok":
        text = f"Likely reached by {say_day(row['finish_on_p50'])} (50 %), 80 % sure by {say_day(row['finish_on_p80'])}"
        slip = "" if due is None else f"; {say_slip(int(row['slip_days_p50']))} the {name} of {say_day(due)}"
    else:
        text, slip = "No day in sight on the record of this plan", ""
    if due is None:
        return f"{text}."
    missed = "it" if slip else f"the {name} of {say_day(due)}"
    return f"{text}{slip}; {say_chance(row)} likely to miss {missed}."


def _due(row: Mapping[str, Any]) -> tuple[date | None, str]:
    return (row["baseline_on"], "baseline") if row["baseline_on"] is not None else (row["promised_on"], "expected day")


def _basis(row: Mapping[str, Any], own: int, everywhere: int) -> str:
    others = f"{everywhere - own:,} of others reached under the plan in force"
    record = f"Based on {count(own, 'milestone')} of this project and {others}"
    return (
        f"{record}." if not row["open_count"] else f"{record}, and {count(row['open_count'], 'open task')} before it."
    )
