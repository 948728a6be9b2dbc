"""Decides what a build of a layer has to do: which tables stand as they are, and when all must be built anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pipelines.crashpoints import crashpoint
from pipelines.resources.dbt import Dbt
from pipelines.resources.dbt_results import UNCHANGED, NodeResult
from pipelines.resources.warehouse import Warehouse
from pipelines.stages.build import layers, project, state

if TYPE_CHECKING:
    from pipelines.line import Line

LISTED = (
    "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = current_database()"
)


@dataclass(frozen=True)
class Plan:
    """What dbt is told to build, and which nodes stand as they are."""

    paths: Sequence[str]
    exclude: Sequence[str]
    as_of: datetime
    nodes: Sequence[str] | None = None
    """Where it is known to the node what is to be built: their unique ids, which then count instead of paths."""
    is_whole: bool = False
    """Whether it is the whole core: what its end may be noted for."""
    hashed: str = ""
    why_full: str = ""
    unchanged: tuple[NodeResult, ...] = ()
    is_beside: bool = False
    """Whether the whole core is to be built anew in a file of its own."""


def is_protected(line: Line) -> bool:
    """Whether there are whole tables that a rebuild in the same file would take away from readers while it lasts."""
    last = state.read(line.warehouse)
    return last is not None and last.is_whole and line.warehouse.is_replaceable


def planned(line: Line, dbt: Dbt, layer: str, select: Sequence[str] | None, as_of: datetime, why: str) -> Plan:
    """`why`: the reason for which all is built anew, where one is given; there may be others."""
    paths, exclude = (tuple(select), ()) if select else layers.SELECT[layer]
    todo = Plan(paths, exclude, as_of)
    if layer != "core":
        return todo if select else replace(todo, nodes=_whole(project.read_manifest(dbt.manifest_path()), layer))
    last = state.read(line.warehouse)
    hashed = project.inputs_hash(dbt, line.settings)
    todo = replace(todo, hashed=hashed, why_full=why or state.why_full(last, hashed, as_of))
    if select and last is None:
        return replace(todo, hashed="", paths=(*paths, layers.SEEDS))  # nothing is there yet to agree with
    is_of_all = bool(todo.why_full and line.as_of is None)  # only some built anew would contradict the others
    todo = replace(todo, is_whole=not select or is_of_all)
    if todo.why_full and todo.is_whole and is_protected(line):
        return replace(todo, is_beside=True)
    state.begin(line.warehouse, as_of, is_full=bool(todo.why_full))
    crashpoint("line.begun")
    if todo.why_full:
        paths, exclude = layers.SELECT[layer] if is_of_all else (paths, exclude)
        return replace(todo, paths=(*paths, layers.SEEDS), exclude=exclude)
    todo = replace(todo, exclude=(*exclude, *layers.INNER_TESTS))
    if select or line.as_of is not None or last is None or last.settled_seq is None:
        return todo
    day, last_day = (_local_day(line, moment) for moment in (as_of, last.as_of))
    return _narrowed(line, dbt, todo, last.settled_seq, is_same_day=day == last_day)


def _local_day(line: Line, moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(ZoneInfo(line.settings.reporting_timezone)).date()


def _narrowed(line: Line, dbt: Dbt, todo: Plan, settled_seq: int, *, is_same_day: bool) -> Plan:
    """Without the tables that would only be what they are, and the views that show them as they are."""
    manifest = project.read_manifest(dbt.manifest_path())
    there = _relations(line.warehouse)
    core = [uid for uid in layers.models_of_layer(manifest, "core") if uid.startswith("model.")]
    kept = {uid for uid in core if _relation(manifest, uid) in there}
    changed = state.streams_since(line.warehouse, settled_seq)
    same = [uid for uid in layers.unchanged(manifest, changed, is_same_day=is_same_day) if uid in kept]
    left = [
        *same,
        *(uid for uid in layers.lasting_views(manifest, is_same_day=is_same_day) if uid in kept.difference(same)),
    ]
    built = [uid for uid in core if uid not in left]
    stand = (*left, *layers.standing_with(manifest, same))
    return replace(
        todo,
        nodes=(
            *built,
            *layers.tests_with(manifest, "core", built),
            *layers.tests_apart(manifest, same, built),
        ),
        unchanged=tuple(_as_it_was(manifest["nodes"][uid]) for uid in stand),
    )


def _whole(manifest: Mapping[str, Any], layer: str) -> tuple[str, ...]:
    models = layers.models_of_layer(manifest, layer)
    return (*models, *layers.tests_with(manifest, layer, models))


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
        return {row[0] for row in db.execute(LISTED).fetchall()}


def _relation(manifest: Mapping[str, Any], uid: str) -> str:
    node = manifest["nodes"][uid]
    return f"{node['schema']}.{node['alias']}"
