"""Says an action in words, with no figure that is not in its row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.portfolio.dependencies import Edge
from models.portfolio.features import Picture
from models.schedule_slip.sentence import say_day


def of_action(row: Mapping[str, Any], seen: Picture) -> str:
    """What is done, and what it saves."""
    name, kind = row["subject_key"] or row["subject_id"], row["action_type"]
    if kind == "move_promise":
        return (
            f"Promised for {say_day(row['moved_to_on'])}, {name} is 80 % sure to be in time: "
            f"{row['amount']:.0f} days later than promised now. No work is saved by it."
        )
    if kind == "cut_scope":
        done = f"Leaving out {100 * row['amount']:.0f} % of what is open in {name}"
    elif kind == "add_people":
        done = f"One person more in team {name}"
    else:
        edge = next(one for one in seen.edges if one.dependency_id == row["subject_id"])
        done = _of_edge(edge, kind)
    return f"{done} saves {_days(row)}."


def _of_edge(edge: Edge, kind: str) -> str:
    before, after = edge.before_key or "what it waits for", edge.after_key or "the work"
    return f"Letting {after} go on without {before}" if kind == "drop_dependency" else f"Doing {before} first"


def of_plan(row: Mapping[str, Any], moves: int) -> str:
    if row["forecast_status"] != "ok":
        return "Nothing to move people for: no project has a finish forecast."
    if not moves:
        return "No move of people between teams saves days of slip."
    return (
        f"Moving {moves} {'person' if moves == 1 else 'people'} saves {_days(row)}. The programme reckoned with "
        f"{row['planned_days_saved']:.1f}; by its reckoning no plan saves more than {row['bound_days_saved']:.1f}."
    )


def of_move(row: Mapping[str, Any]) -> str:
    giver, taker = row["giver_key"] or row["giver_id"], row["subject_key"] or row["subject_id"]
    return f"By itself, moving {row['amount']:.0f} from team {giver} to team {taker} saves {_days(row)}."


def _days(row: Mapping[str, Any]) -> str:
    low, high = row["days_saved_low"], row["days_saved_high"]
    return f"{row['expected_days_saved']:.1f} days of slip on average ({low:.1f} to {high:.1f})"
