"""Building layers: what is rebuilt when, what is reported, and what a missing landing says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.line import Line
from pipelines.resources.dbt_results import UNCHANGED
from pipelines.settings import Settings
from pipelines.stages.build import builder, layers, project, state
from tests.fixtures.small_line import NOW, landed, register
from tests.fixtures.warehouse import parsed_target


@pytest.fixture(scope="module")
def line(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Line:
    home = tmp_path_factory.mktemp("home")
    parsed_target(request.config, home)
    return landed(home)


@pytest.fixture(scope="module")
def reports(line: Line) -> list[builder.BuildReport]:
    return builder.build_warehouse(line)


def why_full(line: Line, as_of: datetime) -> str:
    last = state.read(line.warehouse)
    assert last is not None
    return state.why_full(last, last.inputs_hash or hashed(line), as_of)


def hashed(line: Line) -> str:
    return project.inputs_hash(project.dbt_of(line.settings, line.warehouse), line.settings)


def test_the_layers_build_from_what_is_landed(line: Line, reports: list[builder.BuildReport]) -> None:
    assert [report.layer for report in reports] == list(layers.LAYERS)
    assert {report.as_of for report in reports} == {NOW.replace(tzinfo=None)}, "the source's own time"
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        assert db.execute("select issue_key, status_category from marts.dim_issue order by all").fetchall() == [
            ("APP-1", "done"),
            ("APP-2", "to_do"),
        ]
        assert db.execute("select open_count, done_count from reporting.rpt_portfolio_health").fetchall() == [(1, 1)]


def test_by_default_a_register_counts_as_it_was_just_landed_whatever_its_clock_says(
    line: Line, reports: list[builder.BuildReport]
) -> None:
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        assert db.execute("select promised_on from marts.dim_project").fetchall() == [(date(2026, 9, 1),)]


def test_a_report_counts_rows_and_says_why_it_rebuilt(reports: list[builder.BuildReport]) -> None:
    core = reports[0]
    rows = {node.name: node.row_count for node in core.nodes if node.resource_type == "model"}
    assert rows["dim_issue"] == 2
    assert rows["fct_issue_status_interval"] == 3
    assert core.summary().startswith("core: ")
    assert "in full: first build" in core.summary()
    assert not reports[1].why_full


def test_every_table_belongs_to_one_layer_and_is_built_with_it(line: Line, reports: list[builder.BuildReport]) -> None:
    manifest = project.manifest(line)
    models = [uid for layer in layers.LAYERS for uid in layers.models_of_layer(manifest, layer)]
    tables = ("model.", "seed.")
    assert sorted(models) == sorted(uid for uid in manifest["nodes"] if uid.startswith(tables))
    built = {node.unique_id for report in reports for node in report.nodes if node.resource_type == "model"}
    assert built == {uid for uid in models if uid.startswith("model.")}


def again(line: Line) -> tuple[builder.BuildReport, set[str]]:
    """A build of the core, and the tables that it found unchanged."""
    report = builder.build_layer(line, "core")
    report.raise_if_failed()
    return report, {node.name for node in report.nodes if node.status == UNCHANGED and node.resource_type == "model"}


@pytest.mark.slow
def test_a_table_is_built_again_only_when_something_it_reads_has_changed(
    line: Line, reports: list[builder.BuildReport]
) -> None:
    report, same = again(line)
    first = {node.unique_id for node in reports[0].nodes if node.resource_type in ("model", "test")}
    of_seeds = {uid for uid in first if "default" in uid}
    inner = {uid for uid in first if uid.startswith("test.") and ("_stg_" in uid or "_int_" in uid)}
    told = {node.unique_id for node in report.nodes}
    assert told - inner == first - of_seeds - inner, "every table is told of, and every test of those people read"
    assert inner, "the first build, and each rebuild, tests the others too"
    run = {node.unique_id for node in report.nodes if node.status != UNCHANGED}
    assert not inner & run, "in between, the tables that only other tables read are judged by what follows"
    assert {"stg_jira__board", "stg_registers__project", "dim_sprint", "stg_jira__issue"} <= same
    assert {"dim_project", "dim_issue", "fct_completeness"}.isdisjoint(same), "as_of and the ledger move with each run"
    assert {node.row_count for node in report.nodes if node.name == "stg_jira__issue"} == {2}

    register(line, "2026-10-01", NOW, NOW + timedelta(hours=1))
    with line.warehouse.write("a hand") as db:
        db.execute("DROP TABLE marts.dim_sprint")
    report, after = again(line)
    people = {"int_resource__account", "dim_person", "dim_team"}
    people |= {"bridge_person_account", "bridge_team_member"}  # the register names owners and sponsors
    people |= {"fct_capacity", "int_resource__capacity_day"}  # of whoever that is; of the day, as it is the same
    register_too = {"stg_registers__project", "dim_project_history", "fct_register_version"}
    assert same - after == {"dim_sprint", *register_too, *people}, "what changed, and what is gone"
    assert "stg_registers__project_version" in after, "a view shows by itself what its tables hold"
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        assert db.execute("select promised_on from marts.dim_project").fetchall() == [(date(2026, 10, 1),)]
    built = {node.name for node in report.nodes if node.resource_type == "test" and node.status != UNCHANGED}
    assert any("dim_project" in name for name in built)
    stood = {node.name for node in report.nodes if node.resource_type == "test" and node.status == UNCHANGED}
    assert any("stg_jira__board" in name for name in stood)
    assert not built & stood


def test_what_the_portfolio_sets_rebuilds_all_tables_when_it_changes(line: Line) -> None:
    settings, dbt = line.settings, project.dbt_of(line.settings, line.warehouse)
    others = (
        replace(settings, reporting_timezone="UTC"),
        replace(settings, reporting_currency="CHF"),
        replace(settings, hours_per_day=7.5),
        replace(settings, overloaded_above=1.2),
    )
    hashes = {project.inputs_hash(dbt, one) for one in (settings, *others)}
    assert len(hashes) == 5
    assert project.variables(replace(line, settings=others[1]), NOW)["reporting_currency"] == "CHF"


def test_what_leaves_tables_of_two_moments_makes_the_next_build_look_at_all(
    line: Line, reports: list[builder.BuildReport]
) -> None:
    now = NOW.replace(tzinfo=None)
    state.finish(line.warehouse, hashed(line), now, is_present=True)
    assert settled(line) is not None
    state.finish(line.warehouse, hashed(line), now, is_present=False)
    assert settled(line) is None, "they spoke of another day"
    state.finish(line.warehouse, hashed(line), now, is_present=True)
    builder.build_layer(line, "core", select=["stg_jira__board"]).raise_if_failed()
    assert settled(line) is None, "one was built alone"


@pytest.mark.slow
def test_a_project_edited_while_it_was_built_is_built_in_full_the_next_time(
    line: Line, reports: list[builder.BuildReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    state.finish(line.warehouse, "as it was", NOW.replace(tzinfo=None), is_present=True)
    hashes = iter(["as it was", "as it is"])
    monkeypatch.setattr(project, "inputs_hash", lambda *_: next(hashes))
    again(line)
    assert settled(line) is None
    last = state.read(line.warehouse)
    assert state.why_full(last, "as it is", NOW.replace(tzinfo=None)) == "models or mappings have changed"
    monkeypatch.undo()
    state.finish(line.warehouse, hashed(line), NOW.replace(tzinfo=None), is_present=True)


@pytest.mark.slow
def test_after_a_change_of_models_some_tables_mean_all_of_them(line: Line, reports: list[builder.BuildReport]) -> None:
    state.finish(line.warehouse, "as it was", NOW.replace(tzinfo=None), is_present=True)
    report = builder.build_layer(line, "core", select=["dim_issue"])
    assert report.why_full == "models or mappings have changed"
    models = {node.unique_id for node in reports[0].nodes if node.resource_type == "model"}
    assert {node.unique_id for node in report.nodes if node.resource_type == "model"} == models
    assert why_full(line, NOW.replace(tzinfo=None)) == "", "it is done with"
    assert settled(line) is not None


def test_a_rebuild_stopped_after_it_renumbered_the_commits_is_begun_again(
    line: Line, reports: list[builder.BuildReport]
) -> None:
    now = NOW.replace(tzinfo=None)
    state.finish(line.warehouse, hashed(line), now, is_present=True)
    state.distrust(line.warehouse)
    assert why_full(line, now) == "the last full build did not end"
    state.finish(line.warehouse, hashed(line), now, is_present=True)


def settled(line: Line) -> int | None:
    last = state.read(line.warehouse)
    assert last is not None
    return last.settled_seq


def test_a_second_build_goes_on_and_some_models_can_be_built_alone(
    line: Line, reports: list[builder.BuildReport]
) -> None:
    report = builder.build_layer(line, "core", select=["dim_issue"])
    assert not report.why_full
    assert [node.name for node in report.nodes if node.resource_type == "model"] == ["dim_issue"]
    assert {node.row_count for node in report.nodes if node.resource_type == "model"} == {2}


def test_moving_back_or_changing_a_mapping_rebuilds_and_moving_forward_does_not(
    line: Line, reports: list[builder.BuildReport]
) -> None:
    now = NOW.replace(tzinfo=None)
    assert why_full(line, now) == ""
    assert why_full(line, now + timedelta(days=7)) == ""
    assert why_full(line, now - timedelta(days=1)) == "as of an earlier moment"
    last = state.read(line.warehouse)
    assert state.why_full(last, "another hash", now) == "models or mappings have changed"
    assert state.why_full(None, "any", now) == "first build"


def test_a_build_that_died_is_done_again(line: Line, reports: list[builder.BuildReport]) -> None:
    now = NOW.replace(tzinfo=None)
    state.begin(line.warehouse, now + timedelta(days=2), is_full=False)
    assert why_full(line, now + timedelta(days=1)) == "as of an earlier moment", "some tables may be of day 2 already"
    state.begin(line.warehouse, now, is_full=True)
    assert why_full(line, now) == "the last full build did not end"


@pytest.mark.parametrize(("days", "promised_on"), [(1, date(2026, 6, 1)), (31, None)])
def test_a_past_day_has_the_promise_that_stood_then(
    days: int, promised_on: date | None, line: Line, reports: list[builder.BuildReport]
) -> None:
    past = replace(line, as_of=NOW - timedelta(days=days))
    builder.build_layer(past, "core", select=["stg_registers__project", "dim_project"]).raise_if_failed()
    with duckdb.connect(str(line.settings.warehouse_path), read_only=True) as db:
        assert db.execute("select promised_on, is_registered from marts.dim_project").fetchall() == [
            (promised_on, promised_on is not None)
        ]


def test_nothing_landed_is_said_so(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    parsed_target(request.config, tmp_path)
    empty = Line.of(Settings(home=tmp_path, sources_dir=tmp_path / "sources"))
    with pytest.raises(project.NothingLandedError, match="Nothing is landed"):
        builder.build_layer(empty, "core")
