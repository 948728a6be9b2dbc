"""The dbt project itself: its unit tests, and the promises every model makes."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.jira.streams import STREAMS as JIRA
from connectors.registers.streams import STREAMS as REGISTERS
from connectors.source import Stream
from pipelines.resources.dbt import PROJECT_DIR, Dbt
from tests.fixtures.jira_history import LittleIssue, dimensions
from tests.fixtures.landing import SmallLanding
from tests.fixtures.warehouse import DATABASE, parsed_target


@pytest.fixture(scope="module")
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """All layers over a landing with one issue, and nothing else landed."""
    home = tmp_path_factory.mktemp("project")
    landing = SmallLanding(home / "landing", home / DATABASE)
    created = datetime(2026, 1, 5, 9)  # noqa: DTZ001 (warehouse times are UTC without zone)
    landing.sync("acme", created, *dimensions(), LittleIssue(1, created).record())
    dbt = Dbt(PROJECT_DIR, parsed_target(request.config, home), landing.database)
    dbt.build(["*"], {"as_of": "2026-01-06 00:00:00"}, run_tests=False).raise_if_failed()
    return dbt


@pytest.fixture(scope="module")
def manifest(built: Dbt) -> dict[str, Any]:
    return dict(json.loads(built.manifest_path().read_bytes()))


@pytest.mark.slow
def test_every_rule_that_computes_gives_the_worked_example(built: Dbt) -> None:
    result = built.test_units()
    result.raise_if_failed()
    assert len(result.nodes) >= 13


def test_a_fresh_portfolio_of_one_issue_fills_every_layer(built: Dbt) -> None:
    with duckdb.connect(str(built.warehouse_path), read_only=True) as db:
        assert db.execute("select issue_key, status_category from marts.dim_issue").fetchall() == [("APP-1", "to_do")]
        assert db.execute("select count(*) from marts.fct_project_snapshot").fetchone() == (1,)
        assert db.execute("select predicted_rag from reporting.rpt_portfolio_health").fetchall() == [("unknown",)]


@pytest.mark.parametrize(("source_type", "streams"), [("jira", JIRA), ("registers", REGISTERS)])
def test_staging_reads_what_the_connector_declares(
    source_type: str, streams: tuple[Stream, ...], manifest: dict[str, Any]
) -> None:
    declared = {
        source["name"]: source["config"]["meta"]["structure"]
        for source in manifest["sources"].values()
        if source["source_name"] == source_type
    }
    assert declared == {stream.name: dict(stream.fields) for stream in streams}


def test_marts_and_reporting_keep_contracts_with_every_column_described(manifest: dict[str, Any]) -> None:
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    assert len(models) > 40
    for node in models:
        missing = [name for name, column in node["columns"].items() if not column["description"]]
        assert node["description"], node["name"]
        assert not missing, (node["name"], missing)
        is_kept = node["schema"] in ("marts", "reporting") and node["name"] != "issue_wide"  # its columns come and go
        assert node["config"]["contract"]["enforced"] is is_kept, node["name"]


def test_every_model_has_a_key_test(manifest: dict[str, Any]) -> None:
    nodes = manifest["nodes"].values()
    keyed = {n["attached_node"] for n in nodes if n["resource_type"] == "test" and n["test_metadata"]["name"] == "key"}
    assert {n["unique_id"] for n in nodes if n["resource_type"] == "model"} <= keyed


def test_no_model_asks_the_clock() -> None:
    words = ("current_timestamp", "current_date", "now()", "today()", "get_current_time")
    for path in sorted(Path(PROJECT_DIR).rglob("*.sql")):
        assert not [word for word in words if word in path.read_text().lower()], path


def test_only_the_macros_of_time_portfolio_and_governance_know_a_variable() -> None:
    """By its macros a build tells which tables depend on the moment, and it looks at governance always: `layers`.

    What a portfolio sets (`portfolio.sql`) rebuilds all tables when it changes; whether contracts are compared again
    (`materializations.sql`) changes none.
    """
    asks = re.compile(r"\bvar\s*\(")
    knowing = {path.name for path in Path(PROJECT_DIR).rglob("*.sql") if asks.search(path.read_text())}
    assert knowing == {"time.sql", "portfolio.sql", "materializations.sql", "int_governance__project_trust.sql"}


@pytest.mark.parametrize(("macro", "seen"), [("recorded", ["early", "told late"]), ("known", ["early"])])
def test_the_past_is_what_was_recorded_or_what_we_knew(macro: str, seen: list[str], built: Dbt) -> None:
    """Backtests see what the source had written down by then; audits only what had reached us."""
    facts = (
        "(select * from (values ('early', timestamp '2026-01-01', timestamp '2026-01-01'), "
        "('told late', timestamp '2026-01-01', timestamp '2026-03-01'), "
        "('new', timestamp '2026-03-01', timestamp '2026-03-01')) as t(name, recorded_at, known_from))"
    )
    inline = f'select name from {{{{ {macro}("{facts}") }}}} order by name'  # noqa: S608
    outcome = built._invoke(
        ["compile", "--inline", inline, "--no-write-json"],
        {"as_of": "2026-02-01 00:00:00"},
        built.target_dir,
        built._manifest(),
        (),
    )
    with duckdb.connect() as db:
        rows = db.execute(outcome.result.results[0].node.compiled_code).fetchall()
    assert [row[0] for row in rows] == seen
