"""Says in words why a date moved: whole days that add up to the move, the largest part first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from models.forecast_change.shapley import rounded
from models.schedule_slip.sentence import say_day

PARTS = ("scope", "throughput", "dependencies", "calendar", "data_correction", "calibration", "plan")
_UNKNOWN = {
    "state_not_kept": "one of the two forecasts did not keep what it was computed from",
    "other_model": "the two were not said by the same model",
}


def write_sentence(row: Mapping[str, Any]) -> str:
    """The sentence of one row."""
    status = row["forecast_status"]
    if status == "first_forecast":
        return "First forecast: there is no earlier one to compare it with."
    if status == "no_finish_date":
        return _undated(row)
    if status in _UNKNOWN:
        return f"{_move(row)}. What moved it cannot be told apart: {_UNKNOWN[status]}."
    days = rounded(np.array([[row[f"{name}_days"]] for name in PARTS]), 0)[:, 0].astype(int)
    told = sorted(zip(days.tolist(), PARTS, strict=True), key=lambda pair: -abs(pair[0]))
    reasons = ", ".join(_reason(number, name, row) for number, name in told if number)
    return f"{_move(row)}: {reasons}." if reasons else f"{_move(row)}."


def _undated(row: Mapping[str, Any]) -> str:
    said, now, then = say_day(row["previous_as_of_on"]), row["finish_on_p50"], row["previous_finish_on_p50"]
    if isinstance(now, date):
        return f"Now {say_day(now)}; on {said} there was no finish date to compare it with."
    return f"No finish date now; on {said} it was {say_day(then) if isinstance(then, date) else 'none either'}."


def _move(row: Mapping[str, Any]) -> str:
    said, move = say_day(row["previous_as_of_on"]), int(row["move_days"])
    if not move:
        return f"Still {say_day(row['finish_on_p50'])}, as said on {said}"
    return f"Now {say_day(row['finish_on_p50'])}, {_count(abs(move), 'day')} {_way(move)} than said on {said}"


def _reason(days: int, name: str, row: Mapping[str, Any]) -> str:
    words = {"scope": _scope, "throughput": _throughput, "calendar": _calendar}.get(name)
    plain = {
        "dependencies": "dependencies and shared teams",
        "data_correction": "corrected records",
        "calibration": "what past misses have taught",
        "plan": "what the plan says",
    }
    text = words(days, row) if words else plain[name]
    return f"{abs(days)} {_way(days)} {'from' if days > 0 else 'through'} {text}"


def _scope(days: int, row: Mapping[str, Any]) -> str:
    new = int(row["new_item_count"])
    if days > 0:
        return f"new scope ({_count(new, 'item')})" if new > 0 else "growth and age of what is open"
    if new < 0:
        return f"scope taken out ({_count(-new, 'item')})"
    return f"less new scope than expected ({_count(new, 'item')})"


def _throughput(days: int, row: Mapping[str, Any]) -> str:
    now, then = (round(float(row[name]), 1) for name in ("throughput_per_week", "previous_throughput_per_week"))
    if (days > 0 and now < then) or (days < 0 and now > then):
        return f"{'slower' if days > 0 else 'faster'} throughput ({now} items a week after {then})"
    done = _count(int(row["done_item_count"]), "item")
    return f"{'less' if days > 0 else 'more'} done than expected ({done})"


def _calendar(days: int, row: Mapping[str, Any]) -> str:
    now, then = row["planned_on"], row["previous_planned_on"]
    if now == then:
        return "the days that passed"
    return f"the plan's new finish, {say_day(now)}" if isinstance(now, date) else "the plan's end being gone"


def _way(days: int) -> str:
    return "later" if days > 0 else "earlier"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
