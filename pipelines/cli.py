"""The `slipstream` command. Thin: whatever it does is a stage that Dagster runs too."""

from __future__ import annotations

import atexit
import gc
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
from rich.markup import escape

from connectors.errors import ConfigurationError, SourceError
from connectors.source import Finding, SiteConfig
from pipelines import settings
from pipelines.cli_backtest import backtest
from pipelines.cli_sandbox import sandbox
from pipelines.cli_verify import verify
from pipelines.cli_webhooks import webhooks
from pipelines.cli_whatif import whatif
from pipelines.clock import parse_instant
from pipelines.settings import Settings
from pipelines.terminal import err, out, teller

if TYPE_CHECKING:
    from pipelines.line import Line


def main() -> None:
    """Run the command; every foreseeable failure is one message and an exit code, never a traceback."""
    gc.set_threshold(100_000, 50, 50)  # a short-lived process with millions of lasting objects: collect seldom
    atexit.register(gc.freeze)  # nor at its end
    try:
        group(standalone_mode=False)
    except SourceError as error:
        _fail(str(error), error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("Stopped by the user; nothing half-written is used.", 130)
    except OSError as error:
        _fail(f"{error.strerror or error}: {error.filename or 'see above'}", 1)


def _fail(message: str, code: int) -> None:
    err.print(f"[bold red]slipstream:[/bold red] {escape(message)}", soft_wrap=True)
    sys.exit(code)


def _as_of(context: click.Context, parameter: click.Parameter, value: str | None) -> datetime | None:
    zone = settings.load().reporting_timezone if value else "UTC"
    try:
        return parse_instant(value or "", zone)
    except ValueError:
        raise click.BadParameter(f"'{value}' is no day (2026-01-31) and no instant (2026-01-31T12:00).") from None


as_of_option = click.option(
    "--as-of",
    callback=_as_of,
    help="A day (YYYY-MM-DD, to its end where you report) or UTC instant; default: the sources' present.",
)


def needs_sites(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give the command the settings, and refuse to go on where no site is configured."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        config = settings.load()
        if not config.sites:
            raise ConfigurationError(
                f"No source is configured: {config.sources_dir} holds no YAML and JIRA_URL is not set.",
                "Set JIRA_URL, JIRA_EMAIL and JIRA_API_TOKEN, or add a site's YAML; `slipstream demo` needs neither.",
            )
        return command(config, *args, **kwargs)

    return wrapper


@click.group(name="slipstream", context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="slipstream")
def group() -> None:
    """Slipstream: one governed, forecast-ready view of every project."""


@group.command()
def demo() -> None:
    """The whole line on the sandbox portfolio; each further demo moves the portfolio one week on."""
    from pipelines import sandbox, warmup
    from pipelines.resources import worker

    place = sandbox.SandboxHome(settings.load().home)
    tell = teller()
    again = place.is_there
    tell("starting the sandbox Jira" + (", one week later" if again else ""))
    ready = partial(_load_definitions, place.home)
    starting = sandbox.running(place, advance_days=7 if again else 0, meanwhile=ready)
    # the worker comes last: two cores have enough to do while the sandbox simulates
    with warmup.loading(), starting as url, worker.beside() as compute:
        from pipelines.line import Line

        tell(f"sandbox Jira answers at {url}")
        config = settings.load({"SLIPSTREAM_HOME": str(place.home)})
        _run_line(Line.of(config, progress=tell, compute=compute))


@group.command()
@as_of_option
@click.option("--full", is_flag=True, help="Read the sources in full instead of what changed.")
@needs_sites
def run(config: Settings, as_of: Any, full: bool) -> None:
    """Sync every site, build, gate, forecast, publish, tell the owners."""
    from pipelines import warmup
    from pipelines.line import Line
    from pipelines.resources import worker

    with worker.beside() as compute, warmup.loading():
        _run_line(Line.of(config, as_of=as_of, full=full, progress=teller(), compute=compute))


def _load_definitions(home: Path) -> None:
    """Import what a run needs, and put its definitions together as far as they are known already."""
    from pipelines import assembly

    with suppress(SourceError):  # the run meets it again
        assembly.assemble(settings.load({"SLIPSTREAM_HOME": str(home)}))


def _run_line(line: Line) -> None:
    from pipelines import summary
    from pipelines.assembly import LINE_JOB
    from pipelines.run import run_job

    outcome = run_job(LINE_JOB, line)
    if not outcome.ok:
        for message in outcome.errors:
            err.print(f"[bold red]failed[/bold red] {escape(message)}", soft_wrap=True)
        _fail(f"The run ended early; what was published before stands. Run {outcome.run_id}.", outcome.exit_code)
    summary.show(line.settings.published_dir, out)
    if outcome.exit_code:
        sys.exit(outcome.exit_code)


@group.command()
@click.argument("source")
@click.option("--full", is_flag=True, help="Read everything, not only what changed.")
@click.option("--json", "as_json", is_flag=True, help="Print the report, certificates included, as one JSON object.")
@needs_sites
def sync(config: Settings, source: str, full: bool, as_json: bool) -> None:
    """Sync SOURCE (a type such as `jira`, or one site). Exit: 0 complete, 3 partial or deferred, 1 failed."""
    from pipelines.stages.sync import sync_site

    tell, codes = teller(), [0]
    for site in _chosen(config, source):
        try:
            report = sync_site(config, site, full=full, progress=tell)
        except SourceError as error:  # one dead site does not keep the others from being read
            err.print(f"[bold red]{escape(site.site)}:[/bold red] {escape(str(error))}", soft_wrap=True)
            codes.append(error.exit_code)
            continue
        codes.append(0 if report.status == "complete" else 3)
        if as_json:
            sys.stdout.write(report.to_json() + "\n")
        else:
            out.print(escape(report.summary()), soft_wrap=True)
    sys.exit(next((code for code in codes if code not in (0, 3)), max(codes)))


def _chosen(config: Settings, source: str) -> list[SiteConfig]:
    of_type = [site for site in config.sites if site.type == source]
    return of_type or [config.site(source)]


@group.command()
def doctor() -> None:
    """Test every configured connection step by step; say what is wrong and how to mend it."""
    from connectors import registry
    from pipelines import clock
    from pipelines.places_check import check_places

    config = settings.load()
    out.print(f"home     {config.home}\nsources  {config.sources_dir}", soft_wrap=True)
    healthy = all([_show(finding) for finding in check_places(config)])
    if not config.sites:
        _fail("No source is configured. Set JIRA_URL, JIRA_EMAIL and JIRA_API_TOKEN, or add a site's YAML.", 1)
    for site in config.sites:
        out.print(f"\n[bold]{site.type} {site.site}[/bold]")
        for finding in registry.create(site, clock.now).check():
            healthy &= _show(finding)
    if not healthy:
        sys.exit(1)


def _show(finding: Finding) -> bool:
    mark = "[green]ok[/green]  " if finding.ok else "[red]FAIL[/red]"
    out.print(f"  {mark} {escape(finding.check)}: {escape(finding.detail)}", soft_wrap=True)
    if not finding.ok:
        out.print(f"       → {escape(finding.remedy)}", soft_wrap=True)
    return finding.ok


@group.command()
@click.option("--port", type=int, default=3000, show_default=True, help="Where the UI listens on 127.0.0.1.")
def dev(port: int) -> None:
    """Open the Dagster UI on everything (and the sandbox, where the demo was run)."""
    from pipelines import develop

    sys.exit(develop.serve(teller(), port))


@group.command()
@as_of_option
@click.option("--full-refresh", is_flag=True, help="Rebuild every table from landing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a layer: tables, seconds, rows.")
def build(as_of: Any, full_refresh: bool, as_json: bool) -> None:
    """Build the warehouse from what is landed: no sync, no forecast."""
    from pipelines.line import Line
    from pipelines.stages.build import builder as stage

    line = Line.of(settings.load(), as_of=as_of, progress=teller())
    for report in stage.build_warehouse(line, full_refresh=full_refresh):
        if as_json:
            sys.stdout.write(report.to_json() + "\n")
        else:
            out.print(escape(report.summary()), soft_wrap=True)


@group.command()
@as_of_option
def forecast(as_of: Any) -> None:
    """Gate, forecast, publish and tell on what is landed: what the daily schedule runs."""
    from pipelines import summary
    from pipelines.assembly import FORECAST_JOB
    from pipelines.line import Line
    from pipelines.run import run_job

    config = settings.load()
    outcome = run_job(FORECAST_JOB, Line.of(config, as_of=as_of, progress=teller()))
    if not outcome.ok:
        _fail("; ".join(outcome.errors), outcome.exit_code)
    summary.show(config.published_dir, out)


@group.command()
def status() -> None:
    """What is published: release, as_of and row counts, as JSON."""
    manifest = settings.load().published_dir / "current" / "manifest.json"
    if not manifest.exists():
        raise ConfigurationError("Nothing is published yet.", "Run `slipstream demo` or `slipstream run`.")
    sys.stdout.buffer.write(orjson.dumps(orjson.loads(manifest.read_bytes()), option=orjson.OPT_INDENT_2) + b"\n")


for subcommands in (backtest, sandbox, verify, webhooks, whatif):
    group.add_command(subcommands)


if __name__ == "__main__":
    main()
