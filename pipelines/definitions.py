"""Dagster's entry point: the definitions for the environment's settings, assembled when Dagster asks for them.

Here the lineage of columns is read if need be, which takes seconds: the UI shows it, a run does without.
"""

from __future__ import annotations

import dagster as dg

from pipelines import settings
from pipelines.assembly import assemble
from pipelines.line import Line
from pipelines.stages import documents


@dg.definitions
def defs() -> dg.Definitions:
    """Everything, for the settings of the environment."""
    config = settings.load()
    documents.prepare(Line.of(config))
    return assemble(config)
