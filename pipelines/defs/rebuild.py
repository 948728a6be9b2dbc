"""The nightly proof that the stored tables equal those rebuilt from landing: one check for each of them."""

from collections.abc import Iterator, Sequence

import dagster as dg

from pipelines import policies
from pipelines.keys import REBUILT, table_key
from pipelines.line import Line
from pipelines.settings import Settings
from pipelines.stages.build import proof

JOB = "nightly_rebuild"


def check_name(table: str) -> str:
    """`marts.dim_issue` → `marts__dim_issue`: Dagster takes no dots in a check's name."""
    return table.replace(".", "__")


def proof_asset(tables: Sequence[str]) -> dg.AssetsDefinition:
    """The comparison as an asset of its own, checks included: building a table never sets off a rebuild of all."""
    spec = dg.AssetSpec(
        REBUILT,
        deps=[table_key(table) for table in tables],
        group_name="quality",
        kinds={"dbt", "duckdb"},
        owners=[policies.DATA_ENGINEERING],
        description="The core built anew from landing beside the working warehouse, compared row by row, and dropped.",
    )
    checks = [
        dg.AssetCheckSpec(
            check_name(table),
            asset=REBUILT,
            description=f"Every row of {table} is the one that a rebuild from landing gives; 0 rows differ.",
        )
        for table in tables
    ]

    @dg.multi_asset(
        name="rebuilt_warehouse",
        specs=[spec],
        check_specs=checks,
        pool=policies.WAREHOUSE_POOL,
    )
    def _proof(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        report = proof.verify_rebuild(line)
        context.log.info(report.summary())
        rows = sum(table.rows for table in report.tables)
        yield dg.MaterializeResult(asset_key=REBUILT, metadata={"dagster/row_count": rows, "seconds": report.seconds})
        for table in report.tables:
            yield dg.AssetCheckResult(
                asset_key=REBUILT,
                check_name=check_name(table.table),
                passed=not table.differing,
                metadata={
                    "rows": table.rows,
                    "rebuilt_rows": table.rebuilt_rows,
                    "differing_rows": table.differing,
                    "examples": list(table.examples),
                },
            )

    return _proof


def definitions(config: Settings, tables: Sequence[str]) -> dg.Definitions:
    """The proof, and the schedule that asks for it every night."""
    proven = proof_asset(tables)
    job = dg.define_asset_job(JOB, dg.AssetSelection.assets(REBUILT), description="Prove incremental equals rebuilt.")
    nightly = dg.ScheduleDefinition(
        name=JOB,
        job=job,
        cron_schedule=policies.NIGHTLY_REBUILD_CRON,
        execution_timezone=config.reporting_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    return dg.Definitions(assets=[proven], jobs=[job], schedules=[nightly])
