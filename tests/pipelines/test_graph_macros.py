"""Circles and longest paths in SQL are those that the definitions give, on random graphs of every shape."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest

from pipelines.resources.dbt import PROJECT_DIR

MACROS: Any = jinja2.Environment(autoescape=False).from_string(  # noqa: S701 - SQL, not a page
    (Path(PROJECT_DIR) / "macros" / "graph.sql").read_text(encoding="utf-8")
).module  # fmt: skip
Edges = list[tuple[int, int]]


def reached(edges: Edges, start: int) -> set[int]:
    """Every node that a walk of at least one step from `start` leads to."""
    found: set[int] = set()
    todo = [start]
    while todo:
        node = todo.pop()
        new = {after for before, after in edges if before == node} - found
        found |= new
        todo += new
    return found


def longest(edges: Edges, weight: dict[tuple[int, int], int], least: dict[int, int], node: int) -> int:
    """By the definition: the greatest over all paths that end in the node."""
    before = [longest(edges, weight, least, first) + weight[first, last] for first, last in edges if last == node]
    return max([least[node], *before])


@pytest.mark.parametrize("seed", range(25))
def test_a_circle_is_the_nodes_that_reach_each_other_named_by_the_least(seed: int) -> None:
    draw = random.Random(seed)
    edges = [(draw.randrange(12), draw.randrange(12)) for _ in range(draw.randrange(4, 20))]
    reach = {node: reached(edges, node) for node in range(12)}
    expected = {
        node: min(other for other in reach[node] if node in reach[other]) for node in range(12) if node in reach[node]
    }
    with duckdb.connect() as db:
        db.execute("create table edge (predecessor_id integer, successor_id integer)")
        db.executemany("insert into edge values (?, ?)", edges)
        assert dict(db.execute(f"select * from {MACROS.cycles('edge')}").fetchall()) == expected  # noqa: S608 (our own macro)


@pytest.mark.parametrize("seed", range(25))
def test_the_longest_path_is_the_greatest_over_all_paths(seed: int) -> None:
    draw = random.Random(seed)
    edges = sorted({(a, b) for a, b in ((draw.randrange(9), draw.randrange(9)) for _ in range(20)) if a < b})
    weight = {edge: draw.randrange(-3, 9) for edge in edges}
    least = {node: draw.randrange(5) for node in range(9)}
    with duckdb.connect() as db:
        db.execute("create table node (node_id integer, least integer)")
        db.execute("create table edge (predecessor_id integer, successor_id integer, weight integer)")
        db.executemany("insert into node values (?, ?)", list(least.items()))
        db.executemany("insert into edge values (?, ?, ?)", [(*edge, weight[edge]) for edge in edges])
        found = dict(db.execute(f"select * from {MACROS.longest_paths('node', 'edge')}").fetchall())  # noqa: S608 (our own macro)
    assert found == {node: longest(edges, weight, least, node) for node in range(9)}
