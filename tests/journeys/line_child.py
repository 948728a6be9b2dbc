"""Runs `slipstream` commands in forked copies of a process that has loaded everything: as the real command, sooner.

Loading dbt, Dagster and Great Expectations takes longer than a small portfolio's whole run. This process loads them
once and starts no thread; each request on stdin (JSON: arguments, environment, where to write the output) is
answered by a fork that becomes the command, and by one JSON line with its exit code.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from contextlib import nullcontext
from typing import Any


def warm() -> None:
    """Import what a run imports, and have dbt read its project, for the warm home."""
    import apprise  # noqa: F401
    import great_expectations  # noqa: F401

    from connectors import registry
    from pipelines import assembly, cli, run, summary  # noqa: F401
    from pipelines.dashboard import render  # noqa: F401

    assembly.assemble()

    for kind in registry.CONNECTORS:
        registry.factory(kind)


def become(request: dict[str, Any]) -> None:
    """What the process does in place of the command's interpreter; it never returns."""
    code = 70
    try:
        output = os.open(request["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for number in (1, 2):
            os.dup2(output, number)
        os.environ.update(request["environment"])
        signal.alarm(request["seconds"])
        from pipelines import cli
        from pipelines.resources import worker

        worker.beside = lambda: nullcontext(worker.here)  # type: ignore[assignment] # what it loads is loaded here
        sys.argv = ["slipstream", *request["arguments"]]
        cli.main()
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0 if stop.code is None else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def serve() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    warm()
    answers.write("ready\n")
    answers.flush()
    for text in sys.stdin:
        child = os.fork()
        if child == 0:
            become(json.loads(text))
        _, status = os.waitpid(child, 0)
        answers.write(json.dumps(os.waitstatus_to_exitcode(status)) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve()
