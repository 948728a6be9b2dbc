"""Field history as a row for every issue and day, after dbt_jira, beside intervals: time, memory, agreement.

    python benchmarks/field_history_daily.py 10000 100000 [--home FOLDER]

The rows are those of the sandbox's bulk issues: status, assignee, priority and sprint. dbt_jira (Fivetran, Apache-2.0,
github.com/fivetran/dbt_jira, models/jira__daily_issue_field_history.sql and models/intermediate/field_history/) is
restated in `benchmarks/field_history/models/daily`, which names the model that each file follows; dbt_jira itself needs
Fivetran's tables. Each way runs twice in a child of its own: as plain statements, and through dbt in a warm process.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import jinja2

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from bulk_home import built
from measure import child

PROJECT = Path(__file__).parent / "field_history"
WAYS = {"daily": ("pivoted", "filled", "spine", "daily_issue_field_history"), "interval": ("field_interval",)}
FIELDS = ("status", "assignee", "priority", "sprint")
PARTS = 16

ROWS = """
CREATE TABLE history AS
SELECT h.issue_id, if(d.schema_custom LIKE '%gh-sprint', 'sprint', h.field_id) AS field_id, h.valid_from AS updated_at,
       h.to_id AS field_value, h.valid_from, h.valid_to
FROM warehouse.marts.fct_issue_field_history AS h
LEFT JOIN (SELECT site_id, field_id, schema_custom FROM warehouse.staging.stg_jira__field) AS d
  ON d.site_id = split_part(h.issue_id, ':', 1) AND d.field_id = h.field_id
WHERE h.field_id IN ('status', 'assignee', 'priority') OR d.schema_custom LIKE '%gh-sprint';
CREATE TABLE field_history AS
SELECT issue_id, field_id, updated_at, field_value FROM history WHERE field_id <> 'sprint';
CREATE TABLE multiselect_history AS
SELECT issue_id, field_id, updated_at, unnest(string_split(coalesce(field_value, ''), ', ')) AS field_value
FROM history WHERE field_id = 'sprint';
UPDATE multiselect_history SET field_value = NULL WHERE field_value = '';
CREATE TABLE issue AS SELECT issue_id, created_at, resolved_at FROM warehouse.marts.dim_issue;
"""
AGREE = """
WITH held AS (
    SELECT issue_id, field_id, {listed} AS value,
           unnest(generate_series(valid_from::date::timestamp, last_on::timestamp, INTERVAL 1 DAY))::date AS date_day
    FROM (SELECT *, least(coalesce(valid_to::date - 1, DATE '{last}'), DATE '{last}') AS last_on FROM {ours})
    WHERE hash(issue_id) % {parts} = {part}
), theirs AS (
    UNPIVOT (
        SELECT date_day, issue_id, {coalesced} FROM daily_issue_field_history
        WHERE hash(issue_id) % {parts} = {part}
    ) ON {fields} INTO NAME field_id VALUE field_value
)
SELECT count(*), count(*) FILTER (WHERE {their_list} IS DISTINCT FROM coalesce(held.value, ''))
FROM theirs LEFT JOIN held USING (issue_id, date_day, field_id)
"""


def listed(column: str) -> str:
    """The value as text, '' for none; several sprints in one order, as dbt_jira's list has none of its own."""
    text = f"coalesce({column}, '')"
    return f"if(contains({text}, ', '), array_to_string(list_sort(string_split({text}, ', ')), ', '), {text})"


def rows(home: Path, scratch: Path) -> dict[str, Any]:
    """The rows that both ways begin with."""
    with duckdb.connect(str(scratch)) as db:
        db.execute(f"ATTACH '{home / 'warehouse' / 'warehouse.duckdb'}' AS warehouse (READ_ONLY)")
        db.execute(ROWS)
        found = db.execute(
            "SELECT (SELECT count(*) FROM issue), count(*), min(updated_at)::date::text, "
            "(SELECT max(as_of)::date::text FROM warehouse.landing.build_state) FROM history"
        ).fetchone()
    return dict(zip(("issues", "history_rows", "from", "as_of"), found or (), strict=True))


def plainly(scratch: Path, way: str, as_of: str) -> None:
    """As plain statements: what the models say with their names put in."""
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - SQL, not a page
    names: dict[str, Any] = {"ref": str, "var": lambda name: as_of}
    with duckdb.connect(str(scratch), config={"memory_limit": "10GB", "threads": 2}) as db:
        for name in WAYS[way]:
            text = (PROJECT / "models" / way / f"{name}.sql").read_text(encoding="utf-8")
            db.execute(f"CREATE OR REPLACE TABLE {name} AS {environment.from_string(text).render(names)}")


def through_dbt(scratch: Path, way: str, as_of: str) -> Callable[[], None]:
    """Through dbt, warm: what it costs to import and read the project is not the way's."""
    from pipelines.resources.dbt import Dbt

    dbt = Dbt(PROJECT, scratch.parent / f"dbt-{way}", scratch)
    dbt.build(["warm"], {"as_of": as_of}).raise_if_failed()
    return lambda: dbt.build([f"tag:{way}"], {"as_of": as_of}).raise_if_failed()


def agree(scratch: Path, ours: str, as_of: str) -> dict[str, int]:
    """All issue-days of the daily table, field by field, against the intervals expanded to days."""
    compared = differing = 0
    coalesced = ", ".join(f"coalesce({field}, '') AS {field}" for field in FIELDS)
    with duckdb.connect(str(scratch), config={"memory_limit": "10GB", "threads": 2}) as db:
        for part in range(PARTS):
            told = {"listed": listed("field_value"), "their_list": listed("theirs.field_value"), "part": part}
            query = AGREE.format(
                **told, last=as_of, ours=ours, parts=PARTS, fields=", ".join(FIELDS), coalesced=coalesced
            )
            found = db.execute(query).fetchone() or (0, 0)
            compared, differing = compared + found[0], differing + found[1]
    return {"issue_days": compared // len(FIELDS), "values_compared": compared, "differing": differing}


def timed(work: Callable[[], None]) -> dict[str, float]:
    """Wall and CPU seconds of the work alone, and the process's peak memory."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "seconds": round(time.perf_counter() - wall, 3),
        "cpu_seconds": round(time.process_time() - cpu, 3),
        "peak_memory_mb": round(peak, 1),
    }


def step(kind: str, scratch: Path, way: str, as_of: str) -> dict[str, Any]:
    if kind == "agree":
        return agree(scratch, way, as_of)
    return timed(through_dbt(scratch, way, as_of) if kind == "dbt" else lambda: plainly(scratch, way, as_of))


def measured(kind: str, scratch: Path, way: str, as_of: str) -> dict[str, Any]:
    """One step in a child of its own."""
    import os

    ran = child([sys.executable, __file__, "--step", kind, str(scratch), way, as_of], os.environ)
    found: dict[str, Any] = json.loads(ran.output.splitlines()[-1])
    return found


def bench(home: Path, issues: int) -> None:
    built(home, issues, publish=False)
    with tempfile.TemporaryDirectory(dir=home) as folder:
        scratch = Path(folder) / "scratch.duckdb"
        begun = rows(home, scratch)
        for kind in ("sql", "dbt"):
            ours, theirs = (measured(kind, scratch, way, begun["as_of"]) for way in ("interval", "daily"))
            faster = {name: round(theirs[name] / ours[name], 1) for name in ("seconds", "cpu_seconds")}
            line = {
                "benchmark": f"field_history_{kind}",
                "work": begun["history_rows"],
                "unit": "history rows",
                **begun,
            }
            print(json.dumps(line | {"interval": ours, "daily": theirs, "times_faster": faster}), flush=True)
        for name, table in (("interval table", "field_interval"), ("fct_issue_field_history", "history")):
            found = measured("agree", scratch, table, begun["as_of"])
            print(json.dumps({"benchmark": "field_history_agreement", "ours": name, **begun, **found}), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issues", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--home", type=Path, help="a folder that keeps the built warehouse for the next run")
    parser.add_argument("--step", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        kind, scratch, way, as_of = given.step
        print(json.dumps(step(kind, Path(scratch), way, as_of)))
        return
    for issues in given.issues:
        with tempfile.TemporaryDirectory() as folder:
            bench(given.home / str(issues) if given.home else Path(folder), issues)


if __name__ == "__main__":
    main()
