"""A webhook that was answered is never lost, whenever the power goes; one that was not comes again and counts once."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from pipelines.resources.landing import Landing
from pipelines.settings import Settings, load

CHILD = Path(__file__).with_name("spool_child.py")
ROOT = CHILD.parents[3]


def points(prefix: str) -> list[str]:
    """Every crash point named in the code, so that a new one is tested by itself."""
    text = "".join(path.read_text() for path in sorted((ROOT / "pipelines").rglob("*.py")))
    return sorted(point for point in set(re.findall(r'crashpoint\("([^"]+)"\)', text)) if point.startswith(prefix))


def child_module() -> ModuleType:
    spec = importlib.util.spec_from_file_location("spool_child", CHILD)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SPOOL_CHILD = child_module()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"SLIPSTREAM_HOME": str(tmp_path / "home"), "SLIPSTREAM_LOCK_WAIT": "10"})


def kill_at(point: str, what: str, settings: Settings, number: int = 0) -> None:
    done = subprocess.run(
        [sys.executable, str(CHILD), what, str(settings.home), str(number)],
        env={**os.environ, "SLIPSTREAM_CRASH_AT": point, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, f"{point} was not reached: {done.stderr}"


def waiting(settings: Settings) -> list[str]:
    return [key for one in SPOOL_CHILD.spool(settings).waiting() for key in one.hint.keys]


def landed(settings: Settings) -> set[str]:
    """Issues that some committed sync brought."""
    import pyarrow.parquet as pq

    landing = Landing(settings.landing_dir)
    files = [landing.address(file) for commit in landing.commits() for file in commit.files]
    return {row["_key"] for file in files for row in pq.read_table(file).to_pylist()}


@pytest.mark.slow
@pytest.mark.parametrize("point", [*points("spool.add"), "store.draft"])
def test_a_receiver_killed_while_it_takes_a_webhook_in_has_it_whole_or_not_at_all(
    settings: Settings, point: str
) -> None:
    assert SPOOL_CHILD.receive(settings, 1)
    kill_at(point, "receive", settings, 2)
    is_in = point == "spool.added"
    assert sorted(waiting(settings)) == ["1", "2"][: 2 if is_in else 1]
    assert SPOOL_CHILD.receive(settings, 2) is not is_in  # it had no answer, so the sender tries again
    assert not SPOOL_CHILD.receive(settings, 1)
    assert sorted(waiting(settings)) == ["1", "2"]
    files = [path.name for path in settings.webhooks_dir.rglob("*") if path.is_file()]
    assert len(files) == 2
    SPOOL_CHILD.sync(settings, 0)
    assert (landed(settings), waiting(settings)) == ({"1", "2"}, [])


SYNC = [*points("sync."), *points("landing.before"), "landing.committed", *points("spool.")]


@pytest.mark.slow
@pytest.mark.parametrize("point", [point for point in SYNC if not point.startswith("spool.add")])
def test_a_sync_killed_anywhere_leaves_each_hint_waiting_or_heard(settings: Settings, point: str) -> None:
    for number in (1, 2, 3):
        assert SPOOL_CHILD.receive(settings, number)
    kill_at(point, "sync", settings)
    assert set(waiting(settings)) | landed(settings) == {"1", "2", "3"}
    if point.startswith(("sync.", "landing.before")):
        assert (len(waiting(settings)), landed(settings)) == (3, set())
    for number in (1, 2, 3):
        assert not SPOOL_CHILD.receive(settings, number)  # still known, whichever step was the last
    SPOOL_CHILD.sync(settings, 0)
    assert (landed(settings), waiting(settings)) == ({"1", "2", "3"}, [])
