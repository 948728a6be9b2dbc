"""Says a portfolio forecast in words, with no figure that is not in its row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.schedule_slip.sentence import say_day

_STATUS = {
    "nothing_open": "Nothing is open.",
    "not_enough_history": "Not simulated: not enough history.",
    "no_finite_finish": "Not simulated: no finish in sight.",
    "not_trusted": "Not simulated: critical data findings must be mended first.",
}


def of_portfolio(row: Mapping[str, Any], unknown: int) -> str:
    """`unknown`: promises of which nothing can be said."""
    if row["forecast_status"] != "ok":
        return "Nothing to simulate: no project has a finish forecast."
    done = f"All work is {_likely(row)}."
    if not row["promise_count"]:
        return f"No project has a promise or a baseline. {done}"
    text = (
        f"All {row['promise_count']} promises hold with a chance of {_chance(row['probability_all_kept'])}; "
        f"{row['expected_late_count']:.1f} are expected to be missed, "
        f"by {row['expected_slip_days']:,.0f} days in all. {done}"
    )
    return f"{text} Of {unknown} more nothing can be said." if unknown else text


def of_project(row: Mapping[str, Any]) -> str:
    if "criticality_index" not in row:
        return _STATUS.get(row["forecast_status"], "Not simulated.")
    text = f"Beside the others {_likely(row)}"
    if row["due_on"] is not None:
        late = _chance(row["probability_late"])
        text += f"; {late} likely to miss the {row['due_kind']} of {say_day(row['due_on'])}"
    waits = float(row["expected_delay_days"])
    return f"{text}. Waiting for others costs {waits:.1f} days on average." if waits >= 0.05 else f"{text}."


def of_edge(row: Mapping[str, Any], names: Mapping[str, str | None]) -> str:
    before = names.get(row["predecessor_project_id"]) or "another project"
    after = names.get(row["project_id"]) or "another project"
    if row["forecast_status"] == "in_cycle":
        return f"{row['subject_name']}, and by way of others the other way round too: neither can ever come first."
    if row["forecast_status"] != "ok":
        return f"{row['subject_name']}: not simulated, for {before} or {after} has no finish forecast."
    delay, wait = float(row["expected_delay_days"]), float(row["expected_wait_days"])
    return f"{row['subject_name']} for {wait:.1f} days on average, which moves the finish of {after} by {delay:.1f}."


def _likely(row: Mapping[str, Any]) -> str:
    return f"likely done by {say_day(row['finish_on_p50'])} (50 %), 80 % sure by {say_day(row['finish_on_p80'])}"


def _chance(share: float) -> str:
    """The ends of what is ever said stand for themselves and all beyond."""
    whole = round(100 * float(share))
    return f"at most {whole} %" if whole <= 5 else f"at least {whole} %" if whole >= 95 else f"{whole} %"
