"""The repository as the architecture tests read it: tracked files, parsed modules, and dbt's SQL and YAML as written.

Read from the files, not from dbt's manifest, so that the whole folder runs in a second or two.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fixtures.yaml_files import read_yaml

ROOT = Path(__file__).parents[2]
PACKAGES = ("connectors", "models", "expectations", "pipelines")
REF = re.compile(r"\bref\(\s*['\"](\w+)['\"]\s*\)")
SOURCE = re.compile(r"\bsource\(\s*['\"](\w+)['\"]\s*,\s*['\"](\w+)['\"]\s*\)")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)


@dataclass(frozen=True)
class Module:
    """One Python file of the four packages."""

    path: Path
    tree: ast.Module
    source: str

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    def imports(self, *, lazy: bool) -> Iterator[str]:
        """Imported modules; without `lazy` only those that importing this module imports too."""
        pending: list[ast.AST] = [self.tree]
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.module or ""
            elif not (_is_lazy(node) and not lazy):
                pending.extend(ast.iter_child_nodes(node))


def _is_lazy(node: ast.AST) -> bool:
    guarded = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    return guarded or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


@dataclass
class Model:
    """One dbt model: its SQL and what its YAML says of it."""

    name: str
    layer: str
    folder: Path
    sql: str
    entry: dict[str, Any] = field(default_factory=dict)

    @property
    def refs(self) -> set[str]:
        return set(REF.findall(self.sql))

    @property
    def sources(self) -> set[tuple[str, str]]:
        return set(SOURCE.findall(self.sql))

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        return {column["name"]: column for column in self.entry.get("columns", [])}

    @property
    def tests(self) -> list[tuple[str, str | None]]:
        """Every data test as (name, column or None)."""
        found = [(_test_name(test), None) for test in self.entry.get("data_tests", [])]
        for column in self.columns.values():
            found += [(_test_name(test), column["name"]) for test in column.get("data_tests", [])]
        return found


def _test_name(test: str | dict[str, Any]) -> str:
    return test if isinstance(test, str) else next(iter(test))


@dataclass(frozen=True)
class Warehouse:
    """The dbt project as written."""

    models: dict[str, Model]
    sources: dict[str, dict[str, dict[str, Any]]]

    def layer(self, *names: str) -> list[Model]:
        return [model for model in self.models.values() if model.layer in names]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file that is, or is about to be, part of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return sorted(path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file())


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    paths = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return [Module(path, ast.parse(text := path.read_text(encoding="utf-8")), text) for path in paths]


def _read(path: Path) -> dict[str, Any]:
    """A broken file is the business of the test that names it; here it counts as empty."""
    try:
        return read_yaml(path) or {}
    except yaml.YAMLError:
        return {}


@pytest.fixture(scope="session")
def warehouse() -> Warehouse:
    folder = ROOT / "dbt_project" / "models"
    models: dict[str, Model] = {}
    for path in sorted(folder.rglob("*.sql")):
        layer = path.relative_to(folder).parts[0]
        models[path.stem] = Model(path.stem, layer, path.parent, COMMENT.sub("", path.read_text(encoding="utf-8")))
    sources: dict[str, dict[str, dict[str, Any]]] = {}
    for path in sorted(folder.rglob("*.yml")):
        document = _read(path)
        for entry in document.get("models", []):
            if entry["name"] in models:
                models[entry["name"]].entry = entry
        for source in document.get("sources", []):
            sources.setdefault(source["name"], {}).update({table["name"]: table for table in source["tables"]})
    return Warehouse(models, sources)
