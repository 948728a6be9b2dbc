"""What Dagster is given: every asset has an owner, a group, a kind and a place in the flow."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml

from pipelines import settings
from pipelines.assembly import FORECAST_JOB, LINE_JOB, assemble
from pipelines.defs.rebuild import JOB as NIGHTLY_JOB
from pipelines.keys import REBUILT, RELEASE, landing_key
from pipelines.resources.dbt_results import NodeResult
from pipelines.stages.build import builder
from tests.fixtures.warehouse import parsed_target

pytestmark = pytest.mark.filterwarnings("default")
GROUPS = {*("landing", "staging", "intermediate", "marts", "quality", "forecast", "reporting", "published", "alerts")}


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> dg.Definitions:
    home = tmp_path_factory.mktemp("home")
    parsed_target(request.config, home)
    (home / "sources").mkdir()
    for name, kind in (("acme", "jira"), ("second-site", "jira"), ("pmo", "registers")):
        options = {"url": "http://127.0.0.1:9", "email": "a@b.test", "api_token": "t"} if kind == "jira" else {}
        site = {"type": kind, "site": name, **options}
        (home / "sources" / f"{name}.yaml").write_text(yaml.safe_dump(site))
    return assemble(settings.load({"SLIPSTREAM_HOME": str(home)}))


def test_dagster_can_load_everything_at_once(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    names = {job.name for job in definitions.get_repository_def().get_all_jobs()}
    assert {LINE_JOB, FORECAST_JOB, "sync_acme", "sync_second_site", "sync_pmo"} <= names


def test_a_run_stays_in_one_process(definitions: dg.Definitions) -> None:
    for name in (LINE_JOB, FORECAST_JOB, "sync_acme"):
        assert definitions.resolve_job_def(name).executor_def.name == "in_process"


def specs(definitions: dg.Definitions) -> list[dg.AssetSpec]:
    return [spec for spec in definitions.resolve_all_asset_specs() if "dagster/asset_execution_type" not in spec.tags]


def test_every_asset_has_owner_group_kind_and_description(definitions: dg.Definitions) -> None:
    for spec in specs(definitions):
        assert spec.owners, spec.key
        assert spec.group_name in GROUPS, spec.key
        assert spec.kinds, spec.key
        assert spec.description, spec.key


def test_the_key_of_a_table_is_its_address_and_its_group_the_layer(definitions: dg.Definitions) -> None:
    keys = {spec.key: spec for spec in specs(definitions)}
    issue = keys[dg.AssetKey(["marts", "dim_issue"])]
    assert issue.group_name == "marts"
    assert issue.metadata["dagster/column_schema"]


def test_staging_hangs_on_the_stream_of_every_site_of_its_type(definitions: dg.Definitions) -> None:
    staged = next(s for s in specs(definitions) if s.key == dg.AssetKey(["staging", "stg_jira__issue"]))
    upstream = {dep.asset_key for dep in staged.deps}
    assert {landing_key("jira", "acme", "issue"), landing_key("jira", "second-site", "issue")} <= upstream


def test_everything_downstream_of_the_sources_runs_by_itself_on_change(definitions: dg.Definitions) -> None:
    for spec in specs(definitions):
        if spec.group_name not in ("landing",) and spec.key.path[-1] != "completeness" and spec.key != REBUILT:
            assert spec.automation_condition is not None, spec.key


def test_a_part_of_a_layer_that_must_be_rebuilt_in_full_tells_of_no_more_than_was_asked_for(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(uid: str, kind: str) -> NodeResult:
        return NodeResult(uid, kind, "success", 0.1, None, "", None, None)

    seed, model = "seed.slipstream.cancelled_resolution_default", "model.slipstream.stg_jira__board"
    nodes = (built(seed, "seed"), built(model, "model"))
    monkeypatch.setattr(builder, "build_layer", lambda *_, **__: builder.BuildReport(nodes, "core"))
    board = dg.AssetKey(["staging", "stg_jira__board"])
    core = next(found for found in definitions.get_repository_def().assets_defs_by_key.values() if board in found.keys)
    with dg.DagsterInstance.ephemeral() as instance:
        result = dg.materialize([core], selection=[board], instance=instance)
    assert result.success
    assert {event.asset_key for event in result.get_asset_materialization_events()} == {board}


def test_new_certificates_are_an_update_that_downstream_tables_follow(definitions: dg.Definitions) -> None:
    completeness = dg.AssetKey(["ledger", "completeness"])
    table = dg.AssetKey(["marts", "fct_completeness"])
    with dg.DagsterInstance.ephemeral() as instance:
        asked = []
        result = dg.evaluate_automation_conditions(definitions, instance, dg.AssetSelection.assets(table))
        asked.append(result.total_requested)
        for key in definitions.resolve_asset_graph().get(table).parent_keys:
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
        result = dg.evaluate_automation_conditions(
            definitions, instance, dg.AssetSelection.assets(table), cursor=result.cursor
        )
        asked.append(result.total_requested)
    assert completeness in definitions.resolve_asset_graph().get(table).parent_keys
    assert asked == [0, 1]


def test_the_line_leads_from_landing_to_the_release(definitions: dg.Definitions) -> None:
    job = definitions.resolve_job_def(LINE_JOB)
    graph = definitions.resolve_asset_graph()
    upstream = dg.AssetSelection.assets(RELEASE).upstream().resolve(graph)
    assert landing_key("jira", "acme", "issue") in upstream
    assert dg.AssetKey(["ledger", "schedule_forecast"]) in upstream
    assert job is not None


def test_forecasts_are_scheduled_daily_the_rebuild_nightly_and_sites_are_watched(definitions: dg.Definitions) -> None:
    repository = definitions.get_repository_def()
    assert {s.name for s in repository.schedule_defs} == {FORECAST_JOB, NIGHTLY_JOB}
    sensors = {s.name for s in repository.sensor_defs}
    assert {"acme_changed", "second_site_changed", "pmo_changed", "on_change", "failed_run_alert"} <= sensors


def test_only_the_night_builds_everything_anew(definitions: dg.Definitions) -> None:
    jobs = {job.name: job for job in definitions.get_repository_def().get_all_jobs()}
    proving = {name for name, job in jobs.items() if any(node.name == "rebuilt_warehouse" for node in job.nodes)}
    assert proving & {LINE_JOB, FORECAST_JOB, NIGHTLY_JOB} == {NIGHTLY_JOB}


def test_broken_keys_block_what_is_downstream_but_findings_do_not(definitions: dg.Definitions) -> None:
    checks = {
        spec.name: spec.blocking
        for asset in definitions.resolve_asset_graph().assets_defs
        for spec in asset.check_specs
    }
    assert checks["key_dim_issue_issue_id"]
    assert not checks["active_project_has_sponsor"]
    assert checks["rules_could_be_evaluated"]


def test_each_site_has_one_check_of_its_certificates_and_each_table_people_read_has_its_tests(
    definitions: dg.Definitions,
) -> None:
    checks = {
        (spec.asset_key, spec.name)
        for asset in definitions.resolve_asset_graph().assets_defs
        for spec in asset.check_specs
    }
    assert sorted(key.path[2] for key, name in checks if name == "complete") == ["acme", "pmo", "second-site"]
    assert (landing_key("jira", "acme", "issue"), "complete") in checks
    assert {key.path[0] for key, name in checks if name.startswith(("key_", "refers_"))} == {"marts", "reporting"}


def test_a_sync_goes_stale_as_the_warehouse_declares_it(definitions: dg.Definitions) -> None:
    policies = {spec.key: spec.freshness_policy for spec in specs(definitions) if spec.group_name == "landing"}
    jira, register = policies[landing_key("jira", "acme", "issue")], policies[landing_key("registers", "pmo", "risk")]
    assert jira == dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=78), warn_window=timedelta(hours=26))
    assert register == dg.FreshnessPolicy.time_window(fail_window=timedelta(days=120), warn_window=timedelta(days=40))


def test_the_workspace_file_names_this_code_location() -> None:
    root = Path(__file__).parents[2]
    (entry,) = yaml.safe_load((root / "workspace.yaml").read_text())["load_from"]
    assert entry["python_module"] == {"module_name": "pipelines.definitions", "location_name": "slipstream"}
