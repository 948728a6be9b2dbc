"""One configured site → its landing assets, completeness check and change sensor.

Operators add a site as a YAML file in `SLIPSTREAM_SOURCES`; nothing here names a product.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from connectors import registry
from connectors.errors import SourceError, UnreachableError
from connectors.source import SiteConfig, Stream
from pipelines import policies
from pipelines.clock import now
from pipelines.keys import COMPLETENESS, landing_key
from pipelines.line import Line
from pipelines.resources.spool import Spool
from pipelines.stages import sync

CHECK = "complete"


def definitions(site: SiteConfig, sites: tuple[SiteConfig, ...], fresh_for: timedelta | None = None) -> dg.Definitions:
    """Everything Dagster needs to know of one of the configured sites, whose syncs stay fresh for so long."""
    streams = registry.streams(site.type)
    keys = [landing_key(site.type, site.site, stream.name) for stream in streams]
    job = dg.define_asset_job(f"sync_{_plain(site)}", selection=keys)
    return dg.Definitions(
        assets=[_landing_assets(site, streams, _project_keys(site, sites), policies.freshness(fresh_for))],
        jobs=[job],
        sensors=[_change_sensor(site, job.name)],
    )


def _project_keys(site: SiteConfig, sites: tuple[SiteConfig, ...]) -> list[dg.AssetKey]:
    """The projects that a register speaks of: their site is read first, and its clock then dates the register."""
    named = site.options.get("project_site")
    return [landing_key(s.type, s.site, "project") for s in sites if s.site == named and s.site != site.site]


def _plain(site: SiteConfig) -> str:
    """The site's name as Dagster takes it for ops, jobs and sensors."""
    return re.sub(r"\W", "_", site.site)


def _landing_assets(
    site: SiteConfig, streams: tuple[Stream, ...], refers_to: list[dg.AssetKey], fresh: dg.FreshnessPolicy | None
) -> dg.AssetsDefinition:
    keys = {stream.name: landing_key(site.type, site.site, stream.name) for stream in streams}

    # one check a site, on its main stream: Dagster takes 40 ms for each, and a sync vouches for all streams together
    checked = keys[next((stream.name for stream in streams if stream.cursor), streams[0].name)]

    @dg.multi_asset(
        name=f"land_{_plain(site)}",
        specs=[_spec(site, stream, refers_to, fresh) for stream in streams],
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=checked,
                description=f"Everything at {site.site} is held here (completeness certificates of its last sync).",
            )
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
            # a wrong token stays wrong; only a silent source is asked again, and only where nobody waits for the answer
            again = line.is_unattended and isinstance(error, UnreachableError)
            raise dg.Failure(str(error), {"remedy": error.remedy}, allow_retries=again) from None
        line.synced(report)
        context.log.info(report.summary())
        for name, key in keys.items():
            rows = report.rows.get(name, 0)
            yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows, "sync_id": report.sync_id})
        context.log_event(
            dg.AssetMaterialization(
                COMPLETENESS, metadata={"certificates": len(report.certificates), "site": site.site}
            )
        )
        yield _completeness(report, checked)

    return _sync


def _spec(
    site: SiteConfig, stream: Stream, refers_to: list[dg.AssetKey], fresh: dg.FreshnessPolicy | None
) -> dg.AssetSpec:
    columns = [dg.TableColumn(name, kind) for name, kind in stream.fields.items()]
    return dg.AssetSpec(
        landing_key(site.type, site.site, stream.name),
        deps=refers_to,
        freshness_policy=fresh,
        group_name="landing",
        kinds={site.type, "parquet"},
        owners=[policies.DATA_ENGINEERING],
        description=f"{stream.name} records of {site.type} site {site.site}, append-only, as received.",
        metadata={"dagster/column_schema": dg.TableSchema(columns=columns), "record_key": stream.key},
    )


def _completeness(report: sync.SyncReport, key: dg.AssetKey) -> dg.AssetCheckResult:
    wanting = [c for c in report.certificates if c.status == "partial"]
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=CHECK,
        passed=report.status == "complete",  # a sync put off has nothing to show, and nothing wanting either
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "status": report.status,
            "detail": report.detail,
            **({"resume_at": report.resume_at.isoformat()} if report.resume_at else {}),
            "certificates": len(report.certificates),
            "partial": [
                f"{c.stream} of {c.scope_key}: {c.detail or f'{c.held_count} of {c.source_count}'}" for c in wanting
            ],
        },
    )


def _change_sensor(site: SiteConfig, job_name: str) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"{_plain(site)}_changed",
        job_name=job_name,
        minimum_interval_seconds=policies.SENSOR_INTERVAL_SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=f"Asks {site.type} site {site.site} what changed since the last commit, and syncs if so.",
    )
    def _changed(context: dg.SensorEvaluationContext, line: dg.ResourceParam[Line]) -> dg.RunRequest | dg.SkipReason:
        last = line.landing.last_commit(site.type, site.site)
        if last and last.resume_at and now() < last.resume_at:
            return dg.SkipReason(f"the quota of {site.site} is used up until {last.resume_at:%Y-%m-%d %H:%M} UTC")
        if Spool(line.settings.webhooks_dir, site.type, site.site).has_hints():
            return dg.RunRequest(run_key=None)  # its webhooks said so: no need to ask
        checkpoint = line.landing.checkpoint(site.type, site.site)
        try:
            changed = registry.create(site, line.landing.clock()).changed(checkpoint)
        except SourceError as error:
            return dg.SkipReason(f"cannot ask {site.site}: {error}")
        if not changed:
            return dg.SkipReason(f"nothing new at {site.site}")
        return dg.RunRequest(run_key=None)

    return _changed
