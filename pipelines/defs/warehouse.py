"""dbt's models as assets, one multi-asset a layer, built in process under the warehouse lock."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

from pipelines import policies
from pipelines.defs import columns
from pipelines.keys import landing_key
from pipelines.line import Line
from pipelines.resources.dbt_results import UNCHANGED
from pipelines.stages.build import builder, layers
from pipelines.stages.build.report import BuildReport
from pipelines.stages.lineage import Lineage

Manifest = Mapping[str, Any]
Sites = Mapping[str, Sequence[str]]
"""Source type → its configured sites."""
CHECKED = ("marts", "reporting")
"""Whose tests are checks in Dagster: the tables people read. dbt runs the others too, and their failure fails the
step; but each event costs Dagster 20 ms."""


class WarehouseTranslator(DagsterDbtTranslator):
    """dbt node → asset spec: table address as key, layer as group, one policy, one source fanned out to its sites."""

    def __init__(self, sites: Sites, lineage: Lineage) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_source_tests_as_checks=False))
        self._sites = sites
        self._lineage = lineage

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        schema = dbt_resource_props["schema"]
        if dbt_resource_props["resource_type"] == "source":
            return dg.AssetKey([schema, dbt_resource_props["name"]])
        return dg.AssetKey([schema, dbt_resource_props.get("alias") or dbt_resource_props["name"]])

    def get_asset_spec(self, manifest: Manifest, unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if unique_id.startswith("source."):
            return spec
        deps = [dep for upstream in spec.deps for dep in self._fan_out(upstream)]
        return spec.replace_attributes(
            deps=deps,
            automation_condition=policies.ON_CHANGE,
            owners=spec.owners or [policies.DATA_ENGINEERING],
            group_name=spec.key.path[0],
            metadata={**spec.metadata, **columns.metadata(manifest["nodes"][unique_id], self._lineage, self._sites)},
        )

    def _fan_out(self, dep: dg.AssetDep) -> list[dg.AssetDep]:
        schema, stream = dep.asset_key.path[0], dep.asset_key.path[-1]
        if not schema.startswith("landing_"):
            return [dep]
        source_type = schema.removeprefix("landing_")
        return [dg.AssetDep(landing_key(source_type, site, stream)) for site in self._sites.get(source_type, ())]


def layer_assets(layer: str, manifest: Manifest, sites: Sites, lineage: Lineage) -> dg.AssetsDefinition:
    """All models and tests of one layer as one asset definition that can be built in part."""
    translator = WarehouseTranslator(sites, lineage)
    models = layers.models_of_layer(manifest, layer)
    specs = {uid: translator.get_asset_spec(manifest, uid, None) for uid in models}
    checks = _check_specs(manifest, translator, specs)
    names = {spec.key: manifest["nodes"][uid]["name"] for uid, spec in specs.items()}

    @dg.multi_asset(
        name=f"dbt_{layer}",
        specs=list(specs.values()),
        check_specs=list(checks.values()),
        can_subset=True,
        pool=policies.WAREHOUSE_POOL,
        allow_arbitrary_check_specs=True,  # dagster-dbt's own decorator passes it for tests over several models
    )
    def _layer(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        wanted = None
        if len(context.selected_asset_keys) < len(specs):
            wanted = sorted(names[key] for key in context.selected_asset_keys)
        report = builder.build_layer(line, layer, select=wanted)
        context.log.info(report.summary())
        # a full rebuild brings its seeds along, asked for or not
        asked = {uid: spec for uid, spec in specs.items() if spec.key in context.selected_asset_keys}
        yield from _events(report, asked, checks, context.selected_asset_check_keys)
        report.raise_if_failed()

    return _layer


def _check_specs(
    manifest: Manifest, translator: WarehouseTranslator, specs: Mapping[str, dg.AssetSpec]
) -> dict[str, dg.AssetCheckSpec]:
    checks: dict[str, dg.AssetCheckSpec] = {}
    for uid, node in manifest["nodes"].items():
        owner = node.get("attached_node")
        if node["resource_type"] != "test" or owner not in specs or specs[owner].key.path[0] not in CHECKED:
            continue
        check = translator.get_asset_check_spec(specs[owner], manifest, uid, None)
        if check is not None:
            # a broken key or contract is a defect of the whole table: nothing downstream may use it
            checks[uid] = check._replace(blocking=node["config"].get("severity", "error").lower() == "error")
    return checks


def _events(
    report: BuildReport,
    specs: Mapping[str, dg.AssetSpec],
    checks: Mapping[str, dg.AssetCheckSpec],
    selected_checks: set[dg.AssetCheckKey],
) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    told = {node.unique_id: node for node in report.nodes}
    for uid, spec in specs.items():  # what stands may hang on what was built: Dagster takes them in order only
        node = told.get(uid)
        if node is not None and node.ok:
            metadata: dict[str, Any] = {"seconds": node.seconds, "unchanged": node.status == UNCHANGED}
            if node.row_count is not None:
                metadata["dagster/row_count"] = node.row_count
            yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata)
    for node in report.nodes:
        check = checks.get(node.unique_id)
        if check is not None and check.key in selected_checks:
            yield dg.AssetCheckResult(
                asset_key=check.asset_key,
                check_name=check.name,
                passed=node.ok,
                severity=dg.AssetCheckSeverity.ERROR if check.blocking else dg.AssetCheckSeverity.WARN,
                metadata={"failing_rows": node.failures or 0, "message": node.message or "ok"},
            )


def definitions(manifest: Manifest, sites: Sites, lineage: Lineage) -> dg.Definitions:
    """The four layers, in the order data flows through them."""
    return dg.Definitions(assets=[layer_assets(layer, manifest, sites, lineage) for layer in layers.LAYERS])
