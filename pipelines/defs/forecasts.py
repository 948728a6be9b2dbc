"""Scores of what was said, then forecasts into the ledger: daily and whenever their inputs changed."""

from collections.abc import Iterator

import dagster as dg

from models import registry
from models.forecaster import Forecaster, remembers
from pipelines import policies
from pipelines.keys import FORECAST_SCORE, input_address, table_key
from pipelines.line import Line
from pipelines.stages import forecast, score

IN_BAND = "coverage_keeps_its_band"


def _spec(forecaster: Forecaster) -> dg.AssetSpec:
    scores = [FORECAST_SCORE] if remembers(forecaster) else []
    return dg.AssetSpec(
        dg.AssetKey(["ledger", forecaster.ledger_table]),
        deps=[*(table_key(input_address(table)) for table in forecaster.inputs), *scores],
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


def _checks(forecaster: Forecaster) -> list[dg.AssetCheckSpec]:
    """Only a forecaster that can step back is asked whether it keeps its band."""
    text = "The 80 % intervals of this model hold .80 of the outcomes; where not, the naive speaks in its place."
    key = dg.AssetKey(["ledger", forecaster.ledger_table])
    return [dg.AssetCheckSpec(IN_BAND, asset=key, description=text)] if remembers(forecaster) else []


def forecast_asset(forecaster: Forecaster) -> dg.AssetsDefinition:
    """One forecaster as an asset: rows are appended, never rewritten."""
    spec, checks = _spec(forecaster), _checks(forecaster)

    @dg.multi_asset(name=f"forecast_{forecaster.ledger_table}", specs=[spec], check_specs=checks)
    def _forecast(
        context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
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
        figures = {"dagster/row_count": said.rows, "appended": said.appended, "unchanged": said.unchanged}
        yield dg.MaterializeResult(metadata={**figures, **said.statuses})
        if checks:
            yield dg.AssetCheckResult(
                asset_key=spec.key,
                check_name=IN_BAND,
                passed=not said.drifted,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"drifted": said.drifted},
            )

    return _forecast


def score_asset() -> dg.AssetsDefinition:
    """The scorer as an asset: it reads the ledger as earlier runs left it, so it hangs on the tables alone."""
    scorer = score.SCORER

    @dg.multi_asset(
        name="forecast_score",
        specs=[
            dg.AssetSpec(
                FORECAST_SCORE,
                deps=[table_key(input_address(table)) for table in scorer.inputs],
                group_name="forecast",
                kinds={"python", "parquet"},
                owners=[policies.FORECASTING],
                automation_condition=policies.ON_CHANGE,
                code_version=scorer.version,
                description=(scorer.__class__.__doc__ or "").strip(),
            )
        ],
    )
    def _score(context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]) -> Iterator[dg.MaterializeResult[None]]:
        report = score.run_scores(
            line.warehouse,
            line.ledger,
            line.settings,
            line.moment,
            context.run.run_id,
            seed=forecast.SEED,
            known_at=line.landing.clock()(),
            progress=line.tell,
            compute=line.compute,
        )
        yield dg.MaterializeResult(
            metadata={"dagster/row_count": report.rows, "appended": report.appended, "resolved": report.resolved}
        )

    return _score


def definitions() -> dg.Definitions:
    """The scorer, and one asset a forecaster of the registry."""
    return dg.Definitions(assets=[score_asset(), *(forecast_asset(f) for f in registry.FORECASTERS)])
