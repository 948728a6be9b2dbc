"""What every dbt model promises: its layer's edges, a contract, a description, a key, honest column names."""

from __future__ import annotations

import re
from typing import Any

import pytest

# A layer may read only these; `source` stands for raw tables.
EDGES = {
    "staging": {"source", "seed"},
    "intermediate": {"staging", "intermediate", "marts", "source", "seed"},
    "marts": {"staging", "intermediate", "marts", "source", "seed"},
    "reporting": {"intermediate", "marts", "reporting", "source", "seed"},
}
TIMESTAMPS = {"valid_from", "valid_to", "known_from", "known_to"}
CLOCK = re.compile(r"\b(now\s*\(|current_timestamp|current_date|today\s*\(|get_current_time)", re.IGNORECASE)
NAMES = {
    "staging": r"stg_[a-z]+__[a-z_]+",
    "intermediate": r"int_[a-z]+__[a-z_]+",
    "marts": r"(dim|fct|bridge)_[a-z_]+",
    "reporting": r"rpt_[a-z_]+",
}
GENERATED = {"issue_wide"}
"""Views whose columns follow the sites' fields: no contract could name them."""


def broken(pairs: Any) -> list[str]:
    return sorted(pairs)


def test_there_is_a_warehouse(warehouse: Any) -> None:
    assert all(warehouse.layer(name) for name in EDGES)


def test_models_read_only_the_layers_below_them(warehouse: Any) -> None:
    def read(model: Any) -> set[str]:
        layers = {warehouse.models[name].layer if name in warehouse.models else "seed" for name in model.refs}
        return layers | ({"source"} if model.sources else set())

    assert {m.name: wrong for m in warehouse.models.values() if (wrong := read(m) - EDGES[m.layer])} == {}


def test_marts_and_reporting_read_raw_records_never(warehouse: Any) -> None:
    raw = {"jira", "registers"}
    assert broken(m.name for m in warehouse.layer("marts", "reporting") if {name for name, _ in m.sources} & raw) == []


@pytest.mark.parametrize("layer", EDGES)
def test_models_are_named_for_their_layer(warehouse: Any, layer: str) -> None:
    assert broken(m.name for m in warehouse.layer(layer) if not re.fullmatch(NAMES[layer], m.name)) in (
        [],
        [*GENERATED],
    )


def test_every_model_is_described(warehouse: Any) -> None:
    assert broken(m.name for m in warehouse.models.values() if not str(m.entry.get("description", "")).strip()) == []


def test_every_mart_column_is_typed_and_described(warehouse: Any) -> None:
    def bare(column: dict[str, Any]) -> bool:
        return not (column.get("data_type") and str(column.get("description", "")).strip())

    wrong = {
        m.name: names
        for m in warehouse.layer("marts", "reporting")
        if m.name not in GENERATED
        if (names := [name for name, column in m.columns.items() if bare(column)]) or not m.columns
    }
    assert wrong == {}


def test_every_model_has_a_key_test(warehouse: Any) -> None:
    def has_key(model: Any) -> bool:
        names = {name.rpartition(".")[2] for name, _ in model.tests}
        unique = {column for name, column in model.tests if name == "unique"}
        present = {column for name, column in model.tests if name == "not_null"}
        return bool(names & {"key", "unique_combination_of_columns"} or unique & present)

    assert broken(m.name for m in warehouse.models.values() if not has_key(m)) == []


def test_columns_are_named_for_what_they_hold(warehouse: Any) -> None:
    def misnamed(name: str, kind: str) -> bool:
        plain = re.sub(r"_p\d+$", "", name)
        return (
            (kind == "DATE") != plain.endswith("_on")
            or (kind.startswith("TIMESTAMP") != (plain.endswith("_at") or name in TIMESTAMPS))
            or (kind == "BOOLEAN") != plain.startswith(("is_", "has_"))
            or (plain.endswith("_id") and kind not in ("VARCHAR", "TEXT"))
            or (plain.endswith("_amount") and not kind.startswith("DECIMAL"))
        )

    wrong = {
        f"{m.name}.{name}": column.get("data_type")
        for m in warehouse.layer("marts", "reporting")
        if m.name not in GENERATED
        for name, column in m.columns.items()
        if not name.startswith("_") and misnamed(name, str(column.get("data_type", "")).upper())
    }
    assert wrong == {}


def test_quantiles_are_the_four_agreed_ones(warehouse: Any) -> None:
    columns = {f"{m.name}.{name}" for m in warehouse.layer("marts", "reporting") for name in m.columns}
    assert broken(c for c in columns if re.search(r"_p\d+$", c) and not re.search(r"_p(10|50|80|95)$", c)) == []


def test_no_clock_in_sql(warehouse: Any) -> None:
    assert broken(m.name for m in warehouse.models.values() if CLOCK.search(m.sql)) == []


def test_facts_carry_when_recorded_and_when_known(warehouse: Any) -> None:
    assert broken(m.name for m in warehouse.layer("marts") if not {"recorded_at", "known_from"} <= set(m.columns)) == []


def test_only_the_core_reads_seeds(warehouse: Any) -> None:
    """A step of Dagster waits for all that it reads, and seeds are loaded in full builds only, with the core."""
    later = [m for m in warehouse.models.values() if re.search(r'tags=\["(governance|outlook|report)"\]', m.sql)]
    assert later
    assert broken(m.name for m in later if {name for name in m.refs if name not in warehouse.models}) == []
