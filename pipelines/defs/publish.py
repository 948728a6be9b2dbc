"""Publishing: the release that BI tools, the dashboard and the briefing read."""

import dagster as dg

from pipelines import policies
from pipelines.keys import RELEASE
from pipelines.line import Line
from pipelines.stages import publish


def definitions(published: list[dg.AssetKey]) -> dg.Definitions:
    """One asset: a release of all `published` tables, swapped in by one symlink."""

    @dg.asset(
        key=RELEASE,
        deps=published,
        group_name="published",
        kinds={"duckdb", "parquet", "html"},
        owners=[policies.DATA_ENGINEERING],
        automation_condition=policies.ON_CHANGE,
        pool=policies.WAREHOUSE_POOL,
        description="What readers see: database, Parquet files, dashboard and manifest, replaced as one.",
    )
    def release(context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]) -> dg.MaterializeResult[None]:
        report = publish.publish_release(line)
        context.log.info(report.summary())
        return dg.MaterializeResult(
            metadata={
                "release_id": report.release_id,
                "as_of": str(report.as_of),
                "dagster/row_count": sum(report.row_counts.values()),
                "tables": len(report.row_counts),
                "dashboard": dg.MetadataValue.path(str(report.page)),
            }
        )

    return dg.Definitions(assets=[release])
