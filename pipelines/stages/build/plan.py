"""Decides what a build of a layer has to do: which tables stand as they are, and when all must be built anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipelines.crashpoints import crashpoint
from pipelines.resources.dbt import UNCHANGED, Dbt, NodeResult
from pipelines.resources.warehouse import Warehouse
from pipelines.stages.build import layers, project, state

if TYPE_CHECKING:
    from pipelines.line import Line


@dataclass(frozen=True)
class Plan:
    """What dbt is told to build, and which nodes stand as they are."""

    paths: Sequence[str]
    exclude: Sequence[str]
    is_whole: bool = False
    """Whether it is the whole core: what its end may be noted for."""
    hashed: str = ""
    why_full: str = ""
    unchanged: tuple[NodeResult, ...] = ()


def planned(
    line: Line, dbt: Dbt, layer: str, select: Sequence[str] | None, as_of: datetime, *, full_refresh: bool
) -> Plan:
    paths, exclude = (tuple(select), ()) if select else layers.SELECT[layer]
    if layer != "core":
        return Plan(paths, exclude)
    last = state.read(line.warehouse)
    hashed = project.inputs_hash(dbt, line.settings)
    why_full = "asked for" if full_refresh else state.why_full(last, hashed, as_of)
    if select and last is None:
        return Plan((*paths, layers.SEEDS), exclude, why_full=why_full)  # nothing is there yet to agree with
    if why_full and line.as_of is None:
        paths, exclude = layers.SELECT[layer]  # tables of which only some were built anew would contradict each other
    is_whole = not select or bool(why_full and line.as_of is None)
    state.begin(line.warehouse, as_of, is_full=bool(why_full))
    crashpoint("line.begun")
    if why_full:
        line.tell(f"warehouse: rebuilding in full ({why_full})")
        return Plan((*paths, layers.SEEDS), exclude, is_whole, hashed, why_full)
    exclude = (*exclude, *layers.INNER_TESTS)
    if select or line.as_of is not None or last is None or last.settled_seq is None:
        return Plan(paths, exclude, is_whole, hashed)
    manifest = project.read_manifest(dbt.manifest_path())
    core = [uid for uid in layers.models_of_layer(manifest, layer) if uid.startswith("model.")]
    changed = state.streams_since(line.warehouse, last.settled_seq)
    there = _relations(line.warehouse)
    same = [uid for uid in layers.unchanged(manifest, changed) if uid in core and _relation(manifest, uid) in there]
    names = tuple(manifest["nodes"][uid]["name"] for uid in core if uid not in same)
    stand = (*same, *layers.standing_with(manifest, same))
    return Plan(names, exclude, is_whole, hashed, unchanged=tuple(_as_it_was(manifest["nodes"][uid]) for uid in stand))


def _as_it_was(node: Mapping[str, Any]) -> NodeResult:
    return NodeResult(
        unique_id=node["unique_id"],
        resource_type=node["resource_type"],
        status=UNCHANGED,
        seconds=0.0,
        rows_affected=None,
        message="nothing that it reads has changed since it was last built",
        failures=None,
        relation=node.get("relation_name"),
    )


def _relations(warehouse: Warehouse) -> set[str]:
    """The tables and views that are there; somebody may have dropped one by hand."""
    with warehouse.read("tables") as db:
        tables = "SELECT schema_name || '.' || table_name FROM duckdb_tables()"
        views = "SELECT schema_name || '.' || view_name FROM duckdb_views()"
        return {row[0] for row in db.execute(f"{tables} UNION ALL {views}").fetchall()}


def _relation(manifest: Mapping[str, Any], uid: str) -> str:
    node = manifest["nodes"][uid]
    return f"{node['schema']}.{node['alias']}"
