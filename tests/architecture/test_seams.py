"""The seams between packages that never import each other: what one writes is what the other reads."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from expectations import catalog
from models.forecast_score.drift import COLUMNS
from models.forecast_score.model import ForecastScore
from models.registry import FORECASTERS
from tests.fixtures.yaml_files import read_yaml

STAMPED = {"known_from"}
"""Columns that the ledger adds to what a forecaster returns."""


def plain(kind: str) -> str:
    return re.sub(r"\s+", "", kind).replace('"', "").upper()


def columns_of(table: dict[str, Any]) -> list[str]:
    return [column["name"] for column in table.get("columns", [])]


@pytest.fixture(scope="module")
def ledger(root: Path) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for file in sorted((root / "pipelines/resources").glob("ledger_tables*.yml")):
        tables |= read_yaml(file)
    return tables


@pytest.fixture(scope="module")
def ledger_sources(warehouse: Any) -> dict[str, Any]:
    """Every dbt source table that stands for a ledger table, wherever it is declared."""
    return {
        name: table
        for source, tables in warehouse.sources.items()
        if source not in ("jira", "registers", "landing")
        for name, table in tables.items()
    }


@pytest.mark.parametrize("kind", ["jira", "registers"])
def test_connector_fields_are_what_staging_reads(warehouse: Any, kind: str) -> None:
    streams = importlib.import_module(f"connectors.{kind}.streams").STREAMS
    offered = {s.name: {name: plain(t) for name, t in s.fields.items()} for s in streams}
    declared = {
        name: {column: plain(t) for column, t in table["config"]["meta"]["structure"].items()}
        for name, table in warehouse.sources[kind].items()
    }
    assert declared == offered


@pytest.mark.parametrize("kind", ["jira", "registers"])
def test_every_stream_is_staged(warehouse: Any, kind: str) -> None:
    streams = importlib.import_module(f"connectors.{kind}.streams").STREAMS
    assert {f"stg_{kind}__{s.name}" for s in streams} <= set(warehouse.models)


def test_every_register_can_be_looked_back_at(root: Path) -> None:
    text = (root / "dbt_project" / "macros" / "travel.sql").read_text(encoding="utf-8")
    listed = re.search(r"macro register_names.*?\[(.*?)\]", text, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed[1])) == {
        stream.name for stream in importlib.import_module("connectors.registers.streams").STREAMS
    }


def test_rules_read_only_columns_of_the_contracts(warehouse: Any) -> None:
    contracts = {f"{m.layer}.{m.name}": set(m.columns) for m in warehouse.layer("marts", "reporting")}
    needed = catalog.columns_by_table(catalog.load())
    assert {table: missing for table, names in needed.items() if (missing := names - contracts.get(table, set()))} == {}


def test_there_are_fifteen_rules(root: Path) -> None:
    assert len(catalog.load()) >= 15


@pytest.mark.parametrize("model", FORECASTERS, ids=lambda model: str(model.model_id))
def test_forecasters_read_only_columns_of_the_contracts(
    warehouse: Any, ledger_sources: dict[str, Any], model: Any
) -> None:
    said = {one.ledger_table: set(columns_of(ledger_sources[one.ledger_table])) for one in FORECASTERS}
    contracts = {m.name: set(m.columns) for m in warehouse.models.values()} | said
    missing = {t: gone for t, names in model.inputs.items() if (gone := set(names) - contracts.get(t, set()))}
    assert missing == {}


@pytest.mark.parametrize("model", FORECASTERS, ids=lambda model: str(model.model_id))
def test_forecasters_write_what_the_warehouse_reads_back(ledger_sources: dict[str, Any], model: Any) -> None:
    assert {*model.output} | STAMPED == set(columns_of(ledger_sources[model.ledger_table]))


def test_the_ledger_is_what_dbt_reads(ledger: dict[str, Any], ledger_sources: dict[str, Any]) -> None:
    read = {name: columns_of(table) for name, table in ledger_sources.items() if name in ledger}
    assert {"completeness", "expectation_result", "schedule_forecast", "throughput_forecast"} <= set(read)
    assert read == {name: list(ledger[name]["columns"]) for name in read}


def test_scores_are_of_contracts_and_the_ledger_and_fit_the_table_that_is_read_back(
    warehouse: Any, ledger_sources: dict[str, Any]
) -> None:
    contracts = {m.name: set(m.columns) for m in warehouse.models.values()}
    scorer = ForecastScore()
    assert {t: gone for t, names in scorer.inputs.items() if (gone := set(names) - contracts.get(t, set()))} == {}
    said = {t: gone for t, names in scorer.said.items() if (gone := set(names) - {*columns_of(ledger_sources[t])})}
    assert said == {}
    assert {*scorer.output} | STAMPED == {*columns_of(ledger_sources[scorer.ledger_table])}
    assert {*COLUMNS} <= {*columns_of(ledger_sources[scorer.ledger_table])}
