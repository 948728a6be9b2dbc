"""Evaluates the rules of one table with Great Expectations and says, per rule and project, what is not met.

The only module that imports great_expectations, and only when it has something to evaluate: the import takes
3 to 6 s. The pandas route is the fast one (STACK); the caller passes only the columns the rules read.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

import pandas as pd

from expectations.catalog import FORMS, Rule
from expectations.where import Mask, Moment

KEYS_KEPT = 20
APPLIES = "__applies_"  # + rule id: the rows a rule speaks about
RESULT_FORMAT = {
    "result_format": "COMPLETE",
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
    "partial_unexpected_count": 0,
}


@dataclass(frozen=True)
class Result:
    """What one rule found in one project (None: rows of no project, or the table as a whole).

    With `error` the rule could not be evaluated: a defect of the table, not a finding on anybody's data.
    """

    rule: Rule
    project_id: str | None
    evaluated_count: int
    failing_count: int
    failing_keys: tuple[str, ...]
    is_met: bool
    error: str | None = None


def evaluate(
    rules: Sequence[Rule], frame: pd.DataFrame, as_of: datetime, effective_on: Mapping[str, date] | None = None
) -> list[Result]:
    """Results of all `rules` of one table. `effective_on` gives projects whose facts end before `as_of`."""
    usable, results = [], []
    for rule in rules:
        missing = sorted(rule.reads - set(frame.columns))
        if missing:
            lacking = f"{rule.table} has no column {', '.join(missing)}"
            results.append(_broken(rule, lacking if len(frame.columns) else f"there is no table {rule.table}"))
        else:
            usable.append(rule)
    table = _Table(frame.reset_index(drop=True), as_of, effective_on or {})
    prepared = [rule for rule in usable if not _prepare(table, rule, results)]
    outcomes = _validate(prepared, table.frame) if prepared and len(frame) else {}
    for rule in prepared:
        failing, error = outcomes.get(rule.id, ([], None))
        results += [_broken(rule, error)] if error else table.results(rule, failing)
    order = {rule.id: number for number, rule in enumerate(rules)}
    return sorted(results, key=lambda result: (order[result.rule.id], result.project_id or ""))


def _broken(rule: Rule, error: str) -> Result:
    return Result(rule, None, 0, 0, (), is_met=False, error=error)


def _prepare(table: _Table, rule: Rule, results: list[Result]) -> bool:
    """Add the helper columns of a rule; a condition that does not suit the data is an error of the rule."""
    try:
        table.prepare(rule)
    except (TypeError, ValueError, AttributeError) as error:
        results.append(_broken(rule, f"its condition does not suit the columns of {rule.table}: {error}"))
        return True
    return False


class _Table:
    """The rows under evaluation, with helper columns for conditions and ages."""

    def __init__(self, frame: pd.DataFrame, as_of: datetime, effective_on: Mapping[str, date]) -> None:
        self.frame = frame
        moment = pd.Timestamp(as_of)
        self.as_of = moment.tz_convert("UTC").tz_localize(None) if moment.tzinfo else moment
        self.effective_on = effective_on

    def now(self, rule: Rule) -> Moment:
        """The present of each row: `as_of`, or the end of the last day its project's source told us about."""
        if not rule.project or not self.effective_on:
            return self.as_of
        ends = {
            key: pd.Timestamp(day) + pd.Timedelta(days=1, microseconds=-1) for key, day in self.effective_on.items()
        }
        known: pd.Series[pd.Timestamp] = pd.to_datetime(self.frame[rule.project].map(ends))
        return known.where(known < self.as_of, self.as_of)  # also where no such day is known

    def prepare(self, rule: Rule) -> None:
        everything: Mask = pd.Series(data=True, index=self.frame.index)
        mask = rule.where.mask(self.frame, self.now(rule)) if rule.where else everything
        self.frame[APPLIES + rule.id] = mask
        columns = judged_columns(rule)
        if rule.max_age_days is not None or rule.max_days_ahead is not None:
            day = pd.to_datetime(self.frame[rule.columns[0]])
            now = pd.Series(self.now(rule), index=self.frame.index)
            self.frame[columns[0]] = (now.dt.normalize() - day.dt.normalize()).dt.days.astype("float64")
        elif rule.grace_days:
            first = pd.to_datetime(self.frame[rule.columns[0]])
            self.frame[columns[0]] = first + pd.Timedelta(days=rule.grace_days)

    def results(self, rule: Rule, failing: list[int]) -> Iterator[Result]:
        """One result per project with rows under this rule; one of zero rows if there is none."""
        judged = self.frame[APPLIES + rule.id]
        if not FORMS[rule.expect].counts_empty:
            judged = judged & self.frame[list(judged_columns(rule))].notna().all(axis=1)
        owner = self.frame[rule.project] if rule.project else pd.Series(None, index=self.frame.index, dtype=object)
        evaluated = owner[judged].value_counts(dropna=False)
        rows = pd.DataFrame({"project": owner.loc[failing], "key": self.frame.loc[failing, rule.key].astype(str)})
        found = {_name(project): group["key"] for project, group in rows.groupby("project", dropna=False)}
        for project, count in evaluated.items():
            keys = found.get(_name(project), pd.Series([], dtype=str))
            listed = tuple(sorted(keys)[:KEYS_KEPT])
            yield Result(rule, _name(project), int(count), len(keys), listed, is_met=keys.empty)
        if evaluated.empty:
            yield Result(rule, None, 0, 0, (), is_met=True)


def _name(project: object) -> str | None:
    return None if pd.isna(project) else str(project)  # type: ignore[call-overload]


def judged_columns(rule: Rule) -> tuple[str, ...]:
    """The columns that are compared: the rule's own, or those derived for a relative rule."""
    first, *others = rule.columns
    if rule.max_age_days is not None or rule.max_days_ahead is not None:
        return (f"{first}__age_days",)
    if rule.grace_days:
        return (f"{first}__plus_{rule.grace_days}_days", *others)
    return rule.columns


def arguments(rule: Rule) -> dict[str, Any]:
    """The expectation's own arguments, as Great Expectations names them."""
    names = ("column",) if len(rule.columns) == 1 else ("column_A", "column_B")
    given = dict(zip(names, judged_columns(rule), strict=True)) | dict(rule.kwargs)
    if len(names) == 2:
        given["ignore_row_if"] = "either_value_is_missing"
    if rule.max_age_days is not None:
        given["max_value"] = rule.max_age_days
    if rule.max_days_ahead is not None:
        given["min_value"] = -rule.max_days_ahead
    return given


@cache
def _context() -> Any:
    """An in-memory context without telemetry and without progress bars of its own."""
    with warnings.catch_warnings():  # importing it trips over deprecated modules of its own dependencies
        warnings.simplefilter("ignore")
        import great_expectations as gx
        from great_expectations.data_context.types import base

    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    config = base.DataContextConfig(
        analytics_enabled=False,
        progress_bars=base.ProgressBarsConfig(globally=False, metric_calculations=False),
        store_backend_defaults=base.InMemoryStoreBackendDefaults(),
    )
    return gx.get_context(project_config=config, mode="ephemeral")


def _validate(rules: Sequence[Rule], frame: pd.DataFrame) -> dict[str, tuple[list[int], str | None]]:
    """Failing row positions, or an error, by rule id: one suite for the whole table."""
    source = _context().data_sources.add_or_update_pandas(name="slipstream")
    import great_expectations as gx
    from great_expectations.expectations.registry import get_expectation_impl
    from great_expectations.expectations.row_conditions import Column

    suite = gx.ExpectationSuite(name=rules[0].table)
    for rule in rules:
        expectation: Any = get_expectation_impl(rule.expect)
        applies = {"row_condition": Column(APPLIES + rule.id) == True} if rule.where else {}  # noqa: E712 - builds a condition
        suite.add_expectation(expectation(**arguments(rule), **applies, severity=rule.severity, meta={"rule": rule.id}))
    definition = source.add_dataframe_asset(name=rules[0].table).add_batch_definition_whole_dataframe("rows")
    batch = definition.get_batch(batch_parameters={"dataframe": frame})
    report = batch.validate(suite, result_format=RESULT_FORMAT)
    return {item.expectation_config.meta["rule"]: _outcome(item) for item in report.results}


def _outcome(item: Any) -> tuple[list[int], str | None]:
    raised = item.exception_info or {}
    details = [raised] if "raised_exception" in raised else list(raised.values())
    for detail in details:
        if detail.get("raised_exception"):
            return [], str(detail.get("exception_message"))
    failing = item.result.get("unexpected_index_list") or []
    if not item.success and not failing:
        return [], "Great Expectations reports a failure without rows"
    return list(failing), None
