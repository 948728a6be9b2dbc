"""A full rebuild beside the warehouse: swapped in whole, with what was landed meanwhile, or not at all."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import duckdb
import pytest

from pipelines.line import Line
from pipelines.settings import child_environment
from pipelines.stages.build import builder, project, state
from tests.fixtures.jira_history import LittleIssue
from tests.fixtures.small_line import NOW, land, landed
from tests.fixtures.warehouse import parsed_target

pytestmark = pytest.mark.slow
NIGHTLY = [pytest.param(point, marks=pytest.mark.nightly) for point in ("line.model:20", "warehouse.settled")]


@pytest.fixture(scope="module")
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A built core, and one table of a later layer."""
    home = tmp_path_factory.mktemp("home")
    parsed_target(request.config, home)
    line = landed(home)
    builder.build_layer(line, "core").raise_if_failed()
    with line.warehouse.write("a hand") as db:
        db.execute("CREATE SCHEMA IF NOT EXISTS reporting; CREATE TABLE reporting.rpt_watermelon AS SELECT 7 AS n")
        db.execute("CREATE TABLE reporting.gone_from_the_project AS SELECT 8 AS n")
    return line


def issues(line: Line) -> list[str]:
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        return [row[0] for row in db.execute("select issue_key from marts.dim_issue order by all").fetchall()]


def forge(line: Line) -> None:
    """An issue that no rebuild would give tells which of the two files is there."""
    with duckdb.connect(str(line.settings.warehouse_path)) as db:
        db.execute("update marts.dim_issue set issue_key = 'FORGED' where issue_key = 'APP-1'")


@pytest.mark.parametrize("point", ["line.rebuilt", *NIGHTLY])
def test_a_rebuild_killed_before_its_swap_leaves_the_old_warehouse_whole(line: Line, point: str) -> None:
    forge(line)
    before = issues(line)
    told = {"SLIPSTREAM_HOME": str(line.settings.home), "SLIPSTREAM_TIMEZONE": line.settings.reporting_timezone}
    command = [sys.executable, "-m", "pipelines.cli", "build", "--full-refresh"]
    killed = subprocess.run(
        command, env=child_environment(**told, SLIPSTREAM_CRASH_AT=point), capture_output=True, text=True, check=False
    )
    assert killed.returncode == -9, killed.stderr
    assert issues(line) == before
    last = state.read(line.warehouse)
    assert last is not None
    assert last.is_whole
    assert last.settled_seq is not None, "the next build goes on from it"


def test_a_rebuild_takes_in_what_lands_meanwhile_and_keeps_the_tables_of_later_layers(line: Line) -> None:
    def tell(text: str) -> None:
        if "dim_issue" in text and not late:
            late.append(text)
            assert "FORGED" in issues(line), "until the swap the old tables are there to be read"
            land(line, [LittleIssue(3, NOW.replace(tzinfo=None)).record()], NOW + timedelta(days=1))

    late: list[str] = []
    forge(line)
    report = builder.build_layer(replace(line, tell=tell), "core", full_refresh=True)
    report.raise_if_failed()
    assert report.why_full == "asked for"
    assert report.as_of == (NOW + timedelta(days=1)).replace(tzinfo=None)
    assert issues(line) == ["APP-1", "APP-2", "APP-3"]
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        assert db.execute("select n from reporting.rpt_watermelon").fetchall() == [(7,)]
        tables = {row[0] for row in db.execute("select table_name from duckdb_tables()").fetchall()}
    assert "gone_from_the_project" not in tables
    anew = line.settings.warehouse_path.parent / project.ANEW
    assert [path.name for path in anew.iterdir() if path.suffix != ".lock"] == []
    again = builder.build_layer(line, "core")
    again.raise_if_failed()
    assert not again.why_full


def test_a_table_that_cannot_be_rebuilt_leaves_the_old_warehouse_and_is_named(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: object) -> dict[str, object]:
        return told(*given) | {"reporting_timezone": "Nowhere/Land"}  # type: ignore[arg-type]

    told = project.variables
    forge(line)
    monkeypatch.setattr(project, "variables", broken)
    report = builder.build_layer(line, "core", full_refresh=True)
    assert {node.name for node in report.failed} & {"dim_calendar", "fct_project_snapshot"}
    assert "FORGED" in issues(line)
    last = state.read(line.warehouse)
    assert last is not None
    assert last.is_whole
