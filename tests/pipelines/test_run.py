"""A run that a signal ends says so, instead of showing the scheduler's own error."""

from __future__ import annotations

import os
import signal
import threading

import dagster as dg
import pytest

from pipelines.run import was_stopped


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_a_step_is_told_from_a_failure(number: int) -> None:
    @dg.op
    def is_stopped() -> None:
        os.kill(os.getpid(), number)
        threading.Event().wait(10)  # until the signal arrives

    @dg.op
    def fails() -> None:
        raise ValueError("not stopped")

    assert was_stopped(_run(is_stopped))
    assert not was_stopped(_run(fails))


def _run(op: dg.OpDefinition) -> dg.ExecuteInProcessResult:
    @dg.job
    def alone() -> None:
        op()

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return alone.execute_in_process(raise_on_error=False, run_config=quiet)
