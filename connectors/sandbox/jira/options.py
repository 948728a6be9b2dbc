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
    time_zone: str = "Europe/Berlin"  # of the API user: not UTC, so that nobody relies on UTC
    webhook_url: str | None = None  # where an administrator had everything sent to
    webhook_secret: str = "sandbox-webhook-secret"  # noqa: S105 - as above
    webhook_app_secret: str = "sandbox-webhook-app-secret"  # noqa: S105 - as above; signs what dynamic webhooks bring
    webhook_issuer: str = "sandbox-app"
    webhook_drop: float = 0.0  # this share never arrives
    webhook_duplicate: float = 0.0  # this share arrives twice
    webhook_reorder: bool = False
    webhook_retry_seconds: float = 1.0  # Jira waits for minutes
