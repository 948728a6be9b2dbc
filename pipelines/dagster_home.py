"""Dagster's own home under SLIPSTREAM_HOME: written once, so that the command line and the UI share one history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from filelock import FileLock, Timeout

from pipelines.settings import enter_dagster_home

if TYPE_CHECKING:
    from dagster import DagsterInstance

CONFIG = """\
# Written by Slipstream once; change it as you like (Postgres storage, run launchers ...): it is not overwritten.
telemetry:
  enabled: false
nux:
  enabled: false
freshness:
  enabled: true
storage:
  custom:
    module: pipelines.dagster_storage
    class: SqliteStorage
    config:
      base_dir: {env: DAGSTER_HOME}
concurrency:
  pools:
    default_limit: 1  # DuckDB takes one writer at a time
    granularity: op
"""


def prepare(folder: Path) -> Path:
    """Make sure the folder and its dagster.yaml exist."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "dagster.yaml"
    if not config.exists():
        config.write_text(CONFIG)
    return folder


def instance(folder: Path) -> DagsterInstance:
    """The instance whose runs and materialisations the UI shows."""
    import dagster as dg

    enter_dagster_home(folder)
    return dg.DagsterInstance.from_config(str(prepare(folder)))


@contextmanager
def alive(instance: DagsterInstance, folder: Path) -> Iterator[str]:
    """The id for a run of this process, which holds a lock as long as the process lives.

    A killed process leaves its run "started" and, worse, its place in a pool taken: Dagster would let every later
    run wait for it for ever. A run whose lock nobody holds is dead: it is noted as failed and gives its place back.
    """
    places = folder / "alive"
    places.mkdir(parents=True, exist_ok=True)
    for place in places.iterdir():
        with suppress(Timeout), FileLock(place, timeout=0):
            _bury(instance, place.stem)
            place.unlink(missing_ok=True)
    run_id = str(uuid4())
    place = places / f"{run_id}.lock"
    with FileLock(place):
        yield run_id
        place.unlink(missing_ok=True)


def _bury(instance: DagsterInstance, run_id: str) -> None:
    run = instance.get_run_by_id(run_id)
    if run is not None and not run.is_finished:
        instance.report_run_failed(run, "The process was stopped before the run's end; the next run took up its work.")
    instance.event_log_storage.free_concurrency_slots_for_run(run_id)
