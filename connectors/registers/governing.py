"""The sheets that say how the portfolio is governed: decisions, benefits, waivers of rules, the PMO's own charter."""

from __future__ import annotations

from connectors.registers.sheet import Column, Sheet

GOVERNING_SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "decision",
        "Decisions",
        ("decision_key",),
        (
            Column("decision_key", "key", required=True),
            Column("project_key", "key"),
            Column("title", required=True),
            Column("status", choices=("proposed", "approved", "rejected", "deferred")),
            Column("owner_name"),
            Column("owner_email"),
            Column("raised_on", "date"),
            Column("due_on", "date"),
            Column("decided_on", "date"),
            Column("decided_by"),
            Column("impact_amount", "amount"),
            Column("currency_code", "currency"),
            Column("outcome"),
        ),
    ),
    Sheet(
        "benefit",
        "Benefits",
        ("benefit_key",),
        (
            Column("benefit_key", "key", required=True),
            Column("project_key", "key", required=True),
            Column("benefit_name", required=True),
            Column("category"),
            Column("status", choices=("planned", "on_track", "at_risk", "realised", "missed")),
            Column("owner_name"),
            Column("owner_email"),
            Column("planned_on", "date"),
            Column("realised_on", "date"),
            Column("planned_amount", "amount"),
            Column("realised_amount", "amount"),
            Column("currency_code", "currency"),
            Column("outcome"),
        ),
    ),
    Sheet(
        "waiver",
        "Waivers",
        ("waiver_key",),
        (
            Column("waiver_key", "key", required=True),
            Column("rule_id", required=True),
            Column("project_key", "key", required=True),
            Column("reason", required=True),
            Column("approved_by", required=True),
            Column("approved_on", "date"),
            Column("expires_on", "date", required=True),
        ),
    ),
    Sheet(
        "pmo_charter",
        "Charter",
        ("item_key",),
        (
            Column("item_key", "key", required=True),
            Column("item_type", required=True, choices=("purpose", "success_criterion", "quick_win")),
            Column("item_name", required=True),
            Column("owner_name"),
            Column("owner_email"),
            Column("target"),
            Column("result"),
            Column("due_on", "date"),
            Column("achieved_on", "date"),
        ),
    ),
)
