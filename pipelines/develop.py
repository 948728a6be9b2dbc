"""Starts `dagster dev` on loopback with our home, and the demo's sandbox beside it where there is one."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from pipelines import dagster_home, sandbox, settings

WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"
STOP_SECONDS = 30


def serve(tell: Callable[[str], None], port: int) -> int:
    """Run until stopped (Ctrl-C or SIGTERM), then stop what was started; gives Dagster's exit code."""
    config = settings.load()
    place = sandbox.SandboxHome(config.home)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)  # a shell's background job ignores it, and so would all that it starts
    with ExitStack() as stack:
        if place.is_there and config.sources_dir == place.sources:
            tell(f"sandbox Jira answers at {stack.enter_context(sandbox.running(place))}")
        environment = settings.child_environment(
            DAGSTER_HOME=str(dagster_home.prepare(config.dagster_dir)), SLIPSTREAM_HOME=str(config.home)
        )
        tell(f"Dagster UI: http://127.0.0.1:{port}  (Ctrl-C ends it)")
        command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
        dagster = subprocess.Popen(command, env=environment)
        try:
            return dagster.wait()
        except KeyboardInterrupt:
            dagster.send_signal(signal.SIGINT)  # it stops its own children in order
            dagster.wait(timeout=STOP_SECONDS)
            return 0


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
