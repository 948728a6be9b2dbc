"""What concerns more than one project, and what would help: the sentences of the portfolio's own forecasts.

Nothing is worded here but titles: each line is what its table says, so that page, briefing and BI tools agree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.dashboard.values import Row, missing, number, rows, text

MOST = 5
LIKELY = 0.5
FELT_DAYS = 0.5
"""Average delay by a dependency from which it is worth a line."""
MOVED_DAYS = 7
TABLES = (
    "rpt_portfolio_forecast",
    "rpt_forecast_change",
    "rpt_allocation_advice",
    "rpt_budget_forecast",
    "rpt_delivery_risk",
)


@dataclass(frozen=True)
class Line:
    """One sentence; `id` is the project it is about, where the page has a card of it."""

    id: str
    label: str
    sentence: str


@dataclass(frozen=True)
class Panel:
    """A few sentences under one question; `empty` is what is said where there is none."""

    title: str
    empty: str
    lines: list[Line]


@dataclass(frozen=True)
class Across:
    """The portfolio's sentence, and the panels under it."""

    sentence: str
    panels: list[Panel]


def across(tables: Mapping[str, pd.DataFrame], known: Collection[str]) -> Across:
    """What the tables of `TABLES` say now; `known` are the projects that lines may link to."""
    said = {name: [row for row in rows(tables.get(name)) if row["is_current"]] for name in TABLES}
    forecast = said["rpt_portfolio_forecast"]
    whole = next((row for row in forecast if row["subject_type"] == "portfolio"), None)
    edges = [row for row in forecast if row["subject_type"] == "dependency" and _more(row, "expected_delay_days")]
    moved = [row for row in said["rpt_forecast_change"] if _has_moved(row)]
    advice = [row for row in said["rpt_allocation_advice"] if not missing(row["advice_rank"])]
    dear = [row for row in said["rpt_budget_forecast"] if _more(row, "probability_over_budget", LIKELY)]
    ahead = [row for row in said["rpt_delivery_risk"] if _is_ahead(row)]
    panels = [
        Panel("Dates that moved most", "No project's finish has moved by a week or more since it was last said.",
              _lines(sorted(moved, key=lambda row: (-abs(int(row["move_days"])), text(row["subject_id"]))), known)),
        Panel("Dependencies that delay most", "No dependency delays a finish by half a day or more.",
              _lines(_top(edges, "expected_delay_days"), known)),
        Panel("What would help most", "No change that was tried saves time.",
              _lines(sorted(advice, key=lambda row: int(row["advice_rank"])), known)),
        Panel("Budgets likely to be exceeded", "No budget is likely to be exceeded.",
              _lines(_top(dear, "probability_over_budget"), known)),
        Panel("Due soon and likely late", "Nothing that is due soon is likely to be late.",
              _lines(sorted(ahead, key=lambda row: (row["due_on"], text(row["subject_key"]))), known)),
    ]  # fmt: skip
    return Across(text(whole["sentence"]) if whole else "", panels)


def _more(row: Row, column: str, than: float = FELT_DAYS) -> bool:
    found = number(row[column])
    return found is not None and found >= than


def _has_moved(row: Row) -> bool:
    if row["subject_type"] != "project" or row["forecast_status"] != "ok":
        return False
    return abs(int(row["move_days"])) >= MOVED_DAYS


def _is_ahead(row: Row) -> bool:
    """Only what somebody can still do something about: neither late already nor ending today."""
    is_judged = _more(row, "probability_late", LIKELY) and not missing(row["due_on"])
    return is_judged and bool(row["due_on"] > row["as_of_on"])


def _top(found: list[Row], column: str) -> list[Row]:
    return sorted(found, key=lambda row: (-(number(row[column]) or 0.0), text(row.get("subject_id"))))


def _lines(found: list[Row], known: Collection[str]) -> list[Line]:
    return [_line(row, known) for row in found[:MOST]]


def _line(row: Row, known: Collection[str]) -> Line:
    project = text(row.get("project_id")) or text(row.get("subject_id"))
    label, sentence = text(row.get("subject_key")) or text(row.get("project_key")), text(row["sentence"])
    if row.get("subject_type") == "portfolio":
        label = "All projects"
    return Line(project if project in known else "", label, sentence.removeprefix(label).strip())
