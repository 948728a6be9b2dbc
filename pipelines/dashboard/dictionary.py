"""The data dictionary: what every table and column of a release means, and which columns it is made of.

One page that opens from a disk, like the dashboard; it says what the contracts say, and computes nothing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

TEMPLATE = "dictionary.html.j2"
SHOWN = ("marts", "reporting")
_MOST_NAMED = 8

Lineage = Mapping[str, Mapping[str, Sequence[Sequence[str]]]]


@dataclass(frozen=True)
class Column:
    """One column; `made_of` names the columns of other tables (None: not told), `unnamed` counts those left out."""

    name: str
    kind: str
    meaning: str
    made_of: tuple[tuple[str, str], ...] | None
    unnamed: int


@dataclass(frozen=True)
class Table:
    """One table or view, with the tables that it reads and those that read it."""

    address: str
    layer: str
    domain: str
    meaning: str
    columns: tuple[Column, ...]
    reads: tuple[str, ...]
    read_by: tuple[str, ...]
    told_in: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.address.partition(".")[2]


def files() -> tuple[Path, ...]:
    """What decides how the page looks."""
    here = Path(__file__)
    return here, here.parent / "templates" / TEMPLATE, here.parent / "templates" / "style.css.j2"


def render(manifest: Mapping[str, Any], lineage: Lineage) -> str:
    """The page for a compiled manifest of dbt and the lineage of its columns."""
    environment = Environment(
        loader=PackageLoader("pipelines.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["anchor"] = lambda address: re.sub(r"\W", "-", address)
    tables = list(_tables(manifest, lineage))
    domains: dict[str, list[Table]] = defaultdict(list)
    for table in tables:
        domains[table.domain].append(table)
    return environment.get_template(TEMPLATE).render(
        domains=domains, count=len(tables), columns=sum(len(t.columns) for t in tables), addresses=_addresses(tables)
    )


def _addresses(tables: Sequence[Table]) -> frozenset[str]:
    return frozenset(table.address for table in tables)


def _tables(manifest: Mapping[str, Any], lineage: Lineage) -> Iterator[Table]:
    nodes = {uid: node for uid, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    known = {**nodes, **{uid: n for uid, n in manifest["nodes"].items() if n["resource_type"] == "seed"}}
    known |= manifest["sources"]
    readers: dict[str, list[str]] = defaultdict(list)
    for node in nodes.values():
        for parent in set(node["depends_on"]["nodes"]):
            readers[parent].append(_address(node))
    shown = {uid: node for uid, node in nodes.items() if node["schema"] in SHOWN}
    for uid, node in sorted(shown.items(), key=lambda item: (item[1]["schema"], _domain(item[1]), item[1]["name"])):
        parents = {_address(known[parent]) for parent in node["depends_on"]["nodes"] if parent in known}
        yield Table(
            address=_address(node),
            layer=node["schema"],
            domain=_domain(node),
            meaning=node["description"],
            columns=tuple(_column(column, lineage.get(_address(node), {})) for column in node["columns"].values()),
            reads=tuple(sorted(parents)),
            read_by=tuple(sorted(readers[uid])),
            told_in=tuple(_exposures(manifest, uid)),
        )


def _column(column: Mapping[str, Any], told: Mapping[str, Sequence[Sequence[str]]]) -> Column:
    made_of = told.get(column["name"])
    named = None if made_of is None else tuple((table, name) for table, name in made_of[:_MOST_NAMED])
    unnamed = len(made_of or ()) - len(named or ())
    return Column(column["name"], column.get("data_type") or "", column["description"], named, unnamed)


def _exposures(manifest: Mapping[str, Any], uid: str) -> list[str]:
    found = manifest["exposures"].values()
    return sorted(each.get("label") or each["name"] for each in found if uid in each["depends_on"]["nodes"])


def _domain(node: Mapping[str, Any]) -> str:
    """Marts stand in a folder a domain; what answers questions is a domain of its own."""
    return node["fqn"][-2] if node["schema"] == "marts" else "reporting"


def _address(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('alias') or node['name']}"
