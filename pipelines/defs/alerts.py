"""What leaves the house by message: findings to their owners, and failed runs to the operators."""

from collections.abc import Iterator

import dagster as dg

from pipelines import policies
from pipelines.keys import ALERT, RELEASE
from pipelines.line import Line
from pipelines.stages import alerts

DELIVERED = "messages_were_delivered"


def definitions() -> dg.Definitions:
    """The alert asset with its delivery check, and the sensor that reports failed runs."""

    @dg.asset(
        key=ALERT,
        deps=[RELEASE],
        group_name="alerts",
        kinds={"parquet"},
        owners=[policies.PMO],
        automation_condition=policies.ON_CHANGE,
        check_specs=[
            dg.AssetCheckSpec(DELIVERED, asset=ALERT, description="Every message of the last run reached its channel.")
        ],
        description="Messages to owners about new and resolved findings: one an owner and run, changes only.",
    )
    def alert(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        report = alerts.run_alerts(line, run_id=context.run.run_id)
        yield dg.MaterializeResult(
            asset_key=ALERT,
            metadata={
                "dagster/row_count": report.messages,
                "delivered": report.delivered,
                "without_channel": report.unsent,
            },
        )
        yield dg.AssetCheckResult(
            asset_key=ALERT,
            check_name=DELIVERED,
            passed=not report.failures,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"failures": list(report.failures)},
        )

    @dg.run_failure_sensor(
        name="failed_run_alert",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Tells the operators' channel (SLIPSTREAM_NOTIFY) that a run failed, and where.",
    )
    def failed_run_alert(context: dg.RunFailureSensorContext, line: dg.ResourceParam[Line]) -> None:
        error = context.failure_event.message or "no message"
        detail = alerts.notify_operators(line, f"Slipstream: run {context.dagster_run.job_name} failed", error)
        context.log.info(detail)

    return dg.Definitions(assets=[alert], sensors=[failed_run_alert])
