"""`slipstream webhooks`, and what the sandbox's command can be told of webhooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from pipelines import settings


@click.group()
def webhooks() -> None:
    """What sources tell by themselves: hints that make the next sync quicker to see a change."""


@webhooks.command()
@click.option("--port", type=int, default=8090, show_default=True, help="0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Keep it, and let a proxy with TLS stand before.")
def serve(port: int, host: str) -> None:
    """Receive webhooks at /<type>/<site>, for every site with a webhook secret. The next sync takes them up."""
    from pipelines import receiver

    config = settings.load()
    receiver.serve(config, host, port, lambda line: click.echo(line, err=True), lambda url: click.echo(f"ready {url}"))


def emission(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a sandbox that sends webhooks."""
    share = click.FloatRange(0.0, 1.0)
    options = (
        click.option("--webhook-url", help="Send webhooks there, as an administrator set up."),
        click.option("--webhook-secret", default="sandbox-webhook-secret", show_default=True, help="Signs them."),
        click.option("--webhook-drop", type=share, default=0.0, help="This share never arrives."),
        click.option("--webhook-duplicate", type=share, default=0.0, help="This share arrives twice."),
        click.option("--webhook-reorder", is_flag=True, help="They arrive in no order."),
    )
    for option in reversed(options):
        command = option(command)
    return command
