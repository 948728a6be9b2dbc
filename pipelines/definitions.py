"""Dagster's entry point: the definitions for the environment's settings, assembled when Dagster asks for them."""

from __future__ import annotations

import dagster as dg

from pipelines.assembly import assemble


@dg.definitions
def defs() -> dg.Definitions:
    """Everything, for the settings of the environment."""
    return assemble()
