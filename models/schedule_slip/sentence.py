"""Says a forecast in words an executive understands, with no figure that is not in its row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
OUTRUN = " New work has been arriving faster than work is done."
_LEFT_LYING = "No finish in sight: on this record part of what is open is left lying for years"
_WITHOUT_DATE = {
    "nothing_open": "Nothing is open, so there is no finish to forecast.",
    "not_enough_history": "Not enough history to forecast: too few weeks in which anything was completed.",
    "not_trusted": "No forecast: critical data findings on this project must be mended first.",
}


def write_sentence(row: Mapping[str, Any], is_outrun: bool, fallback_reason: str | None = None) -> str:
    """The sentence of one forecast row; `is_outrun`: new work has been arriving faster than work is done."""
    stand_in = "" if fallback_reason is None or row["forecast_status"] in _WITHOUT_DATE else note(fallback_reason)
    return f"{_said(row, is_outrun)}{stand_in}"


def note(reason: str, basis: str = "open work and recent pace only") -> str:
    """That the naive stands in, and why."""
    return f" From {basis}, as the usual model has left its band: {reason}."


def _said(row: Mapping[str, Any], is_outrun: bool) -> str:
    basis = f"Based on {count(row['history_weeks'], 'week')} of history, {count(row['open_count'], 'item')} open."
    status = row["forecast_status"]
    if status == "ok":
        return f"{_finish(row)}{OUTRUN if is_outrun else ''} {basis}"
    if status == "no_finite_finish":
        return f"{_endless(row, is_outrun)} {basis}"
    return f"{_WITHOUT_DATE[status]} {basis}"


def _finish(row: Mapping[str, Any]) -> str:
    start = "Likely done" if _is_planned(row) else "What is open now is likely done"
    text = f"{start} by {say_day(row['finish_on_p50'])} (50 %), 80 % sure by {say_day(row['finish_on_p80'])}"
    due, name = _due(row)
    if due is None:
        return f"{text}."
    slip = say_slip(int(row["slip_days_p50"]))
    return f"{text}; {slip} the {name} of {say_day(due)}; {say_chance(row)} likely to miss it."


def _endless(row: Mapping[str, Any], is_outrun: bool) -> str:
    text = "No finish in sight: new work arrives faster than work is done" if is_outrun else _LEFT_LYING
    due, name = _due(row)
    return f"{text}." if due is None else f"{text}; {say_chance(row)} likely to miss the {name} of {say_day(due)}."


def _due(row: Mapping[str, Any]) -> tuple[date | None, str]:
    return (row["baseline_on"], "baseline") if row["baseline_on"] is not None else (row["promised_on"], "promise")


def _is_planned(row: Mapping[str, Any]) -> bool:
    """A project with a plan is forecast to its end; anything else only until what is open now is done."""
    return row["subject_type"] == "project" and _due(row)[0] is not None


def say_chance(row: Mapping[str, Any]) -> str:
    """Never as certainty: the row's probability already lies between 5 and 95 %."""
    return f"{round(100 * float(row['probability_late']))} %"


def say_slip(days: int) -> str:
    """12 days after, 1 day before, or on."""
    if days == 0:
        return "on"
    return f"{count(abs(days), 'day')} {'after' if days > 0 else 'before'}"


def count(number: int, noun: str) -> str:
    return f"{int(number):,} {noun}{'' if int(number) == 1 else 's'}"


def say_day(day: date) -> str:
    """14 Aug 2026, whatever the locale of the machine."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
