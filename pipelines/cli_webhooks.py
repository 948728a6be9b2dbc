"""`slipstream webhooks`: apart from the other commands, for it runs for months."""

from __future__ import annotations

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
