"""`slipstream sandbox`: a simulated source to try everything on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group()
def sandbox() -> None:
    """The simulated portfolio behind the real wire protocol."""


@sandbox.command("jira")
@click.option("--port", type=int, default=8089, show_default=True, help="0 takes a free one.")
@click.option("--issues", type=click.IntRange(min=1), help="Bulk mode: that many issues, for load.")
@click.option("--flavour", type=click.Choice(["cloud", "datacenter"]), default="cloud", show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--latency-ms", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--recorded", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Serve real data.")
@click.option("--state", type=click.Path(file_okay=False, path_type=Path), help="Folder to resume from.")
@click.option("--advance-days", type=click.IntRange(min=0), default=0, help="Move time forward before serving.")
@click.option("--register-folder", type=click.Path(file_okay=False, path_type=Path), help="Write the register here.")
@click.option("--fault", "faults", multiple=True, help="NAME@REQUEST, several allowed.")
@click.option("--webhook-url", help="Send webhooks there, as an administrator set up.")
@click.option("--webhook-secret", default="sandbox-webhook-secret", show_default=True, help="Signs them.")
@click.option("--webhook-drop", type=click.FloatRange(0, 1), default=0.0, help="This share never arrives.")
@click.option("--webhook-duplicate", type=click.FloatRange(0, 1), default=0.0, help="This share arrives twice.")
@click.option("--webhook-reorder", is_flag=True, help="They arrive in no order.")
def sandbox_jira(**given: Any) -> None:
    """A Jira on loopback: Cloud v3 or Data Center v2, and Agile 1.0, with a virtual clock that can move."""
    from connectors.sandbox.jira.options import SandboxOptions
    from connectors.sandbox.server import serve

    given["state_dir"] = given.pop("state")
    options = SandboxOptions(**given)
    serve(options, lambda url: click.echo(f"ready {url}\n{options.sign_in(url)}"))
