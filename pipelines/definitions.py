"""Dagster's entry point: the definitions for the environment's settings."""

from __future__ import annotations

from pipelines.assembly import assemble

defs = assemble()
