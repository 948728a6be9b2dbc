"""The page of one backtest: every score, and the plots that say how far to trust them; one file, no outside request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

from models.tracks import figures
from models.tracks.figures import Shown
from pipelines.dashboard import backtest_charts as charts
from pipelines.dashboard.render import environment

if TYPE_CHECKING:
    from pipelines.stages.backtest import Judged


@dataclass(frozen=True)
class Plot:
    """One plot with its points as a table beside it."""

    title: str
    drawn: Markup
    points: list[Shown]


def render(judged: Judged) -> str:
    """The page; what a track does not forecast (probabilities, quantiles) is left out, and said."""
    result, seed = judged.result, judged.seed
    names = list(result.scores)
    return (
        environment()
        .get_template("backtest.html.j2")
        .render(
            track=judged.track.name,
            seed=seed,
            rows=len(result.predictions),
            clusters=result.predictions["cluster"].nunique(),
            train_rows=None if judged.train is None else len(judged.train.frame),
            scores=result.scores,
            groups=result.groups,
            notes=list(result.notes),
            reliability=_plots(figures.reliability(result.predictions, names, seed), charts.reliability),
            coverage=_plots(figures.coverage(result.predictions, names, seed), charts.coverage, by_claim=True),
            skill=_plots(figures.skill(result.predictions, names, seed), charts.skill),
        )
    )


def _plots(points: Sequence[Shown], draw: Callable[[Sequence[Shown]], str], *, by_claim: bool = False) -> list[Plot]:
    """One plot for each thing forecast, and for each share that intervals claim to hold."""
    parts: dict[str, list[Shown]] = {}
    for point in points:
        title = f"{point.what}, the {point.at:.0%} interval" if by_claim else point.what
        parts.setdefault(title.replace("_", " "), []).append(point)
    return [Plot(title, Markup(draw(part)), part) for title, part in parts.items()]  # noqa: S704  the renderer's own SVG
