"""Slipstream landed and staged: `slipstream sync jira`, then dbt's staging models into DuckDB, a process each."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from protocol import Jira, Row, main
from slipstream_sync import environment

_STAGE = """
from pipelines import settings
from pipelines.line import Line
from pipelines.stages.build.builder import build_layer
build_layer(Line.of(settings.load()), "core", ["path:models/staging/jira"]).raise_if_failed()
"""


def run(site: Jira, out: Path) -> int:
    env = {**os.environ, **environment(site, out)}
    synced = subprocess.run([sys.executable, "-m", "pipelines.cli", "sync", "jira"], env=env, check=False)
    if synced.returncode not in (0, 3):
        return synced.returncode
    staged = subprocess.run([sys.executable, "-c", _STAGE], env=env, check=False)
    return staged.returncode or synced.returncode


def count(out: Path) -> Iterable[Row]:
    import duckdb

    warehouse = out / "warehouse" / "warehouse.duckdb"
    if not warehouse.exists():
        return
    with duckdb.connect(str(warehouse), read_only=True) as db:
        tables = {name for (name,) in db.sql("SELECT table_name FROM duckdb_tables()").fetchall()}
        if "stg_jira__issue" in tables:
            yield from db.sql("""
                WITH entry AS (
                    SELECT issue_id, unnest(histories).id AS id FROM staging.stg_jira__issue
                    UNION SELECT issue_id, unnest(histories).id FROM staging.stg_jira__issue_changelog
                ), held AS (SELECT issue_id, list(id) AS ids FROM entry GROUP BY issue_id)
                SELECT i.issue_id, coalesce(h.ids, []) FROM staging.stg_jira__issue i LEFT JOIN held h USING (issue_id)
            """).fetchall()


if __name__ == "__main__":
    main(run, count)
