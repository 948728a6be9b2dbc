"""The history of runs, kept in files of Dagster's own making."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from pipelines import dagster_home, dagster_storage

ROWS = 7


@dg.asset
def table() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"dagster/row_count": ROWS})


def open_files(folder: Path) -> int:
    targets = {str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()}
    return sum(target.startswith(str(folder)) and target.endswith(".db") for target in targets)


def rows(instance: dg.DagsterInstance) -> object:
    event = instance.get_latest_materialization_event(dg.AssetKey("table"))
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization.metadata["dagster/row_count"].value


def told(instance: dg.DagsterInstance, run: dg.ExecuteInProcessResult) -> list[str]:
    return [entry.dagster_event_type.value for entry in instance.all_logs(run.run_id) if entry.dagster_event_type]


def plain(folder: Path) -> dg.DagsterInstance:
    """Dagster's own storage on the same files."""
    (folder / "plain").mkdir()
    (folder / "plain" / "dagster.yaml").write_text(f"storage: {{sqlite: {{base_dir: '{folder}'}}}}")
    return dg.DagsterInstance.from_config(str(folder / "plain"))


def test_what_we_write_dagsters_own_storage_reads(tmp_path: Path) -> None:
    with dagster_home.instance(tmp_path) as ours:
        assert type(ours.event_log_storage).__module__ == dagster_storage.__name__
        run = dg.materialize([table], instance=ours)
        known = told(ours, run)
    assert "ASSET_MATERIALIZATION" in known
    with plain(tmp_path) as theirs:
        assert rows(theirs) == ROWS
        assert [found.run_id for found in theirs.get_runs()] == [run.run_id]
        assert told(theirs, run) == known


def test_what_dagsters_own_storage_writes_we_read_at_once(tmp_path: Path) -> None:
    with dagster_home.instance(tmp_path) as ours, plain(tmp_path) as theirs:
        assert ours.get_latest_materialization_event(dg.AssetKey("table")) is None
        run = dg.materialize([table], instance=theirs)
        assert rows(ours) == ROWS
        assert told(ours, run) == told(theirs, run)


def test_after_a_wipe_new_runs_are_written_to_files_that_are_there(tmp_path: Path) -> None:
    with dagster_home.instance(tmp_path) as ours:
        dg.materialize([table], instance=ours)
        ours.event_log_storage.wipe()
        assert ours.get_latest_materialization_event(dg.AssetKey("table")) is None
        run = dg.materialize([table], instance=ours)
        assert (tmp_path / "history" / "runs" / f"{run.run_id}.db").exists()
        assert rows(ours) == ROWS


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks at open files as Linux shows them")
def test_however_many_runs_are_looked_at_few_files_stay_open_and_none_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dagster_storage, "KEPT_RUNS", 2)
    with dagster_home.instance(tmp_path) as ours:
        runs = [dg.materialize([table], instance=ours).run_id for _ in range(4)]
        assert all(ours.all_logs(run) for run in runs)
        assert 0 < open_files(tmp_path) <= 2 + 1  # and the runs' own file
    assert open_files(tmp_path) == 0
