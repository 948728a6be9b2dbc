"""Builds the warehouse's layers with dbt, and decides when an incremental table must be rebuilt in full.

How dbt is run is in `resources/dbt.py`; what the tables say is in `dbt_project/`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import SourceError
from expectations import policy
from pipelines.crashpoints import crashpoint
from pipelines.resources import registrar
from pipelines.resources.dbt import PROJECT_DIR, UNCHANGED, BuildResult, Dbt, NodeResult
from pipelines.resources.disk import explain_full_disk, is_full_disk
from pipelines.resources.duckdb_session import Session
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.settings import Settings
from pipelines.stages import build_state, layers

if TYPE_CHECKING:
    from pipelines.line import Line


_LISTED = (
    "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_catalog = current_database()"
)


class NothingLandedError(SourceError):
    """There is no sync to build from."""


@dataclass(frozen=True)
class BuildReport(BuildResult):
    """What one layer's build did."""

    layer: str = ""
    as_of: datetime | None = None
    seconds: float = 0.0
    why_full: str = ""

    def summary(self) -> str:
        """One sentence for a person."""
        built = [node for node in self.nodes if node.ok and node.status != UNCHANGED]
        models = [node for node in built if node.resource_type == "model"]
        tests = [node for node in built if node.resource_type == "test"]
        same = sum(node.resource_type == "model" and node.status == UNCHANGED for node in self.nodes)
        unchanged = f", {same} unchanged" if same else ""
        failed = f", {len(self.failed)} failed" if self.failed else ""
        full = f"; in full: {self.why_full}" if self.why_full else ""
        return (
            f"{self.layer}: {len(models)} tables, {len(tests)} tests{unchanged}{failed} in {self.seconds:.1f} s{full}"
        )

    def to_json(self) -> str:
        """The figures for scripts: `model_seconds` is the sum of the models' own times, tests apart."""
        models = {node.name: node for node in self.nodes if node.resource_type == "model"}
        figures = {
            "layer": self.layer,
            "as_of": self.as_of.isoformat() if self.as_of else None,
            "seconds": self.seconds,
            "model_seconds": round(sum(node.seconds for node in models.values()), 3),
            "tests": sum(node.resource_type == "test" for node in self.nodes),
            "why_full": self.why_full,
            "rows": {name: node.row_count for name, node in sorted(models.items())},
        }
        return json.dumps(figures)


def build_layer(
    line: Line, layer: str, select: Sequence[str] | None = None, *, full_refresh: bool = False
) -> BuildReport:
    """Build one layer, or some of its models, as of `line.as_of`. Failing nodes are in the report.

    Where incremental tables of the core cannot go on, some of its models in the present means all of them.
    """
    started = time.monotonic()
    dbt = _dbt(line.settings, line.warehouse)
    with line.warehouse.lock(f"dbt build of {layer}"):
        with _opened(line, layer):
            if layer == "core":
                known = layers.streams(_read_manifest(dbt.manifest_path()))
                is_anew = full_refresh and not select
                if is_anew:
                    build_state.distrust(line.warehouse)
                # commits keep their numbers unless everything is read anew
                line.warehouse.register(line.landing, line.ledger, known, rebuild=is_anew)
            as_of = _as_of(line, layer)
            plan = _planned(line, dbt, layer, select, as_of, full_refresh=full_refresh)
        result = dbt.build(
            plan.paths,
            # what the very same models gave last time they give again: their contracts were checked then
            _variables(line, as_of) | {"contracts_hold": bool(plan.hashed and not plan.why_full)},
            full_refresh=bool(plan.why_full),
            exclude=plan.exclude,
            on_node=_teller(line.tell),
        )
        crashpoint("line.built")
        _refuse_full_disk(result)
        with _opened(line, layer):
            # a file edited meanwhile was read by some models and not by others: the next build is in full
            if plan.is_whole and result.ok and _inputs_hash(dbt, line.settings) == plan.hashed:
                build_state.finish(line.warehouse, plan.hashed, as_of, is_present=line.as_of is None)
            nodes = _counted(line.warehouse, (*plan.unchanged, *result.nodes))
    crashpoint("line.layer")
    return BuildReport(nodes, layer, as_of, round(time.monotonic() - started, 2), plan.why_full)


def _opened(line: Line, layer: str) -> AbstractContextManager[object]:
    """The core's many small questions and notes share one connection."""
    return line.warehouse.write(f"dbt build of {layer}") if layer == "core" else nullcontext()


@dataclass(frozen=True)
class _Plan:
    """What dbt is told to build, and which nodes stand as they are."""

    paths: Sequence[str]
    exclude: Sequence[str]
    is_whole: bool = False
    """Whether it is the whole core: what its end may be noted for."""
    hashed: str = ""
    why_full: str = ""
    unchanged: tuple[NodeResult, ...] = ()


def _planned(
    line: Line, dbt: Dbt, layer: str, select: Sequence[str] | None, as_of: datetime, *, full_refresh: bool
) -> _Plan:
    paths, exclude = (tuple(select), ()) if select else layers.SELECT[layer]
    if layer != "core":
        return _Plan(paths, exclude)
    state = build_state.read(line.warehouse)
    hashed = _inputs_hash(dbt, line.settings)
    why_full = "asked for" if full_refresh else build_state.why_full(state, hashed, as_of)
    if select and state is None:
        return _Plan((*paths, layers.SEEDS), exclude, why_full=why_full)  # nothing is there yet to agree with
    if why_full and line.as_of is None:
        paths, exclude = layers.SELECT[layer]  # tables of which only some were built anew would contradict each other
    is_whole = not select or bool(why_full and line.as_of is None)
    build_state.begin(line.warehouse, as_of, is_full=bool(why_full))
    crashpoint("line.begun")
    if why_full:
        line.tell(f"warehouse: rebuilding in full ({why_full})")
        return _Plan((*paths, layers.SEEDS), exclude, is_whole, hashed, why_full)
    exclude = (*exclude, *layers.INNER_TESTS)
    if select or line.as_of is not None or state is None or state.settled_seq is None:
        return _Plan(paths, exclude, is_whole, hashed)
    manifest = _read_manifest(dbt.manifest_path())
    core = [uid for uid in layers.models_of_layer(manifest, layer) if uid.startswith("model.")]
    changed = build_state.streams_since(line.warehouse, state.settled_seq)
    there = _relations(line.warehouse)
    same = [uid for uid in layers.unchanged(manifest, changed) if uid in core and _relation(manifest, uid) in there]
    names = tuple(manifest["nodes"][uid]["name"] for uid in core if uid not in same)
    stand = (*same, *layers.standing_with(manifest, same))
    return _Plan(names, exclude, is_whole, hashed, unchanged=tuple(_as_it_was(manifest["nodes"][uid]) for uid in stand))


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


def manifest(line: Line) -> dict[str, Any]:
    """dbt's manifest of the project as it stands, for whoever shows the tables."""
    return _read_manifest(_dbt(line.settings, line.warehouse).manifest_path())


def parsed_project(line: Line) -> Path:
    """The folder that holds dbt's project as it stands, parsed."""
    return _dbt(line.settings, line.warehouse).manifest_path().parent


def _dbt(settings: Settings, warehouse: Warehouse) -> Dbt:
    options = {"memory_limit": settings.memory_limit, "duckdb_threads": settings.threads}
    given = tuple(sorted((name, value) for name, value in options.items() if value))
    return _kept(warehouse.path.parents[1] / "dbt", warehouse.path, given, warehouse.session)


@lru_cache(maxsize=4)
def _kept(target_dir: Path, warehouse_path: Path, options: tuple[tuple[str, Any], ...], session: Session) -> Dbt:
    """One per warehouse and process, so that the project is read once."""
    return Dbt(PROJECT_DIR, target_dir, warehouse_path, dict(options), PROJECT_DIR / "target", session)


@lru_cache(maxsize=4)
def _read_manifest(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))  # the path names the content


def _variables(line: Line, as_of: datetime) -> dict[str, Any]:
    settings = line.settings
    return {
        "is_present": line.as_of is None,
        "as_of": as_of.isoformat(sep=" "),  # to the instant: a tombstone bears the very time of its sync
        **settings.portfolio,
        "governance_mode": settings.governance_mode,
        "advising_modes": list(policy.advising_modes()),
    }


def _inputs_hash(dbt: Dbt, settings: Settings) -> str:
    """Of what decides the content of tables besides landing and `as_of` (see `build_state.why_full`).

    That is the project, what the portfolio sets, how landing is shown to it, and the engines.
    """
    engines = [f"{name} {version(name)}" for name in ("duckdb", "dbt-core", "dbt-duckdb")]
    shown = hashlib.sha256(Path(registrar.__file__).read_bytes()).hexdigest()
    told = " ".join([dbt.project_hash(), *map(str, settings.portfolio.values()), shown, *engines])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _as_of(line: Line, layer: str) -> datetime:
    """What was asked for; else the latest moment the sources told of; later layers follow the core."""
    if line.as_of is not None:
        given = line.as_of.astimezone(UTC) if line.as_of.tzinfo else line.as_of
        return given.replace(tzinfo=None, microsecond=0)
    query = "SELECT coalesce(max(server_time), max(known_at)) FROM landing.sync"
    with line.warehouse.read("dbt build") as db:
        if layer != "core":
            query = "SELECT max(as_of) FROM landing.build_state"
        row = db.execute(query).fetchone()
    latest: datetime | None = row[0] if row else None
    if latest is None:
        raise NothingLandedError("Nothing is landed yet, so there is nothing to build.", "Run `slipstream sync` first.")
    return latest


def _counted(warehouse: Warehouse, nodes: Sequence[NodeResult]) -> tuple[NodeResult, ...]:
    """The nodes with the row counts of their tables (views would have to be computed)."""
    with warehouse.read("row counts") as db:
        listed = db.execute(f"{_LISTED} AND table_type = 'BASE TABLE'").fetchall()
        tables = {row[0] for row in listed}
        built = {node.unique_id: _address(node) for node in nodes if node.ok and _address(node) in tables}
        if not built:
            return tuple(nodes)
        counts = " UNION ALL ".join(f"SELECT '{uid}', count(*) FROM {address}" for uid, address in built.items())  # noqa: S608
        rows = dict(db.execute(counts).fetchall())
    return tuple(replace(node, row_count=rows.get(node.unique_id)) for node in nodes)


def _relations(warehouse: Warehouse) -> set[str]:
    """The tables and views that are there; somebody may have dropped one by hand."""
    with warehouse.read("tables") as db:
        return {row[0] for row in db.execute(_LISTED).fetchall()}


def _relation(manifest: Mapping[str, Any], uid: str) -> str:
    node = manifest["nodes"][uid]
    return f"{node['schema']}.{node['alias']}"


def _address(node: NodeResult) -> str:
    return ".".join(part.strip('"') for part in (node.relation or "").split(".")[1:])


def _teller(tell: Callable[[str], None]) -> Callable[[NodeResult], None]:
    def listen(node: NodeResult) -> None:
        if node.resource_type == "model":
            tell(f"warehouse: {node.name} {node.status} in {node.seconds:.1f} s")
            crashpoint("line.model")

    return listen
