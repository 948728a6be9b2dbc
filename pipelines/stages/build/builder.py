"""Builds the warehouse's layers with dbt, and tells what became of each table.

How dbt is run is in `resources/dbt.py`; what the tables say is in `dbt_project/`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from pipelines.crashpoints import crashpoint
from pipelines.resources.dbt_results import BuildResult, NodeResult
from pipelines.resources.disk import explain_full_disk, is_full_disk
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.stages.build import anew, layers, plan, project, state
from pipelines.stages.build.report import BuildReport

if TYPE_CHECKING:
    from pipelines.line import Line


def build_layer(
    line: Line, layer: str, select: Sequence[str] | None = None, *, full_refresh: bool = False
) -> BuildReport:
    """Build one layer, or some of its models, as of `line.as_of`. Failing nodes are in the report.

    Where incremental tables of the core cannot go on, some of its models in the present means all of them. All anew
    is built in a file of its own, if there are whole tables that would be lost with a killed build.
    """
    started = time.monotonic()
    with line.warehouse.lock(f"dbt build of {layer}"):
        with _opened(line, layer):
            todo = _prepared(line, layer, select, "asked for" if full_refresh else "")
        if todo.why_full:
            line.tell(f"warehouse: rebuilding in full ({todo.why_full})")
        if not todo.is_beside:
            return _built(line, layer, todo, started)
    later = layers.later_tables(project.manifest(line))
    report = anew.rebuilt(line, todo.why_full, later, _core)
    return replace(report, why_full=todo.why_full, seconds=round(time.monotonic() - started, 2))


def _core(line: Line, why: str) -> BuildReport:
    """The whole core, in this very file."""
    started = time.monotonic()
    with line.warehouse.lock("dbt build of core"):
        with _opened(line, "core"):
            todo = _prepared(line, "core", None, why)
        if todo.is_beside:  # edited meanwhile: the next build begins again
            return BuildReport((), "core", todo.as_of)
        return _built(line, "core", todo, started)


def _prepared(line: Line, layer: str, select: Sequence[str] | None, why: str) -> plan.Plan:
    """What to do, decided on what is landed by now."""
    dbt = project.dbt_of(line.settings, line.warehouse)
    if layer == "core":
        is_anew = bool(why) and not select
        if is_anew and plan.is_protected(line):
            return plan.Plan((), (), project.as_of(line, layer), why_full=why, is_beside=True)
        if is_anew:
            state.distrust(line.warehouse)
        known = layers.streams(project.read_manifest(dbt.manifest_path()))
        # commits keep their numbers unless everything is read anew
        line.warehouse.register(line.landing, line.ledger, known, rebuild=is_anew)
    return plan.planned(line, dbt, layer, select, project.as_of(line, layer), why)


def _built(line: Line, layer: str, todo: plan.Plan, started: float) -> BuildReport:
    dbt = project.dbt_of(line.settings, line.warehouse)
    # what the very same models gave last time they give again: their contracts were checked then
    told = project.variables(line, todo.as_of) | {"contracts_hold": bool(todo.hashed and not todo.why_full)}
    if todo.nodes is not None:
        result = dbt.build_nodes(todo.nodes, told, _teller(line.tell))
    else:
        result = dbt.build(
            todo.paths, told, full_refresh=bool(todo.why_full), exclude=todo.exclude, on_node=_teller(line.tell)
        )
    crashpoint("line.built")
    _refuse_full_disk(result)
    with _opened(line, layer):
        # a file edited meanwhile was read by some models and not by others: the next build is in full
        if todo.is_whole and result.ok and project.inputs_hash(dbt, line.settings) == todo.hashed:
            state.finish(line.warehouse, todo.hashed, todo.as_of, is_present=line.as_of is None)
        nodes = _counted(line.warehouse, (*todo.unchanged, *result.nodes))
    crashpoint("line.layer")
    return BuildReport(nodes, layer, todo.as_of, round(time.monotonic() - started, 2), todo.why_full)


def _opened(line: Line, layer: str) -> AbstractContextManager[object]:
    """The core's many small questions and notes share one connection."""
    return line.warehouse.write(f"dbt build of {layer}") if layer == "core" else nullcontext()


def _refuse_full_disk(result: BuildResult) -> None:
    """The one cause of all that then fails, with its own remedy."""
    said = next((node.message for node in result.failed if is_full_disk(OSError(node.message))), None)
    if said:
        with explain_full_disk(WarehouseError, "warehouse"):
            raise OSError(" ".join(said.split()))


def build_warehouse(line: Line, *, full_refresh: bool = False) -> list[BuildReport]:
    """All layers in order; raises at the first that fails."""
    reports = []
    for layer in layers.LAYERS:
        reports.append(build_layer(line, layer, full_refresh=full_refresh and layer == "core"))
        reports[-1].raise_if_failed()
    return reports


def _counted(warehouse: Warehouse, nodes: Sequence[NodeResult]) -> tuple[NodeResult, ...]:
    """The nodes with the row counts of their tables (views would have to be computed)."""
    with warehouse.read("row counts") as db:
        listed = db.execute(f"{plan.LISTED} AND table_type = 'BASE TABLE'").fetchall()
        tables = {row[0] for row in listed}
        built = {node.unique_id: _address(node) for node in nodes if node.ok and _address(node) in tables}
        if not built:
            return tuple(nodes)
        counts = " UNION ALL ".join(f"SELECT '{uid}', count(*) FROM {address}" for uid, address in built.items())  # noqa: S608
        rows = dict(db.execute(counts).fetchall())
    return tuple(replace(node, row_count=rows.get(node.unique_id)) for node in nodes)


def _address(node: NodeResult) -> str:
    return ".".join(part.strip('"') for part in (node.relation or "").split(".")[1:])


def _teller(tell: Callable[[str], None]) -> Callable[[NodeResult], None]:
    def listen(node: NodeResult) -> None:
        if node.resource_type == "model":
            tell(f"warehouse: {node.name} {node.status} in {node.seconds:.1f} s")
            crashpoint("line.model")

    return listen
