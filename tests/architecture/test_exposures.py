"""What pages and messages read is what dbt's exposures say they read, both ways."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.yaml_files import parse_yaml

ADDRESS = re.compile(r"\b(?:marts|reporting)\.([a-z_]+)|\b([a-z_]+)\.parquet$")
LABELS = "pipelines/dashboard/"
"""Where tables are called by their bare names."""
NO_TELLERS = {"pipelines/stages/gate.py"}
"""It names the owners of findings; what it finds goes to the ledger, not to people."""


@pytest.fixture(scope="module")
def exposures(root: Path) -> list[dict[str, Any]]:
    text = (root / "dbt_project/models/reporting/exposures.yml").read_text(encoding="utf-8")
    declared: list[dict[str, Any]] = parse_yaml(text)["exposures"]
    return declared


def words(module: Any) -> Iterator[str]:
    """Every text of a module that is no docstring."""
    prose = {id(node.value) for node in ast.walk(module.tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def tables(module: Any, known: set[str]) -> set[str]:
    """The tables of marts and reporting that a module reads."""
    found = {name for text in words(module) for pair in ADDRESS.findall(text) for name in pair}
    if module.name.startswith(LABELS):
        found |= {text.rpartition(".")[2] for text in words(module)}
    return found & known


def is_read_by(module: Any, exposure: dict[str, Any]) -> bool:
    places = exposure.get("config", {}).get("meta", {}).get("read_by", [])
    return any(module.name == place or module.name.startswith(f"{place}/") for place in places)


def test_exposures_name_the_tables_that_their_code_reads_and_no_others(
    exposures: list[dict[str, Any]], modules: list[Any], warehouse: Any
) -> None:
    known = {model.name for model in warehouse.layer("marts", "reporting")}
    told = [exposure for exposure in exposures if "config" in exposure]
    assert len(told) >= 3
    for exposure in told:
        declared = {name for text in exposure["depends_on"] for name in re.findall(r"^ref\('(\w+)'\)$", text)}
        read: set[str] = set()
        for module in modules:
            read |= tables(module, known) if is_read_by(module, exposure) else set()
        assert read == declared, exposure["name"]


def test_all_that_reads_published_tables_is_an_exposure(
    exposures: list[dict[str, Any]], modules: list[Any], warehouse: Any
) -> None:
    known = {model.name for model in warehouse.layer("marts", "reporting")}
    reading = {m.name for m in modules if m.name.startswith("pipelines/") and tables(m, known)} - NO_TELLERS
    told = {m.name for m in modules if any(is_read_by(m, exposure) for exposure in exposures)}
    assert reading <= told
