"""What a register holds: its sheets, their columns and types, and the streams they become.

The authority on register columns: dbt's source declares the same structure and a seam test compares the two.
"""

from __future__ import annotations

from connectors.registers.governing import GOVERNING_SHEETS
from connectors.registers.resourcing import RESOURCING_SHEETS
from connectors.registers.scheduling import SCHEDULING_SHEETS
from connectors.registers.sheet import Column, Sheet
from connectors.source import Stream

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
    *RESOURCING_SHEETS,
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
    *SCHEDULING_SHEETS,
    *GOVERNING_SHEETS,
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
