"""Dagster components that operators instantiate in YAML."""
