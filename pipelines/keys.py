"""Table address ↔ asset key: the one place that says how the two map."""

from __future__ import annotations

import dagster as dg

EXPECTATION_RESULT = dg.AssetKey(["ledger", "expectation_result"])
OUTPUT_EXPECTATION_RESULT = dg.AssetKey(["ledger", "output_expectation_result"])
FORECAST_SCORE = dg.AssetKey(["ledger", "forecast_score"])
RULE = dg.AssetKey(["ledger", "rule"])
COMPLETENESS = dg.AssetKey(["ledger", "completeness"])
ALERT = dg.AssetKey(["ledger", "alert"])
REBUILT = dg.AssetKey(["quality", "rebuilt_warehouse"])
RELEASE = dg.AssetKey(["published", "release"])


def input_address(table: str) -> str:
    """`dim_project` → `marts.dim_project`: the table a forecaster names, with its schema, told by its prefix.

    What is neither a mart nor intermediate is a table of the ledger: what another forecaster said.
    """
    schemas = {"dim": "marts", "fct": "marts", "bridge": "marts", "int": "intermediate"}
    return f"{schemas.get(table.partition('_')[0], 'ledger')}.{table}"


def table_key(address: str) -> dg.AssetKey:
    """`marts.dim_project` → the asset key ["marts", "dim_project"]."""
    return dg.AssetKey(address.split("."))


def landing_key(source_type: str, site: str, stream: str) -> dg.AssetKey:
    """The asset of one stream of one site."""
    return dg.AssetKey(["landing", source_type, site, stream])
