"""Dagster's own home under SLIPSTREAM_HOME: written once, so that the command line and the UI share one history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dagster import DagsterInstance

CONFIG = """\
# Written by Slipstream once; change it as you like (Postgres storage, run launchers ...): it is not overwritten.
telemetry:
  enabled: false
nux:
  enabled: false
freshness:
  enabled: true
concurrency:
  pools:
    default_limit: 1  # DuckDB takes one writer at a time
    granularity: op
"""


def prepare(folder: Path) -> Path:
    """Make sure the folder and its dagster.yaml exist."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(CONFIG)
    return folder


def instance(folder: Path) -> DagsterInstance:
    """The instance whose runs and materialisations the UI shows."""
    import dagster as dg

    return dg.DagsterInstance.from_config(str(prepare(folder)))
