"""Who may import what: the house rules that keep the pure packages pure and the heavy imports late."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

LATE = ("great_expectations", "prophet", "dbt")
FRAMEWORKS = ("dagster", "dagster_dbt", "dbt", "duckdb", "pipelines")
ONLY = {
    "jira": "connectors/jira/",
    "great_expectations": "expectations/runner.py",
    "apprise": "pipelines/resources/notifier.py",
    "prophet": "models/",
}


def roots(module: Any, *, lazy: bool = True) -> set[str]:
    return {name.partition(".")[0] for name in module.imports(lazy=lazy)}


def test_import_contracts_are_kept(root: Path) -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run([tool, "--no-cache"], cwd=root, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout


def test_pure_packages_know_no_framework(modules: list[Any]) -> None:
    pure = [m for m in modules if not m.name.startswith("pipelines/")]
    assert {m.name: found for m in pure if (found := roots(m) & {*FRAMEWORKS})} == {}


@pytest.mark.parametrize("name", LATE)
def test_heavy_packages_are_imported_only_inside_functions(modules: list[Any], name: str) -> None:
    assert [m.name for m in modules if name in roots(m, lazy=False)] == []


@pytest.mark.parametrize(("name", "place"), ONLY.items())
def test_a_product_is_imported_in_one_place(modules: list[Any], name: str, place: str) -> None:
    assert [m.name for m in modules if name in roots(m) and not m.name.startswith(place)] == []


def test_only_the_warehouse_opens_duckdb_files(modules: list[Any]) -> None:
    allowed = ("pipelines/resources/", "pipelines/stages/publish.py")
    assert [m.name for m in modules if "duckdb.connect(" in m.source and not m.name.startswith(allowed)] == []


def test_only_settings_read_the_environment(modules: list[Any]) -> None:
    wanted = ("os.environ", "os.getenv", "from os import environ")
    wrong = [m.name for m in modules if any(word in m.source for word in wanted)]
    assert set(wrong) <= {"pipelines/settings.py"}


def test_only_the_clock_asks_what_time_it_is(modules: list[Any]) -> None:
    wanted = ("datetime.now(", "datetime.utcnow(", "date.today(", "Timestamp.now(", "time.time(")
    wrong = [m.name for m in modules if any(word in m.source for word in wanted)]
    assert set(wrong) <= {"pipelines/clock.py"}
