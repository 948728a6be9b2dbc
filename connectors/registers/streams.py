"""What a register holds: its sheets, their columns and types, and the streams they become.

The authority on register columns: dbt's source declares the same structure and a seam test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from connectors.source import Stream

Kind = Literal["text", "key", "currency", "date", "integer", "amount", "ratio", "weight"]

DUCKDB_TYPES: dict[Kind, str] = {
    "text": "VARCHAR",
    "key": "VARCHAR",
    "currency": "VARCHAR",
    "date": "DATE",
    "integer": "INTEGER",
    "amount": "DECIMAL(18,2)",
    "ratio": "DECIMAL(5,4)",
    "weight": "DECIMAL(9,4)",
}
# where the row stood, so that a finding can say which line of which file to mend
LINEAGE = {"project_site": "VARCHAR", "file": "VARCHAR", "row": "INTEGER"}


@dataclass(frozen=True)
class Column:
    """One column of a sheet; `choices` closes its vocabulary."""

    name: str
    kind: Kind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """One sheet of a register (or the CSV file of the same name) and the stream it becomes."""

    stream: str
    title: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def declared(self) -> Stream:
        fields = {column.name: DUCKDB_TYPES[column.kind] for column in self.columns}
        return Stream(name=self.stream, key="/".join(self.key), fields=fields | LINEAGE, snapshot=True)


SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "project",
        "Projects",
        ("project_key",),
        (
            Column("project_key", "key", required=True),
            Column("project_name"),
            Column("programme"),
            Column("phase", choices=("initiation", "planning", "active", "on_hold", "closing", "closed")),
            Column("sponsor_name"),
            Column("sponsor_email"),
            Column("owner_name"),
            Column("owner_email"),
            Column("objective_key", "key"),
            Column("claimed_rag", choices=("green", "amber", "red")),
            Column("status_text"),
            Column("status_updated_on", "date"),
            Column("promised_on", "date"),
            Column("governance_mode", choices=("supportive", "controlling", "directive")),
        ),
    ),
    Sheet(
        "objective",
        "Objectives",
        ("objective_key",),
        (
            Column("objective_key", "key", required=True),
            Column("objective_name", required=True),
            Column("owner_name"),
            Column("owner_email"),
            Column("target_on", "date"),
            Column("weight", "weight"),
        ),
    ),
    Sheet(
        "baseline",
        "Baselines",
        ("project_key", "version"),
        (
            Column("project_key", "key", required=True),
            Column("version", "integer", required=True),
            Column("start_on", "date"),
            Column("finish_on", "date", required=True),
            Column("approved_on", "date"),
            Column("approved_by"),
            Column("reason"),
        ),
    ),
    Sheet(
        "budget_line",
        "Budget",
        ("project_key", "category", "period_on"),
        (
            Column("project_key", "key", required=True),
            Column("category", required=True),
            Column("period_on", "date", required=True),
            Column("planned_amount", "amount", required=True),
            Column("actual_amount", "amount"),
            Column("currency_code", "currency", required=True),
        ),
    ),
    Sheet(
        "risk",
        "Risks",
        ("risk_key",),
        (
            Column("risk_key", "key", required=True),
            Column("project_key", "key", required=True),
            Column("title", required=True),
            Column("category"),
            Column("probability", "ratio"),
            Column("impact_amount", "amount"),
            Column("impact_days", "integer"),
            Column("currency_code", "currency"),
            Column("owner_name"),
            Column("owner_email"),
            Column("response"),
            Column("status", choices=("open", "closed")),
            Column("raised_on", "date"),
            Column("reviewed_on", "date"),
            Column("due_on", "date"),
        ),
    ),
    # what a status means, from a day on; * stands for every project or type, and the most specific row wins
    Sheet(
        "status_mapping",
        "Statuses",
        ("project_key", "issue_type", "status", "valid_from"),
        (
            Column("project_key", "key", required=True),
            Column("issue_type", required=True),
            Column("status", required=True),
            Column("valid_from", "date", required=True),
            Column("status_category", required=True, choices=("to_do", "in_progress", "done")),
            Column("work_state", choices=("active", "waiting", "blocked")),
        ),
    ),
)

STREAMS: tuple[Stream, ...] = tuple(sheet.declared for sheet in SHEETS)
