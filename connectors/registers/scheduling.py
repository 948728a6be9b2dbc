"""The sheets that say how projects hang together and when their parts are due: levels, goals, milestones, tasks."""

from __future__ import annotations

from connectors.registers.sheet import Column, Sheet

SCHEDULING_SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "portfolio",
        "Portfolio",
        ("node_key",),
        (
            Column("node_key", "key", required=True),
            Column("node_name", required=True),
            Column("level", choices=("portfolio", "programme", "workstream")),
            Column("parent_key", "key"),
            Column("owner_name"),
            Column("owner_email"),
        ),
    ),
    Sheet(
        "project_objective",
        "Alignment",
        ("project_key", "objective_key"),
        (
            Column("project_key", "key", required=True),
            Column("objective_key", "key", required=True),
            Column("weight", "ratio", required=True),
            Column("rationale"),
        ),
    ),
    Sheet(
        "milestone",
        "Milestones",
        ("milestone_key",),
        (
            Column("milestone_key", "key", required=True),
            Column("project_key", "key", required=True),
            Column("milestone_name", required=True),
            Column("baseline_on", "date"),
            Column("forecast_on", "date"),
            Column("actual_on", "date"),
            Column("owner_name"),
            Column("owner_email"),
        ),
    ),
    Sheet(
        "task",
        "Tasks",
        ("task_key",),
        (
            Column("task_key", "key", required=True),
            Column("project_key", "key", required=True),
            Column("task_name", required=True),
            Column("planned_start_on", "date"),
            Column("planned_finish_on", "date"),
            Column("baseline_start_on", "date"),
            Column("baseline_finish_on", "date"),
            Column("actual_start_on", "date"),
            Column("actual_finish_on", "date"),
            Column("duration_days", "integer"),
            Column("percent_complete", "ratio"),
            Column("predecessors"),
            Column("owner_name"),
            Column("owner_email"),
        ),
    ),
)
