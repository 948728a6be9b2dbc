"""The gate judges the real tables, records every result, and only a broken table stops the line."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from connectors.errors import ConfigurationError
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings, load
from pipelines.stages.gate import GateReport, latest_results, run_gate

pytestmark = pytest.mark.xdist_group("great_expectations")
AS_OF = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES = """\
table: marts.dim_project
gate: input
owner: team:pmo
key: project_key
rules:
  - id: active_project_has_sponsor
    expect: expect_column_values_to_not_be_null
    column: sponsor_name
    where: phase = 'active'
    severity: critical
    family: completeness
    why: Nobody decides.
    fix: Name a sponsor.
  - id: status_is_fresh
    expect: expect_column_values_to_be_between
    column: status_updated_on
    max_age_days: 14
    severity: warning
    family: timeliness
    why: It is old.
    fix: Update it.
"""
RISKS = """\
table: marts.fct_risk
gate: input
owner: team:risk
key: risk_key
rules:
  - id: risk_has_response
    expect: expect_column_values_to_not_be_null
    column: response
    severity: warning
    family: completeness
    why: It is only a worry.
    fix: Respond.
"""


class Site:
    """A warehouse with three projects, an empty ledger, and rules."""

    def __init__(self, root: Path) -> None:
        self.settings: Settings = replace(load({}), home=root)
        self.ledger = Ledger(self.settings.ledger_dir)
        self.warehouse = Warehouse(self.settings.warehouse_path)
        self.rules = root / "rules"
        self.rules.mkdir()
        (self.rules / "dim_project.yml").write_text(RULES, encoding="utf-8")
        self.settings.warehouse_path.parent.mkdir()
        self.execute("create schema marts")
        self.execute("""
            create table marts.dim_project as select * from (values
                ('j:1', 'ALPHA', 'active', 'Ana', 'Ana@Example.org ', date '2026-03-01', date '2026-03-02'),
                ('j:2', 'BETA', 'active', null, 'ben@example.org', date '2026-01-01', date '2026-03-02'),
                ('j:3', 'GAMMA', 'closed', null, null, date '2015-06-01', date '2015-06-10'))
            as t(project_id, project_key, phase, sponsor_name, owner_email, status_updated_on, effective_on)""")

    def execute(self, sql: str) -> None:
        with self.warehouse.write("test") as connection:
            connection.execute(sql)

    def run(self, run_id: str = "run-1", **more: Any) -> GateReport:
        now = more.pop("now", AS_OF)
        return run_gate(
            self.warehouse, self.ledger, self.settings, AS_OF, run_id, now=now, rules_folder=self.rules, **more
        )

    def recorded(self) -> list[dict[str, Any]]:
        return [row for path in self.ledger.files("expectation_result") for row in pq.read_table(path).to_pylist()]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_every_judged_project_gets_a_row_and_findings_go_to_its_owner(site: Site) -> None:
    said: list[str] = []
    report = site.run(progress=said.append)
    assert [(row.rule_id, row.project_id, row.is_met, row.owner) for row in report.results] == [
        ("active_project_has_sponsor", "j:1", True, "ana@example.org"),
        ("active_project_has_sponsor", "j:2", False, "ben@example.org"),
        ("status_is_fresh", "j:1", True, "ana@example.org"),
        ("status_is_fresh", "j:2", False, "ben@example.org"),
        ("status_is_fresh", "j:3", True, "team:pmo"),  # fresh as of the last day its source told us about
    ]
    assert report.blocking_errors == ()
    assert (len(report.findings), report.count("critical"), report.count("warning")) == (2, 1, 1)
    assert said[-1] == "The input gate found 2 findings, 1 of them critical"


def test_results_are_recorded_with_all_columns_of_the_ledger(site: Site) -> None:
    site.run(now=AS_OF + timedelta(minutes=5))
    rows = {row["result_id"]: row for row in site.recorded()}
    assert len(rows) == 5
    row = rows["run-1/input/active_project_has_sponsor/j:2"]
    assert json.loads(row.pop("failing_keys")) == ["BETA"]
    assert row == {
        "result_id": "run-1/input/active_project_has_sponsor/j:2",
        "run_id": "run-1",
        "gate": "input",
        "rule_id": "active_project_has_sponsor",
        "table_name": "marts.dim_project",
        "family": "completeness",
        "severity": "critical",
        "project_id": "j:2",
        "owner": "ben@example.org",
        "is_met": False,
        "evaluated_count": 1,
        "failing_count": 1,
        "why": "Nobody decides.",
        "fix": "Name a sponsor.",
        "as_of_at": datetime(2026, 3, 2, 9),  # noqa: DTZ001 - the warehouse keeps UTC without a zone
        "recorded_at": datetime(2026, 3, 2, 9, 5),  # noqa: DTZ001
        "known_from": datetime(2026, 3, 2, 9, 5),  # noqa: DTZ001
    }


def test_missing_column_and_missing_table_block_and_the_other_rules_are_judged(site: Site) -> None:
    (site.rules / "fct_risk.yml").write_text(RISKS, encoding="utf-8")
    site.execute("alter table marts.dim_project drop column sponsor_name")
    report = site.run()
    assert report.blocking_errors == (
        "active_project_has_sponsor: marts.dim_project has no column sponsor_name.",
        "risk_has_response: there is no table marts.fct_risk.",
    )
    assert {finding.rule_id for finding in report.findings} == {"status_is_fresh"}
    (row,) = [row for row in site.recorded() if row["rule_id"] == "risk_has_response"]
    assert (row["is_met"], row["project_id"], row["severity"], row["owner"]) == (False, None, "critical", "team:risk")
    assert "could not be evaluated" in row["why"]


def test_gate_judges_only_its_own_rules_and_the_last_run_of_each_gate_holds(site: Site) -> None:
    site.run("run-1")
    output = RULES.replace("gate: input", "gate: output").replace("- id: ", "- id: late_")
    (site.rules / "output.yml").write_text(output, encoding="utf-8")
    site.execute("update marts.dim_project set sponsor_name = 'Bo'")
    site.run("run-2", now=AS_OF + timedelta(days=1))
    report = site.run("run-2", gate="output", now=AS_OF + timedelta(days=1))
    assert {row.rule_id for row in report.results} == {"late_active_project_has_sponsor", "late_status_is_fresh"}
    latest = list(latest_results(site.ledger))
    assert {(row["run_id"], row["gate"]) for row in latest} == {("run-2", "input"), ("run-2", "output")}
    assert [row["rule_id"] for row in latest if not row["is_met"]] == ["status_is_fresh", "late_status_is_fresh"]


def test_wrong_rule_is_a_configuration_error_with_its_remedy(site: Site) -> None:
    (site.rules / "dim_project.yml").write_text(RULES.replace("critical", "deadly"), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"dim_project\.yml, line 6") as error:
        site.run()
    assert "critical" in error.value.remedy


def test_the_rules_are_set_down_once_and_again_when_one_has_changed(site: Site) -> None:
    site.run("run-1")
    site.run("run-2", now=AS_OF + timedelta(hours=1))
    (first,) = site.ledger.files("rule")
    rows = pq.read_table(first).to_pylist()
    assert [(row["rule_id"], row["severity"], row["condition"]) for row in rows] == [
        ("active_project_has_sponsor", "critical", "phase = 'active'"),
        ("status_is_fresh", "warning", None),
    ]
    assert json.loads(rows[1]["arguments"]) == {"max_age_days": 14}
    path = site.rules / "dim_project.yml"
    path.write_text(RULES.replace("severity: critical", "severity: info"), encoding="utf-8")
    site.run("run-3", now=AS_OF + timedelta(hours=2))
    path.write_text(RULES, encoding="utf-8")
    site.run("run-4", now=AS_OF + timedelta(hours=3))
    said = [pq.read_table(file).to_pylist()[0] for file in site.ledger.files("rule")]
    assert [row["severity"] for row in said] == ["critical", "info", "critical"]
    assert said[0]["edition"] == said[2]["edition"]
