"""Great Expectations judges the rows; findings come back per rule and project with their keys.

All tests that import great_expectations stand in this file and in test_gate.py: the import takes seconds.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pytest

from expectations import catalog
from expectations.catalog import FORMS, Rule
from expectations.runner import Result, evaluate
from expectations.where import parse

pytestmark = pytest.mark.xdist_group("great_expectations")
AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
FRAME = pd.DataFrame(
    {
        "project_id": ["j:1", "j:1", "j:2", "j:2", None],
        "issue_key": ["A-1", "A-2", "B-1", "B-2", "X-1"],
        "phase": ["active", "active", "active", "closed", "active"],
        "sponsor": ["ana", None, None, None, None],
        "points": [1.0, -2.0, None, 3.0, 5.0],
        "updated_on": pd.to_datetime(["2026-03-01", "2026-02-16", "2026-02-15", None, "2026-03-03"]),
        "created_at": pd.to_datetime(
            ["2026-03-02 08:00", "2026-02-16 08:00", "2026-02-15 08:00", "2026-01-01 08:00", "2026-01-01 08:00"]
        ),
        "is_ready": pd.array([True, False, None, True, True], dtype="boolean"),
    }
)


def rule(expect: str, *columns: str, where: str = "", **more: Any) -> Rule:
    return Rule(
        id=more.pop("id", "r"),
        table="marts.t",
        gate="input",
        expect=expect,
        columns=columns,
        severity="warning",
        family="flow",
        why="w",
        fix="f",
        owner="team:pmo",
        key="issue_key",
        where=parse(where) if where else None,
        **more,
    )


def told(results: list[Result]) -> dict[str | None, tuple[int, int, tuple[str, ...]]]:
    assert [result.error for result in results] == [None] * len(results)
    assert all(result.is_met is (result.failing_count == 0) for result in results)
    return {
        result.project_id: (result.evaluated_count, result.failing_count, result.failing_keys) for result in results
    }


@pytest.mark.parametrize(
    ("judged", "findings"),
    [
        (
            rule("expect_column_values_to_not_be_null", "sponsor", where="phase = 'active'"),
            {"j:1": (2, 1, ("A-2",)), "j:2": (1, 1, ("B-1",)), None: (1, 1, ("X-1",))},
        ),
        (
            rule("expect_column_values_to_be_between", "points", kwargs={"min_value": 0}),
            {"j:1": (2, 1, ("A-2",)), "j:2": (1, 0, ()), None: (1, 0, ())},
        ),
        (
            rule("expect_column_values_to_be_between", "updated_on", max_age_days=14),
            {"j:1": (2, 0, ()), "j:2": (1, 1, ("B-1",)), None: (1, 0, ())},
        ),
        (
            rule("expect_column_values_to_be_between", "updated_on", max_days_ahead=0, where="project_id is null"),
            {None: (1, 1, ("X-1",))},
        ),
        (
            rule(
                "expect_column_pair_values_a_to_be_greater_than_b",
                *("updated_on", "created_at"),
                kwargs={"or_equal": True},
                grace_days=1,
            ),
            {"j:1": (2, 1, ("A-1",)), "j:2": (1, 0, ()), None: (1, 0, ())},
        ),
        (
            rule("expect_column_pair_values_a_to_be_greater_than_b", "updated_on", "created_at"),
            {"j:1": (2, 2, ("A-1", "A-2")), "j:2": (1, 1, ("B-1",)), None: (1, 0, ())},
        ),
        (
            rule("expect_column_values_to_be_in_set", "is_ready", kwargs={"value_set": [True]}),
            {"j:1": (2, 1, ("A-2",)), "j:2": (1, 0, ()), None: (1, 0, ())},
        ),
        (rule("expect_column_values_to_not_be_null", "sponsor", where="phase = 'none'"), {None: (0, 0, ())}),
    ],
)
def test_findings_are_told_per_project_with_their_keys(
    judged: Rule, findings: dict[str | None, tuple[int, int, tuple[str, ...]]]
) -> None:
    assert told(evaluate([judged], FRAME, AS_OF)) == findings


def test_age_counts_from_the_last_day_a_source_told_us_about() -> None:
    stale = rule("expect_column_values_to_be_between", "updated_on", max_age_days=14)
    results = told(evaluate([stale], FRAME, AS_OF, {"j:2": date(2026, 2, 20), "j:1": date(2030, 1, 1)}))
    assert results["j:2"] == (1, 0, ())
    assert results["j:1"] == (2, 0, ())


def test_missing_column_is_an_error_of_its_rule_and_the_others_are_judged() -> None:
    gone = rule("expect_column_values_to_not_be_null", "nowhere", id="gone")
    good = rule("expect_column_values_to_not_be_null", "sponsor", id="good")
    broken, *rest = evaluate([gone, good], FRAME, AS_OF)
    assert (broken.project_id, broken.is_met, broken.error) == (None, False, "marts.t has no column nowhere")
    assert {result.rule.id for result in rest} == {"good"}


def test_condition_or_argument_that_does_not_suit_the_data_is_an_error() -> None:
    odd = rule("expect_column_values_to_not_be_null", "sponsor", where="phase > 3", id="odd")
    text = rule("expect_column_values_to_be_between", "phase", kwargs={"min_value": 3}, id="text")
    first, second = evaluate([odd, text], FRAME, AS_OF)
    assert "does not suit" in (first.error or "")
    assert second.error


def test_table_without_rows_meets_every_rule() -> None:
    results = evaluate([rule("expect_column_values_to_not_be_null", "sponsor")], FRAME.head(0), AS_OF)
    assert told(results) == {None: (0, 0, ())}


def test_keys_are_capped_and_counted() -> None:
    many = pd.DataFrame({"project_id": "j:1", "issue_key": [f"A-{n:03}" for n in range(50)], "sponsor": None})
    (result,) = evaluate([rule("expect_column_values_to_not_be_null", "sponsor")], many, AS_OF)
    assert (result.failing_count, len(result.failing_keys), result.failing_keys[0]) == (50, 20, "A-000")


def test_every_expectation_of_the_catalogue_exists_with_its_arguments() -> None:
    from great_expectations.expectations.registry import get_expectation_impl

    for name, form in FORMS.items():
        fields = get_expectation_impl(name).__fields__
        assert {*form.needs, *form.takes, *(["column"] if form.columns == 1 else ["column_A", "column_B"])} <= set(
            fields
        )


def test_every_shipped_rule_can_be_evaluated() -> None:
    rules = catalog.load()
    for table, columns in catalog.columns_by_table(rules).items():
        own = [each for each in rules if each.table == table]
        results = evaluate(own, pd.DataFrame({name: _example(name) for name in columns}), AS_OF)
        assert [(result.rule.id, result.error) for result in results if result.error] == []


def _example(column: str) -> Any:
    if column.endswith(("_on", "_at")) or "finish_on_" in column:
        return pd.to_datetime(["2026-02-01", None])
    if column.startswith("is_"):
        return pd.array([True, None], dtype="boolean")
    numeric = column.endswith(("_amount", "_points", "_version")) or column.startswith("probability")
    return (
        pd.array([1.5, None], dtype="Float64").to_numpy(dtype="float64", na_value=float("nan"))
        if numeric
        else ["x", None]
    )
