"""What a warehouse remembers of its builds: whether incremental tables can go on, and which tables need no look.

Written before and after every build of the core, so that a killed one is recognised. A partial build (some tables, or
an as_of in the past) leaves tables that speak of different moments: the next whole build looks at all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.resources.warehouse import Warehouse
from pipelines.stages.build.layers import Stream

_TABLE = """
CREATE SCHEMA IF NOT EXISTS landing;
CREATE TABLE IF NOT EXISTS landing.build_state (inputs_hash VARCHAR, as_of TIMESTAMP, is_whole BOOLEAN);
ALTER TABLE landing.build_state ADD COLUMN IF NOT EXISTS settled_seq BIGINT;
"""


@dataclass(frozen=True)
class BuildState:
    """The last build: of which models and mappings, as of when, whether it ended, and up to which commit all agree."""

    inputs_hash: str
    as_of: datetime
    is_whole: bool
    settled_seq: int | None


def read(warehouse: Warehouse) -> BuildState | None:
    """None before the first build."""
    with warehouse.write("build state") as db:
        db.execute(_TABLE)
        row = db.execute("SELECT inputs_hash, as_of, is_whole, settled_seq FROM landing.build_state").fetchone()
    return BuildState(*row) if row else None


def why_full(state: BuildState | None, inputs_hash: str, as_of: datetime) -> str:
    """Why incremental tables cannot just go on; empty when they can.

    Moving `as_of` forward only adds what was recorded since, which the models pick up themselves; moving it back
    takes facts away.
    """
    if state is None:
        return "first build"
    if not state.is_whole:
        return "the last full build did not end"
    if state.inputs_hash != inputs_hash:
        return "models or mappings have changed"
    return "as of an earlier moment" if as_of < state.as_of else ""


def distrust(warehouse: Warehouse) -> None:
    """Before commits get new numbers: whatever was built by the old ones is to be built in full."""
    with warehouse.write("build state") as db:
        db.execute(_TABLE)
        db.execute("UPDATE landing.build_state SET is_whole = false, settled_seq = NULL")


def begin(warehouse: Warehouse, as_of: datetime, *, is_full: bool) -> None:
    """Note the intent: after a crash, some tables may already speak as of this moment, or be half rebuilt."""
    with warehouse.write("build state") as db:
        db.execute(_TABLE)
        if is_full:
            db.execute("DELETE FROM landing.build_state")
            db.execute("INSERT INTO landing.build_state VALUES ('', ?, false, NULL)", [as_of])
        else:
            db.execute("UPDATE landing.build_state SET as_of = greatest(as_of, ?), settled_seq = NULL", [as_of])


def finish(warehouse: Warehouse, inputs_hash: str, as_of: datetime, *, is_present: bool) -> None:
    """All tables of the core have been built as of this moment; `is_present`: that of the sources themselves."""
    update = (
        "UPDATE landing.build_state SET inputs_hash = ?, as_of = ?, is_whole = true, "
        "settled_seq = CASE WHEN ? THEN (SELECT max(commit_seq) FROM landing.sync) END"
    )
    with warehouse.write("build state") as db:
        db.execute(update, [inputs_hash, as_of, is_present])


def streams_since(warehouse: Warehouse, commit_seq: int) -> set[Stream]:
    """The streams of which commits after this one hold anything."""
    query = "SELECT DISTINCT type, stream FROM landing.commit_file WHERE commit_seq > ? AND rows > 0"
    with warehouse.read("build state") as db:
        return set(db.execute(query, [commit_seq]).fetchall())
