"""Says why an issue or a sprint is at risk in words a project manager uses, with figures from its own record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.delivery_risk.chance import TRAITS
from models.delivery_risk.sprints import Running

MOST_DRIVERS = 3  # told of one issue
LEAST_ODDS = 0.1  # log odds: a trait that moves the chance by less is not a driver
UNITS = {"story_points": "points", "issues": "issues"}


def issue_drivers(state: Mapping[Any, Any], parts: Any) -> list[dict[str, Any]]:
    """The traits that move the chance most, strongest first; `effect` in log odds, above 0 where it adds risk."""
    if state["days_left"] < 0:
        return [{"driver": "overdue", "effect": None, "text": f"{_days(-int(state['days_left']))} overdue"}]
    told: list[dict[str, Any]] = [
        {"driver": name, "effect": round(float(part), 3), "text": text}
        for name, part, text in zip(TRAITS, parts, _texts(state), strict=True)
        if abs(part) >= LEAST_ODDS and text
    ]
    return sorted(told, key=lambda item: (-abs(item["effect"]), item["driver"]))


def _texts(state: Mapping[Any, Any]) -> list[str]:
    """One text a trait, in the order of TRAITS; empty where the issue does not have it, or it is not to be told.

    How long an issue has been open and how often its date was moved are part of the chance but no cause: among issues
    alike in the rest, those for which either was told were late no more often (docs/forecasts.md).
    """
    started = bool(state["is_started"])
    return [
        f"due in {_days(int(state['days_left']))}" if state["days_left"] else "due today",
        "",
        "" if started else "not started",
        f"in work for {_days(int(state['days_started']))}" if started else "",
        "",
        _blocked(state) if state["is_blocked"] else "",
        f"{100 * state['late_rate']:.0f} % of the project's dated issues were late",
    ]


def issue_facts(state: Mapping[Any, Any], drivers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whom to ask where the chance does not lean on it: what holds the issue up, without a direction.

    That it waits is not part of the chance: the warehouse knows links as last seen, so nothing can be learned from past
    ones. `effect` is null, as of what is overdue.
    """
    if state["is_blocked"]:
        name, text = "is_blocked", _blocked(state)
    elif state["waits_for"]:
        name, text = "waits_for", f"waits for {state['waits_for']}"
    else:
        return []
    return [] if any(one["driver"] == name for one in drivers) else [{"driver": name, "effect": None, "text": text}]


def _blocked(state: Mapping[Any, Any]) -> str:
    """Days since it was flagged, and what a link says that it waits for, whether or not it was flagged for that."""
    on = f", waiting for {state['waits_for']}" if state["waits_for"] else ""
    return f"blocked for {_days(int(state['days_blocked']))}{on}"


def issue_sentence(row: Mapping[str, Any], state: Mapping[Any, Any]) -> str:
    """The forecast of an issue in words."""
    if row["forecast_status"] == "not_trusted":
        return "No forecast: critical data findings on this project must be mended first."
    if row["forecast_status"] == "not_enough_history":
        return "No forecast: too few issues with a due date have been decided to learn from."
    if state["days_left"] < 0:
        return f"Late already: {_days(-int(state['days_left']))} past its due date."
    return f"{100 * row['probability_late']:.0f} % likely to miss its due date in {_days(int(state['days_left']))}."


def sprint_drivers(sprint: Running) -> list[dict[str, Any]]:
    """How far the sprint is against its time and against past ones, and what came on top; `effect` as of issues.

    Work that joins lowers the risk of falling short of what was committed: done, it counts as delivered too, and teams
    take it in when they are ahead. So it is on simulated portfolios, and on 1,000 real sprints (docs/forecasts.md).
    """
    unit, scope = UNITS[sprint.unit], sprint.delivered + sprint.remaining
    done = sprint.delivered / scope if scope else 0.0
    gap = round(sprint.usual - done, 3)
    found = [
        {
            "driver": "progress",
            "effect": gap,
            "text": f"{_amount(sprint.delivered)} of {_amount(scope)} {unit} done with {100 * sprint.elapsed:.0f} % of "
            f"the time gone; past sprints had {100 * sprint.usual:.0f} % done by then",
        }
    ]
    if sprint.added > 0:
        share = f" ({100 * sprint.added / sprint.committed:.0f} % of the commitment)" if sprint.committed else ""
        effect = -round(sprint.added / max(sprint.committed, 1.0), 3)
        text = f"{_amount(sprint.added)} {unit} added since the start{share}; done, they count as delivered too"
        found.append({"driver": "added_scope", "effect": effect, "text": text})
    return found


def sprint_sentence(row: Mapping[str, Any], elapsed: float) -> str:
    """The forecast of a sprint in words."""
    status, unit = row["forecast_status"], UNITS[row["unit"]]
    if status == "not_trusted":
        return "No forecast: critical data findings on this project must be mended first."
    if status == "nothing_open":
        return "Everything in the sprint is done."
    if status == "not_enough_history":
        return "No forecast: nothing was committed, or too few sprints have been closed to learn from."
    return (
        f"Likely to deliver {_amount(row['delivered_scope_p50'])} of {_amount(row['committed_scope'])} {unit} "
        f"committed (10 to 80 %: {_amount(row['delivered_scope_p10'])} to {_amount(row['delivered_scope_p80'])}); "
        f"{100 * row['probability_late']:.0f} % likely to fall short. {100 * elapsed:.0f} % of its time is gone."
    )


def _amount(value: float) -> str:
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"
