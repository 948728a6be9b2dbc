"""Forecasts into the ledger: every registered forecaster, daily and whenever its inputs changed."""

from collections.abc import Iterator

import dagster as dg

from models import registry
from models.forecaster import Forecaster
from pipelines import policies
from pipelines.keys import input_address, table_key
from pipelines.line import Line
from pipelines.stages import forecast


def _spec(forecaster: Forecaster) -> dg.AssetSpec:
    return dg.AssetSpec(
        dg.AssetKey(["ledger", forecaster.ledger_table]),
        deps=[table_key(input_address(table)) for table in forecaster.inputs],
        group_name="forecast",
        kinds={"python", "parquet"},
        owners=[policies.FORECASTING],
        automation_condition=policies.ON_CHANGE,
        code_version=forecaster.version,
        description=(forecaster.__class__.__doc__ or "").strip(),
        metadata={
            "dagster/column_schema": dg.TableSchema(columns=[dg.TableColumn(c) for c in forecaster.output]),
            "model_id": forecaster.model_id,
        },
    )


def forecast_asset(forecaster: Forecaster) -> dg.AssetsDefinition:
    """One forecaster as an asset: rows are appended, never rewritten."""

    @dg.multi_asset(name=f"forecast_{forecaster.ledger_table}", specs=[_spec(forecaster)])
    def _forecast(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None]]:
        report = forecast.run_forecasts(
            line.warehouse,
            line.ledger,
            line.settings,
            line.moment,
            context.run.run_id,
            known_at=line.landing.clock()(),
            progress=line.tell,
            forecasters=[forecaster],
            compute=line.compute,
        )
        (said,) = report.models
        yield dg.MaterializeResult(
            metadata={"dagster/row_count": said.rows, "appended": said.appended, **said.statuses}
        )

    return _forecast


def definitions() -> dg.Definitions:
    """One asset a forecaster of the registry."""
    return dg.Definitions(assets=[forecast_asset(f) for f in registry.FORECASTERS])
