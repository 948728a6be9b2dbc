"""What the dashboard's page and BI tools ask of a release: p50 and p95 of each query, beside the raw history.

    python benchmarks/bi_queries.py 100000 [--home FOLDER] [--rounds 40]

The queries run on the published copy, warm, on two threads, one after the other. The peer is the same question asked of
the working warehouse's field history and staging, where there is no table that answers it. `cpu_p95_ms` is what a query
costs; where others are at work, the wall time says more of them than of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import yaml

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from bulk_home import built

from pipelines.dashboard.render import TABLES

LIMIT_MS = 100
PEER_ROUNDS = 3


@dataclass(frozen=True)
class Question:
    """One query, and how the raw history would have to be asked instead."""

    name: str
    sql: str
    raw: str = ""


def catalogue() -> tuple[dict[str, str], list[Question]]:
    """Queries that find an example of each thing, and the questions of BI tools."""
    told = yaml.safe_load(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))
    questions = [
        Question(q["name"], q["sql"], q.get("raw", "").replace("{done}", told["done"])) for q in told["questions"]
    ]
    return told["examples"], questions


def percentiles(taken: list[float]) -> tuple[float, float]:
    return round(float(np.percentile(taken, 50)), 1), round(float(np.percentile(taken, 95)), 1)


def asked(db: duckdb.DuckDBPyConnection, sql: str, given: dict[str, object], rounds: int) -> dict[str, float]:
    """Milliseconds of wall and CPU, warm, with the answer fetched."""
    used = {name: value for name, value in given.items() if f"${name}" in sql}
    walls, cpus, answer = [], [], None
    for number in range(rounds + 2):
        wall, cpu = time.perf_counter(), time.process_time()
        answer = db.execute(sql, used or None).to_arrow_table()
        if number > 1:
            walls.append((time.perf_counter() - wall) * 1000)
            cpus.append((time.process_time() - cpu) * 1000)
    (p50, p95), (cpu50, cpu95) = percentiles(walls), percentiles(cpus)
    rows = 0 if answer is None else answer.num_rows
    return {"rows": rows, "p50_ms": p50, "p95_ms": p95, "cpu_p50_ms": cpu50, "cpu_p95_ms": cpu95}


def page_tables(db: duckdb.DuckDBPyConnection) -> list[Question]:
    """What the page reads: its tables as they are."""
    listed = "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_name = ?"
    found = [db.execute(listed, [name]).fetchone() for name in TABLES]
    return [Question(f"page: {row[0]}", f"SELECT * FROM {row[0]}") for row in found if row]  # noqa: S608


def bench(home: Path, issues: int, rounds: int) -> list[str]:
    """The names of those above the limit."""
    built(home, issues)
    above = []
    options = {"threads": 2, "memory_limit": "4GB"}
    working = home / "warehouse" / "warehouse.duckdb"
    with (
        duckdb.connect(str((home / "published" / "portfolio.duckdb").resolve()), read_only=True, config=options) as db,
        duckdb.connect(str(working), read_only=True, config=options) as raw,
    ):
        examples, questions = catalogue()
        given = {name: (db.execute(sql).fetchone() or (None,))[0] for name, sql in examples.items()}
        for question in [*page_tables(db), *questions]:
            line = {"benchmark": "bi_queries", "query": question.name, "issues": issues, "rounds": rounds}
            line |= asked(db, question.sql, given, rounds)
            if question.raw:
                line["peer"] = {"name": "the working file's history", **asked(raw, question.raw, given, PEER_ROUNDS)}
            print(json.dumps(line), flush=True)
            if line["p95_ms"] > LIMIT_MS:  # type: ignore[operator]
                above.append(question.name)
    return above


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("issues", nargs="?", type=int, default=100_000)
    parser.add_argument("--home", type=Path, help="a folder that keeps the built warehouse for the next run")
    parser.add_argument("--rounds", type=int, default=40)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home / str(given.issues) if given.home else Path(folder)
        above = bench(home, given.issues, given.rounds)
    print(json.dumps({"benchmark": "bi_queries", "issues": given.issues, "limit_ms": LIMIT_MS, "above": above}))


if __name__ == "__main__":
    main()
