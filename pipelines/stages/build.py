"""Builds the warehouse's layers with dbt, and decides when an incremental table must be rebuilt in full.

How dbt is run is in `resources/dbt.py`; what the tables say is in `dbt_project/`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import SourceError
from expectations import policy
from pipelines.crashpoints import crashpoint
from pipelines.resources.dbt import PROJECT_DIR, BuildResult, Dbt, NodeResult
from pipelines.resources.disk import explain_full_disk, is_full_disk
from pipelines.resources.warehouse import Warehouse, WarehouseError
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.line import Line

LAYERS = ("core", "governance", "outlook", "report")
"""Core: all that only sources decide. Governance waits for the input gate, outlook for the forecasts, and the
report for the output gate, which judges the outlook."""

_TAGGED = ("governance", "outlook", "report")
_SELECT = {layer: ((f"tag:{layer}",), ()) for layer in _TAGGED} | {
    "core": (("path:models",), tuple(f"tag:{layer}" for layer in _TAGGED))
}
_SEEDS = "path:seeds"
_STATE = "CREATE TABLE IF NOT EXISTS landing.build_state (inputs_hash VARCHAR, as_of TIMESTAMP, is_whole BOOLEAN)"


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
        models = [node for node in self.nodes if node.resource_type == "model" and node.ok]
        tests = [node for node in self.nodes if node.resource_type == "test" and node.ok]
        failed = f", {len(self.failed)} failed" if self.failed else ""
        full = f"; in full: {self.why_full}" if self.why_full else ""
        return f"{self.layer}: {len(models)} tables, {len(tests)} tests{failed} in {self.seconds:.1f} s{full}"

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
    """Build one layer (or some of its models) as of `line.as_of`. Failing nodes are in the report."""
    started = time.monotonic()
    dbt = _dbt(line.settings, line.warehouse)
    paths, exclude = (tuple(select), ()) if select else _SELECT[layer]
    with line.warehouse.lock(f"dbt build of {layer}"):
        why_full = ""
        if layer == "core":
            # commits keep their numbers unless everything is read anew
            line.warehouse.register(line.landing, line.ledger, streams(dbt), rebuild=full_refresh and not select)
        as_of = _as_of(line, layer)
        if layer == "core":
            why_full = (
                "asked for" if full_refresh else _why_full(line.warehouse, _inputs_hash(dbt, line.settings), as_of)
            )
            _begin(line.warehouse, as_of, is_full=bool(why_full))
            crashpoint("line.begun")
        if why_full:
            paths = (*paths, _SEEDS)
            line.tell(f"warehouse: rebuilding in full ({why_full})")
        result = dbt.build(
            paths,
            _variables(line.settings, as_of),
            full_refresh=bool(why_full),
            exclude=exclude,
            on_node=_teller(line.tell),
        )
        crashpoint("line.built")
        _refuse_full_disk(result)
        if layer == "core" and result.ok and not select:
            _finish(line.warehouse, _inputs_hash(dbt, line.settings), as_of)
        nodes = _counted(line.warehouse, result.nodes)
    crashpoint("line.layer")
    return BuildReport(nodes, layer, as_of, round(time.monotonic() - started, 2), why_full)


def _refuse_full_disk(result: BuildResult) -> None:
    """The one cause of all that then fails, with its own remedy."""
    said = next((node.message for node in result.failed if is_full_disk(OSError(node.message))), None)
    if said:
        with explain_full_disk(WarehouseError, "warehouse"):
            raise OSError(" ".join(said.split()))


def build_warehouse(line: Line, *, full_refresh: bool = False) -> list[BuildReport]:
    """All layers in order; raises at the first that fails."""
    reports = []
    for layer in LAYERS:
        reports.append(build_layer(line, layer, full_refresh=full_refresh and layer == "core"))
        reports[-1].raise_if_failed()
    return reports


def manifest(line: Line) -> dict[str, Any]:
    """dbt's manifest of the project as it stands, for whoever shows the tables."""
    return _read_manifest(_dbt(line.settings, line.warehouse).manifest_path())


def models_of_layer(manifest: Mapping[str, Any], layer: str) -> list[str]:
    """Unique ids of a layer's tables (models, and seeds in the core), in the manifest's order."""
    return [
        unique_id
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and _layer_of(node) == layer
    ]


def streams(dbt: Dbt) -> dict[str, list[str]]:
    """Source type → the streams staging reads: each must have its view, even before anything is landed."""
    found: dict[str, list[str]] = {}
    for source in _read_manifest(dbt.manifest_path())["sources"].values():
        if source["schema"].startswith("landing_"):
            found.setdefault(source["schema"].removeprefix("landing_"), []).append(source["name"])
    return found


def fresh_for(manifest: Mapping[str, Any]) -> dict[str, timedelta]:
    """Source type → how long what was landed counts as fresh, by dbt's declaration."""
    declared = {
        source["schema"].removeprefix("landing_"): (source.get("freshness") or {}).get("warn_after") or {}
        for source in manifest["sources"].values()
        if source["schema"].startswith("landing_")
    }
    return {kind: timedelta(**{f"{limit['period']}s": limit["count"]}) for kind, limit in declared.items() if limit}


def _layer_of(node: Mapping[str, Any]) -> str:
    return next((layer for layer in _TAGGED if layer in node["tags"]), "core")


def _dbt(settings: Settings, warehouse: Warehouse) -> Dbt:
    options = {"memory_limit": settings.memory_limit, "duckdb_threads": settings.threads}
    given = tuple(sorted((name, value) for name, value in options.items() if value))
    return _kept(settings.home / "dbt", warehouse.path, given)


@lru_cache(maxsize=4)
def _kept(target_dir: Path, warehouse_path: Path, options: tuple[tuple[str, Any], ...]) -> Dbt:
    """One per warehouse and process, so that the project is read once."""
    return Dbt(PROJECT_DIR, target_dir, warehouse_path, dict(options))


@lru_cache(maxsize=4)
def _read_manifest(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_bytes()))  # the path names the content


def _variables(settings: Settings, as_of: datetime) -> dict[str, Any]:
    return {
        "as_of": as_of.isoformat(sep=" "),  # to the instant: a tombstone bears the very time of its sync
        "reporting_timezone": settings.reporting_timezone,
        "governance_mode": settings.governance_mode,
        "advising_modes": list(policy.advising_modes()),
    }


def _inputs_hash(dbt: Dbt, settings: Settings) -> str:
    """Of what decides the content of incremental tables besides landing. `as_of` is not in it: see `_why_full`."""
    return hashlib.sha256(f"{dbt.project_hash()} {settings.reporting_timezone}".encode()).hexdigest()[:16]


def _why_full(warehouse: Warehouse, inputs_hash: str, as_of: datetime) -> str:
    """Why incremental tables cannot just go on; empty when they can.

    Moving `as_of` forward only adds what was recorded since, which the models pick up themselves; moving it back
    takes facts away.
    """
    state = _state(warehouse)
    if state is None:
        return "first build"
    known_hash, known_as_of, is_whole = state
    if not is_whole:
        return "the last full build did not end"
    if known_hash != inputs_hash:
        return "models or mappings have changed"
    return "as of an earlier moment" if as_of < known_as_of else ""


def _state(warehouse: Warehouse) -> tuple[str, datetime, bool] | None:
    with warehouse.write("build state") as db:
        db.execute(_STATE)
        row: tuple[str, datetime, bool] | None = db.execute("SELECT * FROM landing.build_state").fetchone()
    return row


def _begin(warehouse: Warehouse, as_of: datetime, *, is_full: bool) -> None:
    """Note the intent: after a crash, some tables may already speak as of this moment, or be half rebuilt."""
    with warehouse.write("build state") as db:
        db.execute(_STATE)
        if is_full:
            db.execute("DELETE FROM landing.build_state")
            db.execute("INSERT INTO landing.build_state VALUES ('', ?, false)", [as_of])
        else:
            db.execute("UPDATE landing.build_state SET as_of = greatest(as_of, ?)", [as_of])


def _finish(warehouse: Warehouse, inputs_hash: str, as_of: datetime) -> None:
    with warehouse.write("build state") as db:
        db.execute("UPDATE landing.build_state SET inputs_hash = ?, as_of = ?, is_whole = true", [inputs_hash, as_of])


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
        listed = db.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT temporary"
        ).fetchall()
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
