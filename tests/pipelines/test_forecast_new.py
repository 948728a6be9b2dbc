"""A new forecaster needs nothing of the pipeline but its own class and the structure of its ledger table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pandas as pd
import pytest

from models.forecaster import Forecaster, Tables
from models.registry import FORECASTERS
from pipelines.defs.forecasts import forecast_assets
from pipelines.keys import input_address
from pipelines.resources import ledger as ledger_module
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.stages.forecast import run_forecasts

NOON = datetime(2025, 7, 6, 12, tzinfo=UTC)
STRUCTURE = {
    "programme": "VARCHAR", "scenario": "VARCHAR", "as_of_on": "DATE", "model_id": "VARCHAR",
    "model_version": "VARCHAR", "forecast_status": "VARCHAR", "spent": "DOUBLE",
    "inputs_hash": "VARCHAR", "known_from": "TIMESTAMP",
}  # fmt: skip


class Spending:
    """What each programme will have spent, in two scenarios."""

    model_id = "spending"
    version = "0.1.0"
    ledger_table = "spending_forecast"
    key: Sequence[str] = ("programme", "scenario")
    inputs: Mapping[str, Sequence[str]] = {
        "fct_budget_line": ("programme", "amount"),
        "int_rates": ("scenario", "rate"),
    }
    output = tuple(name for name in STRUCTURE if name != "known_from")

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        pairs = tables["fct_budget_line"].merge(tables["int_rates"], how="cross")
        frame = pairs.assign(as_of_on=as_of, model_id=self.model_id, model_version=self.version, forecast_status="ok")
        frame["spent"] = frame["amount"] * frame["rate"]
        frame["inputs_hash"] = frame["spent"].map(str)
        return frame.sort_values(list(self.key))[list(self.output)]


MODEL: Forecaster = Spending()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home whose warehouse holds the inputs and whose ledger knows the table."""
    declared = {**ledger_module.structures(), MODEL.ledger_table: STRUCTURE}
    monkeypatch.setattr(ledger_module, "structures", lambda: declared)
    settings = Settings(home=tmp_path, sources_dir=tmp_path / "sources", lock_wait_seconds=5)
    with Warehouse.of(settings).write("test") as connection:
        connection.execute("CREATE SCHEMA marts; CREATE SCHEMA intermediate")
        connection.execute(
            "CREATE TABLE marts.fct_budget_line AS FROM (VALUES ('A', 10.0::DOUBLE), ('B', 20.0)) t(programme, amount)"
        )
        connection.execute(
            "CREATE TABLE intermediate.int_rates AS FROM (VALUES ('low', 1.0::DOUBLE), ('high', 1.5)) t(scenario, rate)"
        )
    return settings


def test_its_forecasts_are_said_once_per_key(settings: Settings) -> None:
    warehouse, ledger = Warehouse.of(settings), Ledger(settings.ledger_dir)

    def run(run_id: str) -> int:
        return run_forecasts(warehouse, ledger, settings, NOON, run_id, forecasters=(MODEL,)).appended

    assert (run("r1"), run("r2")) == (4, 0)
    with warehouse.write("test") as connection:
        connection.execute("UPDATE marts.fct_budget_line SET amount = 30 WHERE programme = 'B'")
    assert run("r3") == 2
    entries = ledger.pattern(MODEL.ledger_table)
    said = duckdb.execute(f"FROM read_parquet('{entries}') ORDER BY known_from").df()
    assert said.query("programme == 'B' and scenario == 'high'")["spent"].tolist() == [30.0, 45.0]


def test_its_asset_follows_from_its_inputs() -> None:
    (spec,) = (spec for spec in forecast_assets([MODEL]).specs if spec.key.path[-1] == MODEL.ledger_table)
    assert spec.key == dg.AssetKey(["ledger", "spending_forecast"])
    assert {tuple(dep.asset_key.path) for dep in spec.deps} == {
        ("marts", "fct_budget_line"),
        ("intermediate", "int_rates"),
    }


@pytest.mark.parametrize(
    ("table", "address"),
    [
        ("dim_project", "marts.dim_project"),
        ("bridge_team_member", "marts.bridge_team_member"),
        ("int_governance__project_trust", "intermediate.int_governance__project_trust"),
        ("schedule_forecast", "ledger.schedule_forecast"),
    ],
)
def test_a_table_is_addressed_by_its_prefix(table: str, address: str) -> None:
    assert input_address(table) == address


@pytest.mark.parametrize("model", FORECASTERS, ids=lambda model: str(model.model_id))
def test_every_registered_forecaster_writes_what_tells_its_rows_apart(model: Forecaster) -> None:
    assert {*model.key, "as_of_on", "model_id", "forecast_status", "inputs_hash"} <= set(model.output)


@pytest.mark.parametrize("model", FORECASTERS, ids=lambda model: str(model.model_id))
def test_every_registered_forecaster_reads_only_what_was_said_before_it(model: Forecaster) -> None:
    earlier = {one.ledger_table for one in FORECASTERS[: FORECASTERS.index(model)]}
    assert {table for table in model.inputs if input_address(table).startswith("ledger.")} <= earlier
