"""Starts `dagster dev` on loopback with our home, and the demo's sandbox beside it where there is one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pipelines import dagster_home, sandbox, settings

WORKSPACE = Path(__file__).parent.parent / "workspace.yaml"


def serve(tell: Callable[[str], None], port: int = 3000) -> int:
    """Run until stopped; gives Dagster's exit code."""
    config = settings.load()
    place = sandbox.SandboxHome(config.home)
    with ExitStack() as stack:
        if place.is_there and config.sources_dir == place.sources:
            tell(f"sandbox Jira answers at {stack.enter_context(sandbox.running(place))}")
        environment = settings.child_environment(
            DAGSTER_HOME=str(dagster_home.prepare(config.dagster_dir)), SLIPSTREAM_HOME=str(config.home)
        )
        tell(f"Dagster UI: http://127.0.0.1:{port}  (Ctrl-C ends it)")
        command = [sys.executable, "-m", "dagster", "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)]
        try:
            return subprocess.run(command, env=environment, check=False).returncode
        except KeyboardInterrupt:
            return 0
