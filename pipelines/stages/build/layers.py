"""What dbt's manifest says of the warehouse: its layers, the streams they read, and what a build would only repeat."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from graphlib import TopologicalSorter
from typing import Any

Stream = tuple[str, str]
"""Source type and stream."""

LAYERS = ("core", "governance", "outlook", "report")
"""Core: all that only sources decide. Governance waits for the input gate, outlook for the forecasts, and the
report for the output gate, which judges the outlook."""

_TAGGED = ("governance", "outlook", "report")
SELECT = {layer: ((f"tag:{layer}",), ()) for layer in _TAGGED} | {
    "core": (("path:models",), tuple(f"tag:{layer}" for layer in _TAGGED))
}
SEEDS = "path:seeds"
INNER = ("models/staging/", "models/intermediate/")
INNER_TESTS = tuple(f"path:{folder.rstrip('/')},resource_type:test" for folder in INNER)
"""Of tables that nobody reads but other tables, whose own tests follow: run where all is built anew, as each night."""
_MOMENT = "as_of"
_DAY = "as_of_day"
_BOOKKEEPING = "registered"
# What these read of the moment and of the registrar's tables changes only with a commit of the stream they read, as
# long as the build speaks of the sources' present.
_FOLLOWS_ITS_STREAM = frozenset({"landed", "recorded_to_date"})


def models_of_layer(manifest: Mapping[str, Any], layer: str) -> list[str]:
    """Unique ids of a layer's tables (models, and seeds in the core), each after those it reads."""
    found = {
        unique_id: node
        for unique_id, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed") and _layer_of(node) == layer
    }
    reads = {
        uid: [read for read in node["depends_on"].get("nodes", ()) if read in found] for uid, node in found.items()
    }
    return list(TopologicalSorter(reads).static_order())


def stored_tables(manifest: Mapping[str, Any]) -> list[str]:
    """The addresses of the core's stored tables: all of them, since each may be left as it was by a build."""
    nodes = [manifest["nodes"][uid] for uid in models_of_layer(manifest, "core") if uid.startswith("model.")]
    stored = [node for node in nodes if node["config"]["materialized"] in ("table", "incremental")]
    return sorted(f"{node['schema']}.{node['alias']}" for node in stored)


def later_tables(manifest: Mapping[str, Any]) -> frozenset[str]:
    """The addresses of the tables that the layers after the core build."""
    uids = [uid for layer in _TAGGED for uid in models_of_layer(manifest, layer)]
    return frozenset(f"{manifest['nodes'][uid]['schema']}.{manifest['nodes'][uid]['alias']}" for uid in uids)


def streams(manifest: Mapping[str, Any]) -> dict[str, list[str]]:
    """Source type → the streams staging reads: each must have its view, even before anything is landed."""
    found: dict[str, list[str]] = {}
    for source in manifest["sources"].values():
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


def unchanged(manifest: Mapping[str, Any], changed: set[Stream], *, is_same_day: bool) -> list[str]:
    """The models that a build in the sources' present would only repeat, parents first: nothing they read has changed.

    A model that asks for the moment itself is never among them, nor one with a test that only warns: whether it
    warned is not remembered.
    """
    moved = {uid: _is_moved(source, changed) for uid, source in manifest["sources"].items()}
    for test in manifest["nodes"].values():
        if test["resource_type"] == "test" and test["config"]["severity"].lower() != "error":
            moved[test["attached_node"]] = True

    def is_moved(uid: str) -> bool:
        if uid not in moved:
            node = manifest["nodes"][uid]
            asks = _asks_the_moment(manifest, node, is_same_day)
            moved[uid] = asks or any(is_moved(parent) for parent in node["depends_on"].get("nodes", ()))
        return moved[uid]

    for uid, node in manifest["nodes"].items():
        if node["resource_type"] == "model":
            is_moved(uid)
    return [uid for uid, has_moved in moved.items() if uid.startswith("model.") and not has_moved]


def _is_moved(source: Mapping[str, Any], changed: set[Stream]) -> bool:
    kind = source["schema"].removeprefix("landing_")
    return kind == source["schema"] or (kind, source["name"]) in changed  # the ledger grows with every run


def _asks_the_moment(manifest: Mapping[str, Any], node: Mapping[str, Any], is_same_day: bool) -> bool:
    """Whether it asks for the moment, or for the registrar's tables, on its own account."""
    lasting = {*_FOLLOWS_ITS_STREAM, *([_DAY] if is_same_day else ())}
    todo, seen = list(node["depends_on"].get("macros", ())), set()
    while todo:
        macro = manifest["macros"][todo.pop()]
        if macro["name"] in (_MOMENT, _BOOKKEEPING):
            return True
        if macro["name"] not in lasting and macro["package_name"] == node["package_name"]:
            todo += [uid for uid in macro["depends_on"]["macros"] if uid not in seen]
            seen.update(todo)
    return False


def lasting_views(manifest: Mapping[str, Any], *, is_same_day: bool) -> list[str]:
    """The core's views that say the same of this moment as of the last: made once, they show what their tables hold."""
    nodes = [manifest["nodes"][uid] for uid in models_of_layer(manifest, "core") if uid.startswith("model.")]
    views = [node for node in nodes if node["config"]["materialized"] == "view"]
    return [node["unique_id"] for node in views if not _asks_the_moment(manifest, node, is_same_day)]


def tests_with(manifest: Mapping[str, Any], layer: str, built: Collection[str]) -> list[str]:
    """The tests that run with these models of a layer: of the core none that reads a later layer's, nor inner ones."""
    found = {uid: reads for uid, reads in _read_by_tests(manifest).items() if not reads.isdisjoint(built)}
    if layer != "core":
        return list(found)
    later = {uid for name in _TAGGED for uid in models_of_layer(manifest, name)}
    return [uid for uid, reads in found.items() if reads.isdisjoint(later) and not _is_inner(manifest, uid)]


def _is_inner(manifest: Mapping[str, Any], test: str) -> bool:
    return bool(manifest["nodes"][test]["original_file_path"].startswith(INNER))


def tests_apart(manifest: Mapping[str, Any], same: Collection[str], built: Collection[str]) -> list[str]:
    """The core's tests of tables that have moved, yet of none that is built: dbt would not come by them."""
    seeds = {uid for uid in manifest["nodes"] if uid.startswith("seed.")}
    moved = {uid for uid in models_of_layer(manifest, "core") if uid.startswith("model.")}.difference(same)
    others = moved.union(same, seeds)  # of later layers none
    return [
        uid
        for uid, reads in _read_by_tests(manifest).items()
        if reads & moved and others.issuperset(reads) and reads.isdisjoint(built) and not _is_inner(manifest, uid)
    ]


def standing_with(manifest: Mapping[str, Any], models: Collection[str]) -> list[str]:
    """The tests that read nothing but these models: a test that reads any other is run with it."""
    return [uid for uid, reads in _read_by_tests(manifest).items() if reads and reads.issubset(models)]


def _read_by_tests(manifest: Mapping[str, Any]) -> dict[str, set[str]]:
    tests = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    return {
        uid: {name for name in node["depends_on"]["nodes"] if name in manifest["nodes"]} for uid, node in tests.items()
    }
