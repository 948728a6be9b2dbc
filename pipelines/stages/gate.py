"""A gate: judges the tables by the governance rules and records what it found, per rule and project.

Findings on a project are rows that travel on; only a defect of a whole table (`blocking_errors`) stops the line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from connectors.errors import ConfigurationError
from expectations import catalog
from expectations.catalog import Gate, Rule
from expectations.runner import Result, evaluate
from pipelines.clock import stamp, without_zone
from pipelines.crashpoints import crashpoint
from pipelines.resources.landing import Landing
from pipelines.resources.sql import identifier
from pipelines.resources.worker import Compute, here
from pipelines.stages.rulebook import record_rules

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from pipelines.resources.ledger import Ledger
    from pipelines.resources.warehouse import Warehouse
    from pipelines.settings import Settings

LEDGER_TABLE = "expectation_result"
PROJECTS = "marts.dim_project"


@dataclass(frozen=True)
class GateResult:
    """One rule in one project (None: rows of no project, or the table as a whole), as the ledger keeps it."""

    rule_id: str
    table_name: str
    family: str
    severity: str
    project_id: str | None
    owner: str
    is_met: bool
    evaluated_count: int
    failing_count: int
    failing_keys: tuple[str, ...]
    why: str
    fix: str


@dataclass(frozen=True)
class GateReport:
    """What one gate found in one run."""

    run_id: str
    gate: Gate
    results: tuple[GateResult, ...]
    blocking_errors: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[GateResult, ...]:
        """What somebody has to mend in a source system."""
        return tuple(result for result in self.results if not result.is_met and result.evaluated_count)

    def count(self, severity: str) -> int:
        return sum(1 for finding in self.findings if finding.severity == severity)


@dataclass(frozen=True)
class _Projects:
    """What the gate must know of projects: whom to tell, and the last day their source told us about."""

    owners: Mapping[str, str] = field(default_factory=dict)
    effective_on: Mapping[str, date] = field(default_factory=dict)


def run_gate(
    warehouse: Warehouse,
    ledger: Ledger,
    settings: Settings,
    as_of: datetime,
    run_id: str,
    gate: Gate = "input",
    progress: Callable[[str], None] | None = None,
    *,
    now: datetime | None = None,
    rules_folder: Path = catalog.RULES_FOLDER,
    compute: Compute = here,
) -> GateReport:
    """Judge every rule of the gate and append the results to the ledger.

    `now` is when this is said (default: the landing's clock, so that a virtual calendar stays one calendar).
    """
    tell = progress or (lambda _: None)
    catalogue = _load(rules_folder)
    rules = [rule for rule in catalogue if rule.gate == gate]
    tell(f"The {gate} gate reads {len({rule.table for rule in rules})} tables for {len(rules)} rules")
    frames, projects = _read(warehouse, rules)
    found: list[Result] = []
    for table in dict.fromkeys(rule.table for rule in rules):
        own = [rule for rule in rules if rule.table == table]
        found += compute(evaluate, own, frames[table], as_of, projects.effective_on)
        tell(f"The {gate} gate has judged {table} ({len(own)} rules, {len(frames[table]):,} rows)")
    report = GateReport(
        run_id,
        gate,
        tuple(_result(result, projects.owners) for result in found),
        tuple(f"{result.rule.id}: {result.error}." for result in found if result.error),
    )
    said_at = ledger.after_last(LEDGER_TABLE, now or Landing(settings.landing_dir).clock()())
    record_rules(ledger, catalogue, said_at)
    _record(ledger, report, as_of, said_at)
    crashpoint("line.judged")
    tell(f"The {gate} gate found {len(report.findings)} findings, {report.count('critical')} of them critical")
    return report


def _load(folder: Path) -> Sequence[Rule]:
    try:
        return catalog.load(folder)
    except catalog.CatalogError as error:
        raise ConfigurationError(error.message, error.remedy) from error


def _read(warehouse: Warehouse, rules: Sequence[Rule]) -> tuple[dict[str, pd.DataFrame], _Projects]:
    """Only what the rules read; the connection is closed before the slow part begins."""
    with warehouse.read("gate") as connection:
        columns = catalog.columns_by_table(rules)
        frames = {table: _frame(connection, table, needed) for table, needed in columns.items()}
        people = _frame(connection, PROJECTS, {"project_id", "owner_email", "effective_on"})
    return frames, _projects(people)


def _frame(connection: duckdb.DuckDBPyConnection, table: str, needed: set[str] | frozenset[str]) -> pd.DataFrame:
    """Those of the needed columns that the table has; the runner reports the others."""
    schema, _, name = table.partition(".")
    query = """select column_name from information_schema.columns
        where table_catalog = current_database() and table_schema = ? and table_name = ?"""
    there = {row[0] for row in connection.execute(query, [schema, name]).fetchall()}
    columns = sorted(needed & there)
    if not columns:
        return pd.DataFrame()
    listed = ", ".join(identifier(column) for column in columns)
    source = f"{identifier(schema)}.{identifier(name)}"
    frame: pd.DataFrame = connection.execute(f"select {listed} from {source}").df()  # noqa: S608 - quoted names
    return frame


def _projects(frame: pd.DataFrame) -> _Projects:
    if not {"project_id", "owner_email", "effective_on"} <= set(frame.columns):
        return _Projects()  # the rules on that table will say so
    owners, days = {}, {}
    for project, owner, day in zip(frame["project_id"], frame["owner_email"], frame["effective_on"], strict=True):
        if pd.notna(owner) and str(owner).strip():
            owners[project] = str(owner).strip().lower()
        if pd.notna(day):
            days[project] = day.date()
    return _Projects(owners, days)


def _result(result: Result, owners: Mapping[str, str]) -> GateResult:
    rule, why, fix, severity = result.rule, result.rule.why, result.rule.fix, result.rule.severity
    if result.error:  # the reader of the ledger must see that this is no finding on anybody's data
        why = f"The rule could not be evaluated: {result.error}."
        fix = f"Restore what the rule reads, or correct the rule {rule.id}."
        severity = "critical"
    return GateResult(
        rule_id=rule.id,
        table_name=rule.table,
        family=rule.family,
        severity=severity,
        project_id=result.project_id,
        owner=owners.get(result.project_id or "", rule.owner),
        is_met=result.is_met,
        evaluated_count=result.evaluated_count,
        failing_count=result.failing_count,
        failing_keys=result.failing_keys,
        why=why,
        fix=fix,
    )


def _record(ledger: Ledger, report: GateReport, as_of: datetime, now: datetime) -> None:
    said_at, as_of_at = without_zone(now), without_zone(as_of)
    rows = [
        {
            **asdict(result),
            "result_id": "/".join((report.run_id, report.gate, result.rule_id, result.project_id or "-")),
            "run_id": report.run_id,
            "gate": report.gate,
            "failing_keys": json.dumps(result.failing_keys, ensure_ascii=False),
            "as_of_at": as_of_at,
            "recorded_at": said_at,
            "known_from": said_at,
        }
        for result in report.results
    ]
    if rows:
        ledger.append(LEDGER_TABLE, rows, entry_id(now, report.gate, report.run_id))


def entry_id(now: datetime, gate: str, run_id: str) -> str:
    """Sorts by time, so that the last entry of a gate is what holds."""
    return f"{stamp(now if now.tzinfo else now.replace(tzinfo=UTC))}-{gate}-{run_id[:8]}"


def latest_results(ledger: Ledger) -> Iterator[dict[str, Any]]:
    """The rows of the last evaluation of each gate, as recorded."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    last = {}
    for name in ledger.store.names(LEDGER_TABLE):
        for gate in catalog.GATES:
            if f"-{gate}-" in name:
                last[gate] = name
    for name in last.values():
        content = pa.BufferReader(ledger.store.read(f"{LEDGER_TABLE}/{name}"))
        yield from pq.read_table(content).to_pylist()
