"""The thin Dagster shell: the only package that imports dagster, dagster_dbt or duckdb."""
