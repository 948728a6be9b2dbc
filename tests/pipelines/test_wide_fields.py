"""The columns of issue_wide: named after the field, one for fields that never meet, told apart where two can."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from pipelines.resources.dbt import PROJECT_DIR

Field = tuple[str, str, str | None]
"""Key (site and id), name, and the project that alone has it."""
OWN = ["issue_id", "issue_key"]


def columns(fields: list[Field], values: list[tuple[str, Any]]) -> dict[str, tuple[str, set[str]]]:
    """Column name → (kind, the fields in it), as the macro finds them in these tables; a value's type is its kind."""
    asked: list[str] = []
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])  # noqa: S701 - SQL, not a page
    environment.globals |= {"execute": True, "load_relation": lambda _: True}
    environment.globals |= {
        "run_query": lambda query: asked.append(query) or jinja2.Undefined(),
        "return": lambda _: "",
    }
    text = (Path(PROJECT_DIR) / "macros" / "fields.sql").read_text(encoding="utf-8").replace(").rows", ")")
    macros: Any = environment.from_string(text).module
    macros.wide_columns("value", "field", OWN)
    with duckdb.connect() as db:
        db.execute("create table field (field_key text, site_id text, field_id text, field_name text, project_id text)")
        rows = [(key, *key.split(":"), name, project) for key, name, project in fields]
        db.executemany("insert into field values (?, ?, ?, ?, ?)", rows)
        db.execute(
            "create table value (field_key text, field_id text, text_value text, number_value decimal(38, 9), "
            "value_at timestamp, quarantine_reason text)"
        )
        for key, value in values:
            kind = {"str": "text_value", "int": "number_value", "float": "number_value"}.get(type(value).__name__)
            kind = kind or ("quarantine_reason" if value is None else "value_at")
            said = "no date" if value is None else value if kind != "value_at" else str(value[0])
            insert = f"insert into value (field_key, field_id, {kind}) values (?, ?, ?)"  # noqa: S608
            db.execute(insert, [key, key.split(":")[1], said])
        found = db.execute(asked[0]).fetchall()
    return {name: (kind, set(keys.replace("'", "").split(", "))) for name, kind, keys in found}


@pytest.mark.parametrize(
    ("fields", "values", "expected"),
    [
        (
            [("a:customfield_1", "Größe (cm)", None), ("a:customfield_2", "Never used", None)],
            [("a:customfield_1", 3.5), ("a:customfield_1", 4)],
            {"große_cm": ("number", {"a:customfield_1"})},
        ),
        (
            [("a:customfield_1", "Severity", None), ("b:customfield_9", "severity", None)],
            [("a:customfield_1", "High"), ("b:customfield_9", "Low")],
            {"severity": ("text", {"a:customfield_1", "b:customfield_9"})},
        ),
        (
            [("a:customfield_1", "Size", None), ("b:customfield_9", "Size", None)],
            [("a:customfield_1", "XL"), ("b:customfield_9", 5)],
            {"size": ("text", {"a:customfield_1", "b:customfield_9"})},
        ),
        (
            [("a:customfield_1", "Value", None), ("a:customfield_2", "VALUE", None)],
            [("a:customfield_2", ("2026-01-01",))],
            {"value_2": ("moment", {"a:customfield_2"})},
        ),
        (
            [("a:customfield_1", "Size", "a:10"), ("a:customfield_2", "Size", "a:11"),
             ("a:customfield_3", "Size", None)],
            [("a:customfield_1", 1), ("a:customfield_2", 2), ("a:customfield_3", 3)],
            {
                "size": ("number", {"a:customfield_3"}),
                "size_of_project": ("number", {"a:customfield_1", "a:customfield_2"}),
            },
        ),
        (
            [("a:customfield_1", "Issue key", None), ("a:customfield_2", "?!", None)],
            [("a:customfield_1", "x"), ("a:customfield_2", "y"), ("a:unknown", "z")],
            {
                "issue_key_1": ("text", {"a:customfield_1"}),
                "2": ("text", {"a:customfield_2"}),
                "unknown": ("text", {"a:unknown"}),
            },
        ),
        ([("a:customfield_1", "Moment", None)], [("a:customfield_1", None)], {}),
        (
            [("a:customfield_7", "Go", None), ("a:customfield_8", "Go", None), ("a:customfield_9", "Go 8", None)],
            [("a:customfield_8", "x"), ("a:customfield_9", "y")],
            {
                "go_8_a_customfield_8": ("text", {"a:customfield_8"}),
                "go_8_a_customfield_9": ("text", {"a:customfield_9"}),
            },
        ),
    ],
    ids=["its name", "other sites", "other types", "twice", "of projects", "no name", "unread", "by accident"],
)  # fmt: skip
def test_a_column_is_named_after_its_field_and_told_apart_where_two_could_meet(
    fields: list[Field], values: list[tuple[str, Any]], expected: dict[str, tuple[str, set[str]]]
) -> None:
    assert columns(fields, values) == expected
