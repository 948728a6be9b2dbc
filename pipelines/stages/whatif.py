"""What if: reads the warehouse and the ledger, simulates with and without, and writes nothing but its answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date
from typing import Any
from zoneinfo import ZoneInfo

from connectors.errors import SourceError
from models.portfolio.model import PortfolioForecast
from models.portfolio.whatif import Answer, Wish, WishError, answer
from pipelines.clock import without_zone
from pipelines.line import Line
from pipelines.stages.forecast import SEED
from pipelines.stages.inputs import read_inputs, read_said


class WhatIfError(SourceError):
    """The question cannot be answered as it was asked."""


def wishes(
    cut_scope: Mapping[str, str] | None = None,
    add_people: Mapping[str, str] | None = None,
    drop_dependency: Iterable[str] = (),
    start_earlier: Iterable[str] = (),
    move_promise: Mapping[str, str] | None = None,
) -> list[Wish]:
    """What was asked for, read from text."""
    found = [Wish("cut_scope", key, _share(key, text)) for key, text in (cut_scope or {}).items()]
    found += [Wish("add_people", key, _people(key, text)) for key, text in (add_people or {}).items()]
    found += [Wish("drop_dependency", name) for name in drop_dependency]
    found += [Wish("start_earlier", name) for name in start_earlier]
    found += [Wish("move_promise", key, _date(key, text)) for key, text in (move_promise or {}).items()]
    if not found:
        raise WhatIfError(
            "Nothing was asked.", "Say what should change, as in `slipstream whatif --cut-scope KEY=20%`."
        )
    return found


def ask(line: Line, asked: list[Wish]) -> Answer:
    """The answer as of the line's moment, from what was last forecast."""
    model, zone = PortfolioForecast(), line.settings.reporting_timezone
    day = without_zone(line.moment).replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date()
    tables = read_inputs(line.warehouse, model, zone) | read_said(line.warehouse, line.ledger, model, day)
    try:
        return answer(tables, day, SEED, asked)
    except WishError as error:
        raise WhatIfError(error.message, error.remedy) from None


def as_dict(found: Answer) -> dict[str, Any]:
    """Plain values, for JSON."""
    saving = found.saving
    rows = [{str(name): _plain(value) for name, value in row.items()} for row in found.projects.to_dict("records")]
    return {
        "as_of_on": found.as_of_on.isoformat(),
        "trial_count": found.trials,
        "expected_days_saved": round(saving.days, 2),
        "days_saved_low": round(saving.low, 2),
        "days_saved_high": round(saving.high, 2),
        "expected_promises_saved": round(saving.promises, 3),
        "portfolio": {name: {"before": a, "after": b} for name, (a, b) in found.portfolio.items()},
        "projects": rows,
    }


def summary(found: Answer) -> str:
    """One sentence."""
    low, high, days = found.saving.low, found.saving.high, found.saving.days
    verb = "saves" if days >= 0 else "costs"
    ends = sorted((abs(low), abs(high)))
    slip, late = found.portfolio["expected_slip_days"], found.portfolio["expected_late_count"]
    return (
        f"As of {found.as_of_on}, it {verb} {abs(days):,.1f} days of slip over the portfolio ({ends[0]:,.1f} to "
        f"{ends[1]:,.1f}): {slip[1]:,.1f} instead of {slip[0]:,.1f}; "
        f"{late[1]:.2f} promises missed instead of {late[0]:.2f}."
    )


def table(found: Answer) -> str:
    """Changed projects as Markdown."""
    lines = ["| Project | due | 50 % by | 80 % by | late | days earlier |", "|---|---|---|---|---|---|"]
    for row in as_dict(found)["projects"]:
        cells = [_pair(row, name) for name in ("due_on", "finish_on_p50", "finish_on_p80", "probability_late")]
        lines.append(f"| {row['project_key']} | {' | '.join(cells)} | {row['finish_days_saved_p50']} |")
    return "\n".join(lines)


def _pair(row: Mapping[str, Any], name: str) -> str:
    before, after = (_shown(row[f"{name}_{when}"]) for when in ("before", "after"))
    return before if before == after else f"{before} → {after}"


def _shown(value: object) -> str:
    return "–" if value is None else f"{100 * value:.0f} %" if isinstance(value, float) else str(value)


def _plain(value: Any) -> Any:
    if value is None or value != value:  # NaN, where pandas keeps a missing number
        return None
    return value.isoformat() if isinstance(value, date) else value


def _share(key: str, text: str) -> float:
    number = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(%?)", text.strip())
    share = float(number[1]) / (100.0 if number[2] else 1.0) if number else 0.0
    if not 0 < share < 1:
        raise WhatIfError(f"'{text}' is no part of {key}'s scope.", "Give a share below all of it, such as 20% or 0.2.")
    return share


def _people(key: str, text: str) -> float:
    if not re.fullmatch(r"[+-]?[1-9]\d?", text.strip()):
        raise WhatIfError(f"'{text}' is no number of people for team {key}.", "Give 1 to 99, or -1 for one who leaves.")
    return float(text)


def _date(key: str, text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise WhatIfError(f"'{text}' is no day for {key}.", "Give it as 2026-12-01.") from None
