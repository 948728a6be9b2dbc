"""kill -9 between any two steps of a sync or a publish: nothing half-true, nothing lost, the next run mends it."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import duckdb
import pytest

from pipelines.resources.landing import Landing
from pipelines.resources.ledger import Ledger
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings, load

CHILD = Path(__file__).with_name("crash_child.py")
ROOT = CHILD.parents[3]


def points(*prefixes: str) -> list[str]:
    """Every crash point named in the code, so that a new one is tested by itself."""
    text = "".join(path.read_text() for path in sorted((ROOT / "pipelines").rglob("*.py")))
    return sorted(p for p in set(re.findall(r'crashpoint\("([^"]+)"\)', text)) if p.startswith(prefixes))


def child_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("crash_child", CHILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CRASH_CHILD = child_module()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"SLIPSTREAM_HOME": str(tmp_path / "home"), "SLIPSTREAM_LOCK_WAIT": "10"})


def kill_at(point: str, what: str, settings: Settings, number: int) -> None:
    environment = {**os.environ, "SLIPSTREAM_CRASH_AT": point, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(CHILD), what, str(settings.home), str(number)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, f"{point} was not reached: {done.stderr}"


def landed(settings: Settings) -> list[int]:
    """What the warehouse reads, through its own registration."""
    warehouse = Warehouse.of(settings)
    warehouse.register(Landing(settings.landing_dir), Ledger(settings.ledger_dir), {"jira": ["issue"]})
    with warehouse.read() as connection:
        proofs = connection.execute("SELECT sync_id FROM ledger.completeness ORDER BY ALL").fetchall()
        rows = connection.execute("SELECT _key::INTEGER FROM landing_jira.issue ORDER BY ALL").fetchall()
    assert [sync_id for (sync_id,) in proofs] == Landing(settings.landing_dir).commit_ids()
    return [row for (row,) in rows]


@pytest.mark.slow
@pytest.mark.parametrize("point", [*points("sync.", "landing.", "store."), "store.draft:2"])
def test_a_sync_killed_anywhere_is_there_whole_or_not_at_all(settings: Settings, point: str) -> None:
    CRASH_CHILD.sync(settings, 3)
    kill_at(point, "sync", settings, 5)
    landing = Landing(settings.landing_dir)
    committed = point == "landing.committed"
    assert landed(settings) == [1, 2, 3, 4, 5][: 5 if committed else 3]
    assert landing.checkpoint("jira", "main") == {"cursor": 5 if committed else 3}

    CRASH_CHILD.sync(settings, 5)
    assert landed(settings) == [1, 2, 3, 4, 5]
    assert landing.verify() == []
    on_disk = {str(p.relative_to(settings.landing_dir)) for p in settings.landing_dir.rglob("*.parquet")}
    assert on_disk == {file.path for commit in landing.commits() for file in commit.files}
    assert not list((settings.landing_dir / "_commits").glob(".*"))
    assert {p.stem for p in settings.quarantine_dir.iterdir()} == set(landing.commit_ids())


@pytest.mark.slow
def test_a_first_sync_killed_before_its_commit_is_not_there(settings: Settings) -> None:
    kill_at("landing.before_commit", "sync", settings, 3)
    assert Landing(settings.landing_dir).checkpoint("jira", "main") is None
    CRASH_CHILD.sync(settings, 3)
    assert landed(settings) == [1, 2, 3]


def published(settings: Settings) -> int:
    """The number that every published table and the page agree on."""
    with duckdb.connect(str(settings.published_dir / "portfolio.duckdb"), read_only=True) as connection:
        found = {connection.table(name).aggregate("min(n), max(n)").fetchone() for name in TABLES}
    parquet = settings.published_dir / "parquet" / "reporting" / "c.parquet"
    found.add(duckdb.read_parquet(str(parquet)).aggregate("min(n), max(n)").fetchone())
    assert len(found) == 1
    number: int = found.pop()[0]
    assert (settings.published_dir / "index.html").read_text() == f"<p>{number}</p>"
    return number


TABLES = ("marts.a", "marts.b", "reporting.c")


@pytest.mark.slow
@pytest.mark.parametrize("point", points("publish."))
def test_a_publish_killed_anywhere_leaves_a_whole_release_current(settings: Settings, point: str) -> None:
    CRASH_CHILD.release(settings, 1)
    kill_at(point, "publish", settings, 2)
    assert published(settings) == (2 if point == "publish.swapped" else 1)
    CRASH_CHILD.release(settings, 3)
    assert published(settings) == 3
    releases = sorted(p.name for p in (settings.published_dir / "releases").iterdir())
    assert len(releases) == (3 if point == "publish.swapped" else 2)  # what the killed one left is gone
    assert not list(settings.published_dir.glob(".link-*"))


@pytest.mark.slow
@pytest.mark.parametrize("point", points("publish."))
def test_a_first_publish_killed_anywhere_is_mended_by_the_next(settings: Settings, point: str) -> None:
    kill_at(point, "publish", settings, 1)
    CRASH_CHILD.release(settings, 2)
    assert published(settings) == 2


def test_without_the_variable_a_crash_point_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.crashpoints import crashpoint

    monkeypatch.delenv("SLIPSTREAM_CRASH_AT", raising=False)
    crashpoint("landing.part")
    monkeypatch.setenv("SLIPSTREAM_CRASH_AT", "another.point:2")
    crashpoint("landing.part")
    crashpoint("another.point")
