"""Runs a Dagster job in this process, so that the command line and the UI do and show the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from connectors.errors import SourceError
from pipelines import dagster_home
from pipelines.line import Line

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True)
class RunOutcome:
    """How a run ended; `errors` are sentences for a person, the first one being the cause."""

    ok: bool
    run_id: str
    errors: tuple[str, ...] = ()
    exit_code: int = 0


class HistoryError(SourceError):
    """Dagster's own records cannot be written."""


def run_job(name: str, line: Line) -> RunOutcome:
    """Run the job to its end; a failed step stops what hangs on it, the rest goes on. A signal ends it all."""
    from sqlalchemy.exc import OperationalError

    try:
        result = _execute(name, line)
    except OperationalError as error:
        raise HistoryError(
            f"The disk is full or failing: the history of runs could not be written ({error.orig}). "
            "Nothing half-written is used.",
            f"Free some space for {line.settings.dagster_dir} and run it again.",
        ) from None
    if was_stopped(result):
        raise KeyboardInterrupt
    if result.success:
        return RunOutcome(True, result.run_id, exit_code=_partial(line))
    return RunOutcome(False, result.run_id, tuple(_errors(result)), 1)


def _execute(name: str, line: Line) -> Any:
    from pipelines.assembly import assemble

    job = assemble(line.settings).resolve_job_def(name)
    folder = line.settings.dagster_dir
    with dagster_home.instance(folder) as instance, dagster_home.alive(instance, folder) as run_id:
        return job.execute_in_process(
            instance=instance, resources={"line": line}, run_config=_QUIET, raise_on_error=False, run_id=run_id
        )


def was_stopped(result: Any) -> bool:
    """Whether a step was ended by SIGINT or SIGTERM, which Dagster takes for a failure of the step."""
    failures = [event.step_failure_data.error for event in result.filter_events(lambda e: e.is_step_failure)]
    return any(error is not None and error.cls_name == "DagsterExecutionInterruptedError" for error in failures)


def _partial(line: Line) -> int:
    """3 where a source was read in part or put off, as `slipstream sync` says it."""
    return 3 if any(report.status != "complete" for report in line.syncs) else 0


def _errors(result: Any) -> list[str]:
    texts = []
    for event in result.filter_events(lambda e: e.is_step_failure):
        data = event.step_failure_data
        user = data.user_failure_data.description if data.user_failure_data else None
        texts.append(f"{event.step_key}: {user or _innermost(data.error)}")
    return texts or ["The run failed before its first step; see the Dagster UI (`slipstream dev`)."]


def _innermost(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return error.message.strip() if error is not None else "no message"
