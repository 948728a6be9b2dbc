"""Syncs in forked copies of a warm process, so that one can be killed at any step for a few milliseconds.

Each request on stdin (JSON: environment, site, full) is answered by a fork that syncs, and by one JSON line with how
the fork ended and what it said. This process itself starts no thread.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from typing import Any

import jira  # noqa: F401 - as warm as it gets: nothing is left to import in a fork
import pandas as pd  # noqa: F401 - pyarrow looks for it
import requests  # noqa: F401

from connectors import registry
from pipelines import settings
from pipelines.resources import landing_parts, ledger
from pipelines.stages.sync import sync_site

AT_MOST_SECONDS = 60  # a sync that hangs is a failed test, not a build that never ends
FEW_BYTES = 8_000  # a row group: small, so that a small world is landed in several steps


def become(request: dict[str, Any], answer: int) -> None:
    """What the fork does; it never returns."""
    code, said = 0, ""
    try:
        signal.alarm(AT_MOST_SECONDS)
        os.environ.update(request["environment"])
        landing_parts.ROW_GROUP_BYTES = FEW_BYTES
        config = settings.load()
        said = sync_site(config, config.site(request["site"]), full=request["full"]).to_json()
    except Exception as error:
        code, said = getattr(error, "exit_code", 70), f"{type(error).__name__}: {error}"
    finally:
        os.write(answer, said.encode()[:60_000])
        os._exit(code)


def answered(request: dict[str, Any]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        become(request, writing)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return {"code": os.waitstatus_to_exitcode(status), "said": said}


if __name__ == "__main__":
    registry.factory("jira")
    ledger.structures()
    gc.freeze()  # what a fork does not collect it does not copy
    print("ready", flush=True)  # noqa: T201 - the parent waits for it
    for text in sys.stdin:
        print(json.dumps(answered(json.loads(text))), flush=True)  # noqa: T201
