"""The sheets that say what was spent, at which rate, and who works where, when and how much."""

from __future__ import annotations

from connectors.registers.sheet import Column, Sheet

RESOURCING_SHEETS: tuple[Sheet, ...] = (
    Sheet(
        "actual_cost",
        "Actual costs",
        ("cost_key",),
        (
            Column(
                "cost_key", "key", required=True
            ),  # the ledger's own number: the same booking is never counted twice
            Column("project_key", "key"),
            Column("cost_on", "date", required=True),
            Column("amount", "amount", required=True),
            Column("currency_code", "currency", required=True),
            Column("category", required=True),
        ),
    ),
    Sheet(
        "exchange_rate",
        "Exchange rates",
        ("from_currency_code", "to_currency_code", "rate_on"),
        (
            Column("from_currency_code", "currency", required=True),
            Column("to_currency_code", "currency", required=True),
            Column("rate_on", "date", required=True),
            Column("rate", "rate", required=True),
        ),
    ),
    Sheet(
        "calendar",
        "Calendar",
        ("calendar_key", "day_on"),
        (
            Column("calendar_key", "key", required=True),
            Column("day_on", "date", required=True),
            Column("working_share", "ratio"),  # empty: nobody works; 0.5: a half day; 1: a Saturday that is worked
            Column("day_name"),
        ),
    ),
    Sheet(
        "person",
        "People",
        ("person_key", "alias"),
        (
            Column("person_key", "key", required=True),
            Column("alias", required=True),  # an e-mail address, or an account as <site>:<account id>
            Column("person_name"),
        ),
    ),
    Sheet(
        "team",
        "Teams",
        ("team_key",),
        (
            Column("team_key", "key", required=True),
            Column("team_name"),
            Column("lead_email"),
            Column("calendar_key", "key"),
        ),
    ),
    Sheet(
        "team_member",
        "Team members",
        ("team_key", "person_email", "starts_on"),
        (
            Column("team_key", "key", required=True),
            Column("person_email", required=True),
            Column("starts_on", "date", required=True),
            Column("ends_on", "date"),
        ),
    ),
    Sheet(
        "capacity",
        "Capacity",
        ("who", "kind", "starts_on"),
        (
            Column("who", required=True),  # an e-mail address, or the key of a team whose people have no names here
            Column("kind", required=True, choices=("available", "absent")),
            Column("starts_on", "date", required=True),
            Column("ends_on", "date"),
            Column("hours_per_day", "weight"),
            Column("allocation", "ratio"),
            Column("reason"),
        ),
    ),
    Sheet(
        "assignment",
        "Assignments",
        ("person_email", "project_key", "starts_on"),
        (
            Column("person_email", required=True),
            Column("project_key", "key", required=True),
            Column("starts_on", "date", required=True),
            Column("ends_on", "date"),
            Column("share", "ratio", required=True),
            Column("role"),
        ),
    ),
)
