"""What a sandbox can be asked for, shared by the command line, the tests and the server."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GATEWAY = "/ex/jira/"


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
    flavour: Literal["cloud", "datacenter"] = "cloud"
    pat: str = "sandbox-pat"  # Data Center's personal access token
    scoped_token: str = "sandbox-scoped-token"  # noqa: S105 - works at the gateway only
    cloud_id: str = "11111111-2222-4333-8444-555555555555"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"  # noqa: S105 - of a loopback server
    refresh_token: str = "sandbox-refresh-0"  # noqa: S105 - the first of those that rotate
    oauth_grace_minutes: int = 10  # how long a used refresh token is still taken
    faults: tuple[str, ...] = ()
    largest_answer: int | None = None  # bytes; what is larger ends as a gateway's time-out
    hostile: bool = False  # adds issues whose content breaks readers, see `hostile`
    time_zone: str = "Europe/Berlin"  # of the API user: not UTC, so that nobody relies on UTC
    index_lag_seconds: int = 0  # searches see the site as it stood so long ago
    clock_skew_seconds: int = 0  # the server's clock against the true time
    webhook_url: str | None = None  # where an administrator had everything sent to
    webhook_secret: str = "sandbox-webhook-secret"  # noqa: S105 - as above
    webhook_app_secret: str = "sandbox-webhook-app-secret"  # noqa: S105 - as above; signs what dynamic webhooks bring
    webhook_issuer: str = "sandbox-app"
    webhook_drop: float = 0.0  # this share never arrives
    webhook_duplicate: float = 0.0  # this share arrives twice
    webhook_reorder: bool = False
    webhook_retry_seconds: float = 1.0  # Jira waits for minutes

    def sign_in(self, url: str) -> str:
        """How to, for a person."""
        if self.flavour == "datacenter":
            return f"sign in with the personal access token {self.pat}"
        variables = f"JIRA_URL={url} JIRA_EMAIL={self.email} JIRA_API_TOKEN={self.token}"
        return f"sign in as {self.email} with token {self.token}; for slipstream that is\nexport {variables}"
