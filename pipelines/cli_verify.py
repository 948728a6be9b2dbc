"""`slipstream verify`: what was kept is whole (landing), and what was built is what a rebuild gives (rebuild)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from pipelines import settings
from pipelines.terminal import err, out, teller

if TYPE_CHECKING:
    from pipelines.stages.build.proof import RebuildReport


@click.group(invoke_without_command=True)
@click.pass_context
def verify(context: click.Context) -> None:
    """Verify what is kept and built; by itself: `landing`. Exit 1 where something is not as it must be."""
    if context.invoked_subcommand is None:
        context.invoke(landing)


@verify.command()
def landing() -> None:
    """Read every committed landing file and compare its hash with its commit."""
    from pipelines.line import Line

    problems = Line.of(settings.load()).landing.verify()
    for problem in problems:
        err.print(f"[bold red]damaged:[/bold red] {escape(problem)}", soft_wrap=True)
    if problems:
        sys.exit(1)
    out.print("Every committed landing file is whole.")


@verify.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: each table, its rows, how many differ.")
def rebuild(as_json: bool) -> None:
    """Build the warehouse anew from landing, beside the working one, and compare all stored tables row by row."""
    from pipelines.line import Line
    from pipelines.stages.build.proof import verify_rebuild

    report = verify_rebuild(Line.of(settings.load(), progress=teller()))
    if as_json:
        sys.stdout.write(report.to_json() + "\n")
    else:
        _show(report)
    if report.differing:
        sys.exit(1)


def _show(report: RebuildReport) -> None:
    for table in report.differing:
        err.print(
            f"[bold red]differs:[/bold red] {table.table}: {table.differing:,} rows, "
            f"{table.rows:,} here and {table.rebuilt_rows:,} rebuilt; such as {escape(', '.join(table.examples))}",
            soft_wrap=True,
        )
    out.print(escape(report.summary()), soft_wrap=True)
    if report.differing:
        err.print("Rebuild with `slipstream build --full-refresh`, and report what differed: it is a defect of ours.")
