"""A full rebuild in a file of its own, swapped in at its end: until then the old tables stand whole for whoever reads.

What is landed meanwhile is replayed before the swap. A rebuild that is killed leaves the old file; the next clears up.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.crashpoints import crashpoint
from pipelines.resources.warehouse import Warehouse
from pipelines.stages.build import project
from pipelines.stages.build.report import BuildReport

if TYPE_CHECKING:
    from pipelines.line import Line

Build = Callable[["Line", str], BuildReport]
"""Builds the core of a line, in full for the reason given, or going on where there is none."""


def rebuilt(line: Line, why: str, later: Collection[str], build: Build) -> BuildReport:
    """Build the core beside the warehouse and swap it in; `later` names the tables that other layers build.

    Where a table fails, what stands is the old file, and the report says which.
    """
    # the name of the file is the name of the catalogue
    fresh = replace(line, warehouse_path=line.warehouse.path.parent / project.ANEW / line.warehouse.path.name)
    with fresh.warehouse.lock(f"full rebuild ({why})"):
        _clear(fresh.warehouse.path)
        report = build(fresh, why)
        crashpoint("line.rebuilt")
        if report.ok:
            with line.warehouse.lock("swap of a rebuilt warehouse"):
                report = _replayed(fresh, report, build)
                if report.ok:
                    _carry_over(line.warehouse, fresh.warehouse, later)
                    line.warehouse.replace_by(fresh.warehouse)
        _clear(fresh.warehouse.path)
    return report


def _clear(path: Path) -> None:
    """Whatever is left of a rebuild; the lock beside it stays."""
    for left in (path, path.with_name(path.name + ".wal")):
        left.unlink(missing_ok=True)


def _replayed(fresh: Line, report: BuildReport, build: Build) -> BuildReport:
    """Go on with what was landed since: nobody may find a warehouse that knows less than it did before."""
    with fresh.warehouse.read("replay") as db:
        known = {row[0] for row in db.execute("SELECT sync_id FROM landing.sync").fetchall()}
    if known.issuperset(fresh.landing.commit_ids()):
        return report
    fresh.tell("warehouse: going on with what was landed meanwhile")
    more = build(fresh, "")
    crashpoint("line.replayed")
    took = report.seconds + more.seconds
    return replace(report, nodes=(*report.nodes, *more.failed), as_of=more.as_of, seconds=round(took, 2))


def _carry_over(old: Warehouse, new: Warehouse, later: Collection[str]) -> None:
    """The tables of later layers stand until these are built again, as they do after any build of the core."""
    with new.write("swap of a rebuilt warehouse") as db:
        new.attach(db, old, "old")
        listed = "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'old'"
        for schema, table in db.execute(listed).fetchall():
            if f"{schema}.{table}" in later:
                db.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
                db.execute(f'CREATE TABLE "{schema}"."{table}" AS SELECT * FROM old."{schema}"."{table}"')  # noqa: S608
        db.execute("DETACH old")
