"""`slipstream whatif`: what a cut, more people, one dependency less or another promise would do to every project."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click
import orjson
from rich.markup import escape

from pipelines import settings
from pipelines.terminal import out, teller

if TYPE_CHECKING:
    from pipelines.line import Line


def _pairs(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """KEY=VALUE, each key once."""
    found: dict[str, str] = {}
    for value in values:
        key, equals, text = value.partition("=")
        if not (key and equals and text):
            raise click.BadParameter(f"'{value}' is not of the form {parameter.metavar}.")
        if key in found:
            raise click.BadParameter(f"{key} is named twice.")
        found[key] = text
    return found


@click.command()
@click.option(
    "--cut-scope", multiple=True, metavar="KEY=20%", callback=_pairs, help="Leave out a part of what is open."
)
@click.option(
    "--add-people", multiple=True, metavar="TEAM=2", callback=_pairs, help="People who join; -1 for one who leaves."
)
@click.option("--drop-dependency", multiple=True, metavar="ID", help="By its id, or as BEFORE>AFTER in keys of issues.")
@click.option("--start-earlier", multiple=True, metavar="ID", help="Do first what that dependency waits for.")
@click.option("--move-promise", multiple=True, metavar="KEY=2026-12-01", callback=_pairs, help="Promise another day.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def whatif(
    cut_scope: dict[str, str],
    add_people: dict[str, str],
    drop_dependency: tuple[str, ...],
    start_earlier: tuple[str, ...],
    move_promise: dict[str, str],
    as_json: bool,
) -> None:
    """Simulate the portfolio with and without these changes, all together; nothing is written."""
    from pipelines.stages import whatif as stage

    asked = stage.wishes(cut_scope, add_people, drop_dependency, start_earlier, move_promise)
    found = stage.ask(_line(), asked)
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(stage.as_dict(found), option=orjson.OPT_INDENT_2) + b"\n")
        return
    out.print(escape(stage.summary(found)), soft_wrap=True)
    out.print(escape(stage.table(found)), soft_wrap=True)


def _line() -> Line:
    from pipelines.line import Line

    return Line.of(settings.load(), progress=teller())
