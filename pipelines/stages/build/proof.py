"""Incremental equals rebuilt, proven: the core is built anew from landing in a file of its own, and compared.

The working warehouse is only locked while it is brought up to date and read, not while the other one is built.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.errors import SourceError
from pipelines.line import Line
from pipelines.resources.sql import identifier, literal
from pipelines.resources.warehouse import Warehouse
from pipelines.stages.build import builder, layers, project

Columns = Mapping[str, Sequence[str]]
Digest = tuple[int, int, int]
"""Of a table's rows in any order: how many, and two sums over their hashes."""
_EXAMPLES = 3


class MovedOnError(SourceError):
    """The warehouse was built again while it was compared."""


@dataclass(frozen=True)
class Comparison:
    """One table: its rows here and rebuilt, how many are in one only, and the first columns of a few of those."""

    table: str
    rows: int
    rebuilt_rows: int
    differing: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class RebuildReport:
    """What a rebuild from landing said of the working warehouse."""

    as_of: datetime
    seconds: float
    tables: tuple[Comparison, ...]

    @property
    def differing(self) -> tuple[Comparison, ...]:
        return tuple(table for table in self.tables if table.differing)

    def summary(self) -> str:
        """One sentence for a person."""
        rows = sum(table.rows for table in self.tables)
        found = ", ".join(f"{table.table} in {table.differing:,} rows" for table in self.differing)
        return (
            f"rebuilt from landing as of {self.as_of:%Y-%m-%d %H:%M} UTC in {self.seconds:.0f} s: {len(self.tables)} "
            f"tables, {rows:,} rows, {'these differ: ' + found if found else '0 rows differ'}"
        )

    def to_json(self) -> str:
        figures = {"as_of": self.as_of.isoformat(), "seconds": self.seconds, "differing": len(self.differing)}
        return json.dumps(figures | {"tables": [asdict(table) for table in self.tables]})


def verify_rebuild(line: Line) -> RebuildReport:
    """Build what is landed, here and anew, and compare every stored table of the core; raises where a build fails."""
    started = time.monotonic()
    present = replace(line, as_of=None)
    built = builder.build_layer(present, "core")
    built.raise_if_failed()
    stored = layers.stored_tables(project.manifest(present))
    with line.warehouse.read("comparison with a rebuild") as db:
        syncs = _syncs(db)
        columns = {table: _columns(db, table) for table in stored}
        ours = _digests(db, columns)
    with _scratch(line) as place:
        path = place / "warehouse" / line.warehouse.path.name
        anew = replace(present, warehouse_path=path, only_syncs=syncs, tell=lambda text: line.tell(f"anew: {text}"))
        builder.build_layer(anew, "core").raise_if_failed()
        with anew.warehouse.read("comparison with a rebuild") as db:
            theirs = _digests(db, columns)
        tables = [Comparison(table, ours[table][0], theirs[table][0]) for table in stored]
        if ours != theirs:
            tables = list(_differences(line.warehouse, anew.warehouse, syncs, columns, ours, theirs))
    return RebuildReport(built.as_of or present.moment, round(time.monotonic() - started, 2), tuple(tables))


@contextmanager
def _scratch(line: Line) -> Iterator[Path]:
    """A folder beside the warehouse with the project already parsed; what a killed comparison left is cleared first."""
    place = line.settings.home / "rebuilt"
    shutil.rmtree(place, ignore_errors=True)
    parsed = project.manifest_path(line).parent
    shutil.copytree(parsed, place / "dbt" / parsed.name)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _syncs(db: Any) -> frozenset[str]:
    return frozenset(row[0] for row in db.execute("SELECT sync_id FROM landing.sync").fetchall())


def _columns(db: Any, table: str) -> list[str]:
    """All but the lineage columns, which say by which build a row was written."""
    described = db.execute(f"SELECT column_name FROM (DESCRIBE {table})").fetchall()  # noqa: S608
    return [row[0] for row in described if not row[0].startswith("_")]


def _rows(table: str, columns: Sequence[str], catalogue: str = "") -> str:
    return f"SELECT {', '.join(identifier(name) for name in columns)} FROM {catalogue}{table}"  # noqa: S608 (quoted)


def _digests(db: Any, columns: Columns) -> dict[str, Digest]:
    found = {}
    for table, names in columns.items():
        hashes = f"SELECT hash(t) AS h FROM ({_rows(table, names)}) AS t"  # noqa: S608 (quoted)
        sums = "count(*), coalesce(bit_xor(h), 0), coalesce(sum(h), 0)"
        found[table] = db.execute(f"SELECT {sums} FROM ({hashes})").fetchone()  # noqa: S608
    return found


def _differences(
    working: Warehouse, rebuilt: Warehouse, syncs: frozenset[str], columns: Columns, *digests: Mapping[str, Digest]
) -> Iterator[Comparison]:
    ours, theirs = digests
    with working.write("comparison with a rebuild") as db:
        if _syncs(db) != syncs or _digests(db, columns) != ours:
            raise MovedOnError(
                "The warehouse was built again while it was compared with a rebuild, and something differed.",
                "Run `slipstream verify rebuild` once more, at a quiet hour.",
            )
        db.execute(f"ATTACH {literal(rebuilt.path)} AS rebuilt (READ_ONLY)")
        for table, names in columns.items():
            is_equal = ours[table] == theirs[table]
            differing, examples = (0, ()) if is_equal else _difference(db, table, names)
            yield Comparison(table, ours[table][0], theirs[table][0], differing, examples)
        db.execute("DETACH rebuilt")


def _difference(db: Any, table: str, names: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """How many rows are in one of the two only, and the first columns of a few of them."""
    here, anew = _rows(table, names), _rows(table, names, "rebuilt.")
    only = f"(({here} EXCEPT ALL {anew}) UNION ALL ({anew} EXCEPT ALL {here}))"
    (differing,) = db.execute(f"SELECT count(*) FROM {only}").fetchone()  # noqa: S608 (quoted)
    keys = f"SELECT DISTINCT {identifier(names[0])}::VARCHAR FROM {only} ORDER BY 1 LIMIT {_EXAMPLES}"  # noqa: S608
    return int(differing), tuple(row[0] for row in db.execute(keys).fetchall())
