"""Says a cost forecast in words an executive understands, with no figure that is not in its row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_WITHOUT = {
    "nothing_open": "All the planned work is done, so there is no cost to forecast.",
    "not_trusted": "No forecast: critical data findings on this project must be mended first.",
}


def write_sentence(row: Mapping[str, Any], missing: str | None) -> str:
    """The sentence of one forecast row; `missing` says what earned value lacks."""
    status = row["forecast_status"]
    if status == "not_enough_history":
        return f"No cost forecast: {missing or 'too little of the work is done to tell what it costs'}."
    if status != "ok":
        return _WITHOUT[status]
    currency = f" {row['reporting_currency_code']}" if row["reporting_currency_code"] else ""
    budget, middle = row["budget_at_completion_amount"], row["estimate_at_completion_amount_p50"]
    over = row["overrun_amount_p50"]
    by = _percent(over / budget)
    return (
        f"Likely to cost {middle:,.0f}{currency} (50 %), 80 % sure below "
        f"{row['estimate_at_completion_amount_p80']:,.0f}; {by} the budget of {budget:,.0f}; "
        f"{100 * row['probability_over_budget']:.0f} % likely to exceed it. "
        f"{row['percent_complete']:.0f} % of the work is done for {row['actual_cost_amount']:,.0f}."
    )


def _percent(share: float) -> str:
    rounded = round(100 * share)
    return "on" if rounded == 0 else f"{abs(rounded)} % {'over' if rounded > 0 else 'under'}"
