"""Named operating policies, so that automation, retries, pools and owners are decided once."""

from __future__ import annotations

from datetime import timedelta

import dagster as dg

DATA_ENGINEERING = "team:data-engineering"
PMO = "team:pmo"
FORECASTING = "team:forecasting"

WAREHOUSE_POOL = "warehouse"
"""Orders the runs that write DuckDB; the lock in `Warehouse` is what protects the file."""

# Plain eager() still fires after a failed blocking check of another run (measured), hence the second half.
ON_CHANGE = dg.AutomationCondition.eager() & dg.AutomationCondition.all_deps_blocking_checks_passed()

RETRY = dg.RetryPolicy(max_retries=2, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS)
"""For steps that talk to the outside (sources, channels); the others fail at once and say why."""

DAILY_FORECAST_CRON = "0 5 * * *"
"""Before the PMO's working day, in the portfolio's reporting time zone."""

NIGHTLY_REBUILD_CRON = "0 2 * * *"
"""When nobody waits for the warehouse; done before the daily forecast."""

SENSOR_INTERVAL_SECONDS = 60


def freshness(fresh_for: timedelta | None) -> dg.FreshnessPolicy | None:
    """Late after the time that dbt's source declares (`warn_after`), stale after three times as long."""
    if not fresh_for:
        return None
    return dg.FreshnessPolicy.time_window(fail_window=3 * fresh_for, warn_window=fresh_for)


def source_pool(source_type: str, site: str) -> str:
    """Syncs of one site run one after the other; different sites side by side."""
    return f"source_{source_type}_{site}"
