"""One configured site → its landing assets, completeness check and change sensor.

Operators add a site as a YAML file in `SLIPSTREAM_SOURCES`; nothing here names a product.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from connectors import registry
from connectors.errors import SourceError
from connectors.source import SiteConfig, Stream
from pipelines import clock, policies
from pipelines.keys import landing_key
from pipelines.line import Line
from pipelines.stages import sync

CHECK = "complete"


def definitions(site: SiteConfig) -> dg.Definitions:
    """Everything Dagster needs to know of one site."""
    streams = registry.create(site, clock.now).streams
    assets = _landing_assets(site, streams)
    job = dg.define_asset_job(f"sync_{site.site}", selection=[landing_key(site.type, site.site, s.name) for s in streams])
    return dg.Definitions(assets=[assets], jobs=[job], sensors=[_change_sensor(site, job)])


def _landing_assets(site: SiteConfig, streams: tuple[Stream, ...]) -> dg.AssetsDefinition:
    keys = {stream.name: landing_key(site.type, site.site, stream.name) for stream in streams}
    first = next(iter(keys.values()))

    @dg.multi_asset(
        name=f"sync_{site.site}",
        specs=[_spec(site, stream) for stream in streams],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=key,
                description="Everything that is at the source is held here (completeness certificate of the last sync).",
            )
            for key in keys.values()
        ],
        retry_policy=policies.RETRY,
        pool=policies.source_pool(site.type, site.site),
    )
    def _sync(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        try:
            report = sync.sync_site(line.settings, site, full=line.full, progress=line.tell)
        except SourceError as error:
            line.failed(site.site, error)
            raise dg.Failure(
                description=str(error), allow_retries=error.exit_code == 1, metadata={"remedy": error.remedy}
            ) from None
        line.synced(report)
        context.log.info(report.summary())
        for name, key in keys.items():
            rows = report.rows.get(name, 0)
            if rows or key == first:
                yield dg.MaterializeResult(
                    asset_key=key, metadata={"dagster/row_count": rows, "sync_id": report.sync_id}
                )
        yield from _completeness(report, keys)

    return _sync


def _spec(site: SiteConfig, stream: Stream) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, kind) for name, kind in stream.fields.items()]
    return dg.AssetSpec(
        landing_key(site.type, site.site, stream.name),
        group_name="landing",
        kinds={site.type, "parquet"},
        owners=[policies.DATA_ENGINEERING],
        description=f"{stream.name} records of {site.type} site {site.site}, append-only, as received.",
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns), "record_key": stream.key},
        skippable=True,
    )


def _completeness(report: sync.SyncReport, keys: dict[str, dg.AssetKey]) -> Iterator[dg.AssetCheckResult]:
    for name, key in keys.items():
        certificates = [c for c in report.certificates if c.stream == name]
        wanting = [c for c in certificates if c.status == "partial"]
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name=CHECK,
            passed=not wanting,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "certificates": len(certificates),
                "partial": [f"{c.scope_key}: {c.held_count} of {c.source_count}" for c in wanting],
            },
        )


def _change_sensor(site: SiteConfig, job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{site.site}_changed",
        job=job,
        minimum_interval_seconds=policies.SENSOR_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Asks {site.type} site {site.site} whether anything changed since the last commit, and syncs if so.",
    )
    def _changed(context: dg.SensorEvaluationContext, line: dg.ResourceParam[Line]) -> dg.RunRequest | dg.SkipReason:
        checkpoint = line.landing.checkpoint(site.type, site.site)
        try:
            changed = registry.create(site, clock.now).changed(checkpoint)
        except SourceError as error:
            return dg.SkipReason(f"cannot ask {site.site}: {error}")
        if not changed:
            return dg.SkipReason(f"nothing new at {site.site}")
        return dg.RunRequest(run_key=None)

    return _changed
