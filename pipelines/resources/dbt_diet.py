"""Spares a build what dbt does for nobody: most of a small build is dbt's own work for each table, not DuckDB's.

For each table dbt lays out every macro there is, twice, and makes a message of every statement, listened to or not; and
it walks the whole stack of calls, module by module, to learn who declared a flag that has told it nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import Any

_WORD = re.compile(r"\w+")
_ADAPTERS = ("default", "duckdb")
_CALLED_BY_DBT = (  # by the adapter and the tasks, not by other macros
    *("list_relations_without_caching", "list_schemas", "check_schema_exists", "create_schema", "drop_relation"),
    *("rename_relation", "truncate_relation", "drop_schema", "get_columns_in_relation", "generate_schema_name"),
    *("generate_database_name", "generate_alias_name", "statement", "run_hooks"),
)
_MATERIALIZED = ("table", "view", "incremental", "seed", "test")


CHOSEN = "chosen_for_this_build"
"""The tag of what `keep_nodes` was asked to keep."""


def keep_nodes(manifest: Any, chosen: Collection[str]) -> None:
    """Leave out of the manifest whatever is neither chosen nor read by what is: dbt looks at every node many times.

    What is only read keeps, of all that it hangs on, what is chosen: that is built first.
    """
    nodes, wanted = manifest.nodes, set(chosen)
    reads = {uid: [name for name in node.depends_on_nodes if name in nodes] for uid, node in nodes.items()}
    above: dict[str, set[str]] = {}
    for uid in TopologicalSorter(reads).static_order():
        above[uid] = set().union(*({name} if name in wanted else above[name] for name in reads[uid]))
    kept = wanted.union(*(reads[uid] for uid in wanted))
    manifest.nodes = {uid: node for uid, node in nodes.items() if uid in kept}
    for uid, node in manifest.nodes.items():
        if uid in wanted:
            node.tags.append(CHOSEN)
        elif reads[uid]:
            node.depends_on.nodes = sorted(above[uid])
    manifest.unit_tests, manifest.exposures = {}, {}


def keep_needed_macros(manifest: Any) -> None:
    """Leave out of the manifest the macros that nothing in it can call, by the names its texts speak of."""
    of_project = [macro for macro in manifest.macros.values() if macro.package_name == manifest.metadata.project_name]
    by_name: dict[str, list[Any]] = {}
    for macro in manifest.macros.values():
        by_name.setdefault(macro.name, []).append(macro)
    todo = {macro.name for macro in of_project}.union(_CALLED_BY_DBT)
    todo |= {f"materialization_{kind}_{adapter}" for kind in _MATERIALIZED for adapter in _ADAPTERS}
    for node in manifest.nodes.values():
        todo |= {unique_id.rpartition(".")[2] for unique_id in node.depends_on.macros}
    needed = _closure(todo, by_name)
    manifest.macros = {uid: macro for uid, macro in manifest.macros.items() if macro.name in needed}


def _closure(todo: Iterable[str], by_name: dict[str, list[Any]]) -> set[str]:
    waiting, found = set(todo), set[str]()
    while waiting:
        name = waiting.pop()
        found.add(name)
        words = {word for macro in by_name.get(name, ()) for word in _WORD.findall(macro.macro_sql)}
        words |= {f"{adapter}__{word}" for word in (name, *words) for adapter in _ADAPTERS}  # by adapter.dispatch
        waiting |= (words & by_name.keys()) - found
    return found


@contextmanager
def unnamed_flags() -> Iterator[None]:
    """Within the block a flag of dbt's behaviour that names no source is the adapters', as all of those are."""
    from dbt_common.behavior_flags import BehaviorFlagRendered

    flag: Any = BehaviorFlagRendered
    before = flag.__dict__["_default_source"]
    flag._default_source = staticmethod(lambda: "dbt.adapters")
    try:
        yield
    finally:
        flag._default_source = before


@contextmanager
def only_heard(wanted: frozenset[str]) -> Iterator[None]:
    """Within the block dbt makes messages only of these events, and of what is a warning or worse."""
    from dbt_common.events import event_manager_client as client
    from dbt_common.events.base_types import EventLevel
    from dbt_common.events.event_manager import EventManager

    class Quiet(EventManager):
        def fire_event(self, e: Any, level: Any = None, *given: Any, **more: Any) -> None:
            if type(e).__name__ in wanted or (level or e.level_tag()) in loud:
                super().fire_event(e, level, *given, **more)

    loud = (EventLevel.WARN, EventLevel.ERROR)
    before = client.get_event_manager()
    set_manager: Callable[[Any], None] = client.ctx_set_event_manager
    set_manager(Quiet())
    try:
        yield
    finally:
        set_manager(before)
