"""Which columns every column is made of, read from the SQL that dbt compiles: nothing is run to find out.

Each model is read once, parents first, so that stars are known; what is asked of a query is remembered. A column that
only counts rows or says a constant is made of none; one that could not be read is missing in the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from pipelines.resources.ledger import structures
from pipelines.resources.registrar import RECORD_COLUMNS

Column = tuple[str, str]
"""A table's address and a column of it."""
Lineage = Mapping[str, Mapping[str, Sequence[Column]]]
"""A table's address → its columns → the columns of other tables that each is made of."""

_DIALECT = "duckdb"


def address(node: Mapping[str, Any]) -> str:
    """`marts.dim_issue`: where a node of dbt's manifest stands."""
    return f"{node['schema']}.{node.get('alias') or node.get('identifier') or node['name']}"


def trace(manifest: Mapping[str, Any], seeds: Mapping[str, Sequence[str]]) -> Lineage:
    """The lineage of every model of a compiled manifest; `seeds` are the columns of each seed, by its unique id."""
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(dialect=_DIALECT, normalize=True)
    catalogues = {source["database"] for source in manifest["sources"].values()}
    for catalogue in catalogues:
        for table, columns in structures().items():
            _declare(schema, f'"{catalogue}".ledger.{table}', columns)  # also those that a macro reads
    for source in manifest["sources"].values():
        _declare(schema, source["relation_name"], _columns_of_source(source))
    nodes = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] in ("model", "seed")}
    order = TopologicalSorter({uid: node["depends_on"].get("nodes", ()) for uid, node in nodes.items()})
    found: dict[str, dict[str, list[Column]]] = {}
    for uid in order.static_order():
        node = nodes.get(uid)
        if node is None:
            continue
        if node["resource_type"] == "seed":
            _declare(schema, node["relation_name"], seeds[uid])
            continue
        made_of = _read(node["compiled_code"], node["database"], schema)
        _declare(schema, node["relation_name"], made_of or node["columns"])
        found[address(node)] = {name: sorted(parts) for name, parts in made_of.items()}
    return found


def untold(manifest: Mapping[str, Any], lineage: Lineage, schemas: Sequence[str]) -> list[str]:
    """The columns of contracts in these schemas of which the lineage says nothing."""
    models = [node for node in manifest["nodes"].values() if node["resource_type"] == "model"]
    return [
        f"{address(node)}.{name}"
        for node in models
        if node["schema"] in schemas
        for name in node["columns"]
        if name not in lineage.get(address(node), {})
    ]


def _columns_of_source(source: Mapping[str, Any]) -> list[str]:
    if source["schema"].startswith("landing_"):
        return [*RECORD_COLUMNS, "_commit_seq"]
    return list(source["columns"])


def _declare(schema: Any, relation: str, columns: Iterable[str]) -> None:
    from sqlglot import exp

    table = exp.to_table(relation, dialect=_DIALECT)
    schema.add_table(table, dict.fromkeys(columns, "UNKNOWN"), dialect=_DIALECT)


def _read(sql: str, catalogue: str, schema: Any) -> dict[str, frozenset[Column]]:
    """The columns of a query with what each is made of; none where the query cannot be read."""
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.optimizer.scope import build_scope

    try:
        query = qualify(
            parse_one(sql, dialect=_DIALECT),
            dialect=_DIALECT,
            catalog=catalogue,
            schema=schema,
            quote_identifiers=False,
            validate_qualify_columns=False,
            allow_partial_qualification=True,
        )
        root: Any = build_scope(query)
    except SqlglotError:
        return {}
    asked = _Asked(root)
    return {name: asked.made_of(root, name) for name in _outputs(root.expression) if name != "*"}


def _outputs(query: Any) -> list[str]:
    """The names a query gives its columns; by name, a union has those of all its branches."""
    from sqlglot import exp

    if isinstance(query, exp.SetOperation) and query.args.get("by_name"):
        return list(dict.fromkeys([*_outputs(query.left.unnest()), *_outputs(query.right.unnest())]))
    return list(query.named_selects)


class _Asked:
    """Answers what a column of a scope is made of, each question once."""

    def __init__(self, root: Any) -> None:
        self._place = {id(column): scope for scope in root.traverse() for column in scope.columns}
        self._answers: dict[tuple[int, str], frozenset[Column]] = {}

    def made_of(self, scope: Any, name: str) -> frozenset[Column]:
        key = (id(scope), name)
        if key not in self._answers:
            self._answers[key] = frozenset()  # a recursive query asks for itself on the way
            self._answers[key] = self._find(scope, name)
        return self._answers[key]

    def _find(self, scope: Any, name: str) -> frozenset[Column]:
        from sqlglot import exp

        query = scope.expression
        if isinstance(query, exp.SetOperation):
            return self._in_branches(scope, query, name)
        if not isinstance(query, exp.Select):
            return self._within(query, scope)  # unnest and the like
        chosen = next((each for each in query.selects if each.alias_or_name == name), None)
        return self._within(chosen, scope) if chosen is not None else frozenset()

    def _in_branches(self, scope: Any, query: Any, name: str) -> frozenset[Column]:
        made_of: frozenset[Column] = frozenset()
        names = _outputs(query)
        for branch in scope.set_operation_scopes:
            theirs = _outputs(branch.expression)
            is_by_name = query.args.get("by_name") or name not in names or names.index(name) >= len(theirs)
            its_name = name if is_by_name else theirs[names.index(name)]
            made_of |= self.made_of(branch, its_name)
        return made_of

    def _within(self, expression: Any, scope: Any) -> frozenset[Column]:
        """All columns that stand in an expression, those of its subqueries among them."""
        from sqlglot import exp

        made_of: frozenset[Column] = frozenset()
        for column in expression.find_all(exp.Column):
            made_of |= self._one(column, self._place.get(id(column), scope))
        return made_of

    def _one(self, column: Any, scope: Any) -> frozenset[Column]:
        from sqlglot import exp

        while scope is not None and column.table not in scope.sources:
            scope = scope.parent  # a correlated subquery speaks of the query around it
        source = scope.sources[column.table] if scope is not None else None
        if isinstance(source, exp.Table):
            return frozenset({(f"{source.db}.{source.name}", column.name)})
        return self.made_of(source, column.name) if source is not None else frozenset()
