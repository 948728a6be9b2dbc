"""What a sandbox can be asked for, shared by the command line, the tests and the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class SandboxOptions:
    """`issues` asks for bulk mode, `recorded` for real data; otherwise the simulated portfolio is served."""

    port: int = 0
    issues: int | None = None
    seed: int = 7
    latency_ms: int = 0
    recorded: Path | None = None
    state_dir: Path | None = None
    advance_days: int = 0
    register_folder: Path | None = None
    email: str = "demo@slipstream.test"
    token: str = "sandbox-token"  # noqa: S105 - the well-known token of a loopback server
    faults: tuple[str, ...] = ()
    largest_answer: int | None = None  # bytes; what is larger ends as a gateway's time-out
    hostile: bool = False  # adds issues whose content breaks readers, see `hostile`
    time_zone: str = "Europe/Berlin"  # of the API user: not UTC, so that nobody relies on UTC
