"""Scores of what was said, then forecasts into the ledger: daily and whenever their inputs changed.

All of them are one step: of a small portfolio a step costs Dagster more than most forecasts take.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import dagster as dg

from models import registry
from models.forecaster import Forecaster, steps_back
from pipelines import policies
from pipelines.keys import FORECAST_SCORE, input_address, table_key
from pipelines.line import Line
from pipelines.stages import forecast, score

IN_BAND = "coverage_keeps_its_band"
Events = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def _key(forecaster: Forecaster) -> dg.AssetKey:
    return dg.AssetKey(["ledger", forecaster.ledger_table])


def _spec(forecaster: Forecaster) -> dg.AssetSpec:
    scores = [FORECAST_SCORE] if steps_back(forecaster) else []
    return dg.AssetSpec(
        _key(forecaster),
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


def _check(forecaster: Forecaster) -> dg.AssetCheckSpec:
    text = "The 80 % intervals of this model hold .80 of the outcomes; where not, the naive speaks in its place."
    return dg.AssetCheckSpec(IN_BAND, asset=_key(forecaster), description=text)


def _score_spec() -> dg.AssetSpec:
    """The scorer reads the ledger as earlier runs left it, so it hangs on the tables alone."""
    scorer = score.SCORER
    return dg.AssetSpec(
        FORECAST_SCORE,
        deps=[table_key(input_address(table)) for table in scorer.inputs],
        group_name="forecast",
        kinds={"python", "parquet"},
        owners=[policies.FORECASTING],
        automation_condition=policies.ON_CHANGE,
        code_version=scorer.version,
        description=(scorer.__class__.__doc__ or "").strip(),
    )


def forecast_assets(forecasters: Sequence[Forecaster]) -> dg.AssetsDefinition:
    """The scorer and the forecasters as assets: rows are appended, never rewritten.

    Only a forecaster that can step back is asked whether it keeps its band. One that fails ends the step at its end:
    those that do not read what it says go on.
    """

    @dg.multi_asset(
        name="forecasts",
        specs=[_score_spec(), *map(_spec, forecasters)],
        check_specs=[_check(one) for one in forecasters if steps_back(one)],
        can_subset=True,
    )
    def _forecasts(context: dg.AssetExecutionContext, line: dg.ResourceParam[Line]) -> Events:
        selected, run_id, moment = context.selected_asset_keys, context.run.run_id, line.moment
        if FORECAST_SCORE in selected:
            yield _scored(line, run_id, moment)
        failed: dict[str, Exception] = {}
        for forecaster in (one for one in forecasters if _key(one) in selected):
            if failed.keys() & set(forecaster.inputs):
                continue
            try:
                yield from _forecast(line, run_id, moment, forecaster)
            except Exception as error:  # told below, when the others have spoken
                failed[forecaster.ledger_table] = error
        if failed:
            raise next(iter(failed.values()))

    return _forecasts


def _forecast(line: Line, run_id: str, moment: datetime, forecaster: Forecaster) -> Events:
    report = forecast.run_forecasts(
        line.warehouse,
        line.ledger,
        line.settings,
        moment,
        run_id,
        known_at=line.landing.clock()(),
        progress=line.tell,
        forecasters=[forecaster],
        compute=line.compute,
    )
    (said,) = report.models
    figures = {"dagster/row_count": said.rows, "appended": said.appended, "unchanged": said.unchanged}
    yield dg.MaterializeResult(asset_key=_key(forecaster), metadata={**figures, **said.statuses})
    if steps_back(forecaster):
        yield dg.AssetCheckResult(
            asset_key=_key(forecaster),
            check_name=IN_BAND,
            passed=not said.drifted,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"drifted": said.drifted},
        )


def _scored(line: Line, run_id: str, moment: datetime) -> dg.MaterializeResult[None]:
    report = score.run_scores(
        line.warehouse,
        line.ledger,
        line.settings,
        moment,
        run_id,
        seed=forecast.SEED,
        known_at=line.landing.clock()(),
        progress=line.tell,
        compute=line.compute,
    )
    figures = {"dagster/row_count": report.rows, "appended": report.appended, "resolved": report.resolved}
    return dg.MaterializeResult(asset_key=FORECAST_SCORE, metadata=figures)


def definitions() -> dg.Definitions:
    """One step: the scorer, and each forecaster of the registry as an asset."""
    return dg.Definitions(assets=[forecast_assets(registry.FORECASTERS)])
