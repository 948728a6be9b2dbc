"""The columns of a table as Dagster shows them: type, meaning, and the columns of other assets that each is made of.

Dagster draws column lineage (`dagster/column_lineage`) only in its paid edition; the open one hides it. So a column's
description says the same in words, with links.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dagster as dg

from pipelines.keys import landing_key, table_key
from pipelines.stages.lineage import Column, Lineage, address

_MOST_NAMED = 6


def metadata(node: Mapping[str, Any], lineage: Lineage, sites: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Of a model or seed of dbt's manifest: its columns, and where the lineage knows the table, what they come from."""
    told = lineage.get(address(node), {})
    columns = [
        dg.TableColumn(
            name=name,
            type=column.get("data_type") or "?",
            description=_described(column["description"], told.get(name, ())),
        )
        for name, column in node["columns"].items()
    ]
    found: dict[str, Any] = {"dagster/column_schema": dg.TableSchema(columns=columns)} if columns else {}
    if told:
        deps = {name: _deps(made_of, sites) for name, made_of in told.items()}
        found["dagster/column_lineage"] = dg.TableColumnLineage(deps_by_column=deps)
    return found


def _described(meaning: str, made_of: Sequence[Column]) -> str:
    if not made_of:
        return meaning
    named = [f"[{table}](/assets/{table.replace('.', '/')}).{column}" for table, column in made_of[:_MOST_NAMED]]
    more = f" and {len(made_of) - _MOST_NAMED} more" if len(made_of) > _MOST_NAMED else ""
    return f"{meaning}\n\n← {', '.join(named)}{more}"


def _deps(made_of: Sequence[Column], sites: Mapping[str, Sequence[str]]) -> list[dg.TableColumnDep]:
    """What landing holds of a stream is one asset a site; the registrar's own tables are no assets."""
    found = []
    for table, column in made_of:
        schema, _, name = table.partition(".")
        if schema.startswith("landing_"):
            kind = schema.removeprefix("landing_")
            found += [dg.TableColumnDep(landing_key(kind, site, name), column) for site in sites.get(kind, ())]
        elif schema != "landing":
            found.append(dg.TableColumnDep(table_key(table), column))
    return found
