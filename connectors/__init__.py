"""Connectors read project-management systems and yield records; they know nothing of Dagster, dbt or DuckDB."""
