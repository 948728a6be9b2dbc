"""The side-by-side bench: what it counts, how it words it, and that `make` knows it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.peers import environments, faults, outcome, running, table
from benchmarks.peers.environments import Peer
from benchmarks.peers.outcome import Delivered, verdict
from connectors.sandbox.jira.faults import parse

ROOT = Path(__file__).parents[2]
ADAPTER = """
import sys; sys.path.insert(0, {adapters!r})
from protocol import main
rows = {rows!r}
main(lambda site, out: {end}, lambda out: rows)
"""


def delivered(issues: int = 3, rows: int | None = None, histories: int = 5) -> Delivered:
    """Of three issues with five history entries."""
    counted = {"issue_rows": issues if rows is None else rows, "issues": issues}
    return Delivered.of((3, 5), {**counted, "history_rows": histories, "histories": histories})


def peer(folder: Path, end: str = "0", rows: Sequence[Any] = ()) -> Peer:
    """One whose adapter is a few lines in `folder`, run by this interpreter."""
    adapter = folder / "adapter.py"
    adapters = str(Path(environments.__file__).parent / "adapters")
    adapter.write_text(ADAPTER.format(adapters=adapters, rows=list(rows), end=end))
    return Peer("mine", "Mine", "mine 1", "", "nothing", str(adapter), {}, [3])


def test_rows_and_different_ones_are_told_apart(tmp_path: Path) -> None:
    rows = [("1", ["a", "b"]), ("2", []), ("1", ["a", "b"]), ("3", ["c"])]
    counted = running.count(peer(tmp_path, rows=rows), tmp_path)
    assert counted == {"issue_rows": 4, "issues": 3, "history_rows": 5, "histories": 3}
    assert isinstance(counted, dict)
    found = Delivered.of((5, 4), counted)
    assert (found.missing, found.duplicates, found.histories_missing) == (2, 3, 1)


@pytest.mark.parametrize(
    ("status", "found", "stopped", "said"),
    [
        (0, delivered(), "", "complete"),
        (0, delivered(issues=1), "", "SILENT LOSS"),
        (0, delivered(histories=4), "", "SILENT LOSS of histories"),
        (0, delivered(rows=4), "", "duplicates"),
        (3, delivered(issues=1), "", "exit 3"),
        (-9, delivered(), "", "exit -9"),
        (None, delivered(issues=1), "endless", "endless"),
        (None, delivered(), "60 s", "stopped after 60 s"),
    ],
)
def test_loss_is_silent_only_where_the_exit_status_says_that_all_is_well(
    status: int | None, found: Delivered, stopped: str, said: str
) -> None:
    assert verdict(status, found, stopped, histories=True) == said


def test_histories_count_only_where_asked_for() -> None:
    assert verdict(0, delivered(histories=4)) == "complete"


def test_repeated_runs_are_told_as_their_median() -> None:
    lines = [{"peer": "x", "rate": rate, "exit": 0, "verdict": "complete"} for rate in (10.0, 30.0, 100.0)]
    assert outcome.middle(lines) == {"peer": "x", "rate": 30.0, "exit": 0, "verdict": "complete", "runs": 3}


def test_the_worst_of_repeated_runs_decides_the_verdict() -> None:
    lines = [{"peer": "x", "rate": 1.0, "verdict": word} for word in ("complete", "SILENT LOSS", "complete")]
    assert outcome.middle(lines)["verdict"] == "SILENT LOSS"


def line(fault: str, name: str, word: str, found: Delivered, **more: Any) -> dict[str, Any]:
    return {"fault": fault, "peer": name, "verdict": word, "delivered": outcome.figures(found), **more}


def test_the_table_of_faults_says_what_was_delivered_and_what_the_next_run_made_of_it() -> None:
    again = line("502 once", "b", "complete", delivered())
    lines = [
        line("502 once", "a", "complete", delivered()),
        line("502 once", "b", "exit 1", delivered(issues=0), next_run=again),
        line("reset", "a", "duplicates", delivered(rows=4)),
        {"fault": "reset", "peer": "b", "verdict": "cannot be counted: gone"},
    ]
    assert table.faults(lines, {"a": "Peer A", "b": "B"}).splitlines() == [
        "| fault    | Peer A                      | B                                  |",
        "|----------|-----------------------------|------------------------------------|",
        "| 502 once | complete                    | exit 1, 0 of 3; next run: complete |",
        "| reset    | duplicates, 3 of 3, 1 twice | cannot be counted: gone            |",
    ]


def test_a_peer_that_cannot_be_installed_has_a_row_with_the_reason() -> None:
    shown = table.speed([{"peer": "a", "verdict": "cannot be installed: no such version"}], {"a": "Peer A"})
    assert "Peer A" in shown
    assert "cannot be installed: no such version" in shown


def test_the_exit_status_and_cpu_of_a_run_are_its_own(tmp_path: Path) -> None:
    ran = running.run(peer(tmp_path, end="3"), ("url", "email", "token"), tmp_path, limit=60)
    assert (ran.status, ran.stopped) == (3, "")
    assert ran.cpu_seconds > 0 < ran.peak_memory_mb


def test_a_run_that_would_never_end_is_stopped_and_said_to_be_endless(tmp_path: Path) -> None:
    forever = peer(tmp_path, end="__import__('threading').Event().wait()")
    ran = running.run(forever, ("url", "email", "token"), tmp_path, limit=60, endless=lambda: True)
    assert (ran.status, ran.stopped) == (None, "endless")


def test_every_peer_is_pinned_and_has_its_adapter() -> None:
    for one in environments.read():
        assert one.script.exists()
        assert all("==" in requirement for wanted in one.environments.values() for requirement in wanted)
        assert one.is_ours or one.published


def test_no_legal_way_of_reading_is_taken_for_endless() -> None:
    for one in environments.read():
        slowest = one.fault_issues / 50 * 2 if not one.is_ours else one.fault_issues / 100 * 2
        assert faults.endless(one.fault_issues) > slowest + 10


def test_every_fault_is_one_the_sandbox_knows() -> None:
    assert len([parse(spec) for spec in faults.FAULTS.values()]) == len(faults.FAULTS)


def test_make_help_lists_the_bench() -> None:
    ran = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    assert "make bench-peers" in ran.stdout
