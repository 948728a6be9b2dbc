"""`slipstream backtest`: how good a forecaster is, on past cases of one's own or on public ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from connectors.errors import ConfigurationError
from pipelines.terminal import out, teller

if TYPE_CHECKING:
    from models.tracks.track import Score

_FILE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.command()
@click.argument("track")
@click.option("--data", required=True, type=_FILE, help="CSV file of past cases; its rows are scored.")
@click.option("--train", type=_FILE, help="CSV file to fit on; without it the data is judged by itself.")
@click.option("--out", "target", required=True, type=click.Path(dir_okay=False, path_type=Path), help="JSON to write.")
@click.option("--report", type=click.Path(file_okay=False, path_type=Path), help="Folder for a page with plots.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Of fits and intervals.")
def backtest(track: str, data: Path, train: Path | None, target: Path, report: Path | None, seed: int) -> None:
    """Score the forecaster of TRACK (issues, sprints, capital, gmpp, throughput) on a file of past cases."""
    from pipelines.stages import backtest as stage

    found = stage.named(track)
    if target.exists() and target.resolve() in {path.resolve() for path in (data, train) if path is not None}:
        raise ConfigurationError(f"--out {target} would overwrite what is read.", "Give another file.")
    tell = teller()
    tell(f"{track}: reading {data}" + (f", fitting on {train}" if train else ""))
    judged = stage.judge(found, data, train, seed)
    stage.write_whole(target, judged.to_json())
    tell(f"{len(judged.result.predictions):,} rows scored; written to {target}")
    if report is not None:
        from pipelines.dashboard import backtest_page

        page = report / f"{track}.html"
        stage.write_whole(page, backtest_page.render(judged).encode())
        tell(f"report: {page}")
    for name, scores in judged.result.scores.items():
        out.print(escape(f"{name}: " + ", ".join(_say(what, score) for what, score in scores.items())), soft_wrap=True)


def _say(what: str, score: Score) -> str:
    return f"{what} {score.value:.3f} [{score.low:.3f}, {score.high:.3f}]"
