"""`slipstream verify rebuild`: equal where it is equal, and every row that is not is found and named."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import duckdb
import pytest
from click.testing import CliRunner

from pipelines.cli_verify import verify
from pipelines.defs.rebuild import check_name, proof_asset
from pipelines.line import Line
from pipelines.settings import Settings, child_environment
from pipelines.stages.build import builder, layers, project, proof
from tests.fixtures.jira_history import LittleIssue, restless
from tests.fixtures.small_line import NOW, land, landed
from tests.fixtures.warehouse import parsed_target

START = datetime(2026, 1, 5)  # noqa: DTZ001 (warehouse times are UTC without zone)


@pytest.fixture(scope="module")
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """Built once in full, and once more with what a second sync brought."""
    home = tmp_path_factory.mktemp("home")
    parsed_target(request.config, home)
    line = landed(home)
    builder.build_layer(line, "core").raise_if_failed()
    later = LittleIssue(2, NOW.replace(tzinfo=None) - timedelta(days=1))
    later.move(NOW.replace(tzinfo=None) + timedelta(hours=1), 1002, "2")
    land(line, [later.record()], NOW + timedelta(hours=2))
    return line


def environment(line: Line) -> dict[str, str]:
    config = line.settings
    return {"SLIPSTREAM_HOME": str(config.home), "SLIPSTREAM_TIMEZONE": config.reporting_timezone}


def forge(line: Line, summary: str) -> None:
    """Have an issue say something else than its source says."""
    with duckdb.connect(str(line.settings.warehouse_path)) as db:
        db.execute("update marts.dim_issue set summary = ? where issue_key = 'APP-2'", [summary])


@pytest.fixture
def told(line: Line) -> Iterator[str]:
    """What the source says; put right again afterwards."""
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        (summary,) = db.execute("select summary from marts.dim_issue where issue_key = 'APP-2'").fetchone() or ("",)
    yield summary
    forge(line, summary)


@pytest.mark.slow
def test_a_warehouse_equals_its_rebuild_whatever_lands_meanwhile_and_nothing_is_left_of_it(line: Line) -> None:
    def tell(text: str) -> None:
        if text.startswith("anew:") and not landed_late:
            landed_late.append(text)
            land(line, [LittleIssue(3, NOW.replace(tzinfo=None)).record()], NOW + timedelta(days=1))

    landed_late: list[str] = []
    report = proof.verify_rebuild(replace(line, tell=tell))
    compared = {table.table: table.rows for table in report.tables}
    assert compared["marts.dim_issue"] == 2, "what lands while it compares is left to the next build"
    assert compared["marts.fct_issue_status_interval"] == 4, "what the second sync brought is compared too"
    assert compared["staging.stg_jira__issue"] == 3
    assert landed_late
    assert report.differing == ()
    assert "0 rows differ" in report.summary()
    assert not (line.settings.home / "rebuilt").exists()


@pytest.mark.slow
def test_a_row_that_a_rebuild_would_not_give_is_counted_and_named(line: Line, told: str) -> None:
    forge(line, "forged")
    done = CliRunner().invoke(verify, ["rebuild"], env=environment(line))
    assert done.exit_code == 1
    assert "marts.dim_issue: 2 rows, 3 here and 3 rebuilt; such as acme:2" in " ".join(done.output.split())


@pytest.mark.slow
@pytest.mark.nightly
def test_a_difference_is_not_blamed_on_a_warehouse_that_was_built_meanwhile(line: Line, told: str) -> None:
    def tell(text: str) -> None:
        if text.startswith("anew:"):
            forge(line, "written by another build")

    forge(line, "forged")
    with pytest.raises(proof.MovedOnError, match="built again"):
        proof.verify_rebuild(replace(line, tell=tell))


def test_dagster_shows_the_proof_with_a_check_for_every_stored_table(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed_target(request.config, tmp_path)
    line = Line.of(Settings(home=tmp_path, sources_dir=tmp_path / "sources"))
    tables = layers.stored_tables(project.manifest(line))
    found = tuple(proof.Comparison(table, 5, 5, int(table == "marts.dim_issue")) for table in tables)
    monkeypatch.setattr(proof, "verify_rebuild", lambda _: proof.RebuildReport(START, 1.0, found))
    run = dg.materialize([proof_asset(tables)], resources={"line": line}, raise_on_error=False)
    judged = {check.check_name: check.passed for check in run.get_asset_check_evaluations()}
    assert judged == {check_name(table): table != "marts.dim_issue" for table in tables}


@pytest.mark.slow
def test_shuffled_late_and_deleted_records_and_killed_builds_end_as_a_rebuild_does(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each build may be killed after any of its tables; whatever was half done, the last equals a rebuild."""
    draw = random.Random(7)
    parsed_target(request.config, tmp_path)
    line = landed(tmp_path)
    days = restless(7, START + timedelta(days=3), days=4, issues=24)
    for day, batch in enumerate(days):
        for record in batch:
            if record.stream == "issue" and not record.deleted and draw.random() < 0.4:
                days[draw.randrange(day, len(days))].append(record)
    for day, records in enumerate(days):
        land(line, records, (START + timedelta(days=3 + day, hours=20)).replace(tzinfo=UTC))
        killed = killed_build(line, draw.randint(1, 30))
        assert killed.returncode == -9, killed.stderr
        if draw.random() < 0.5:
            builder.build_layer(line, "core").raise_if_failed()
    report = proof.verify_rebuild(line)
    assert {table.table: table.examples for table in report.differing} == {}
    assert {table.rows for table in report.tables if table.table == "marts.dim_issue"} != {0}


def killed_build(line: Line, after: int) -> subprocess.CompletedProcess[str]:
    told = child_environment(**environment(line), SLIPSTREAM_CRASH_AT=f"line.model:{after}")
    command = [sys.executable, "-m", "pipelines.cli", "build"]
    return subprocess.run(command, env=told, capture_output=True, text=True, check=False)
