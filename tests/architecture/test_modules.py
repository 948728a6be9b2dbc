"""Sizes and shape of the files: small enough to read, each saying why it exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median
from typing import Any

import pytest

LIMITS = {".py": 300, ".sql": 150, ".yml": 200, ".yaml": 200}
MEDIAN_OF_PYTHON = 70


def lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def code_lines(module: Any) -> int:
    """Lines that do something: no blank line, comment or docstring."""
    prose: set[int] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            prose |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    numbered = enumerate(module.source.splitlines(), 1)
    return sum(number not in prose and line.strip()[:1] not in ("", "#") for number, line in numbered)


@pytest.mark.parametrize(("suffix", "limit"), LIMITS.items())
def test_no_file_outgrows_its_room(files: list[Path], suffix: str, limit: int) -> None:
    assert {path.name: size for path in files if path.suffix == suffix and (size := lines(path)) > limit} == {}


def test_the_middle_python_file_is_short(modules: list[Any]) -> None:
    assert median(code_lines(module) for module in modules) <= MEDIAN_OF_PYTHON


def test_each_module_opens_with_a_sentence(modules: list[Any]) -> None:
    assert [m.name for m in modules if not (ast.get_docstring(m.tree) or "").strip()] == []


def test_package_files_hold_a_docstring_only(modules: list[Any]) -> None:
    assert [m.name for m in modules if m.path.name == "__init__.py" and len(m.tree.body) != 1] == []


def test_imports_are_absolute(modules: list[Any]) -> None:
    def relative(module: Any) -> bool:
        return any(isinstance(node, ast.ImportFrom) and node.level for node in ast.walk(module.tree))

    assert [m.name for m in modules if relative(m)] == []


def test_nothing_is_left_undone(modules: list[Any]) -> None:
    words = re.compile(r"#.*\b(TODO|FIXME|XXX)\b|NotImplementedError")
    assert [m.name for m in modules if words.search(m.source)] == []
