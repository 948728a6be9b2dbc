"""The plots of a backtest: reliability, coverage and skill, each figure with its interval, as inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from models.tracks.figures import Shown
from pipelines.dashboard import charts

TONES = ("#1f5f99", "#d9a520", "#b8402f", "#3f8f6b", "#7a5c99", "#8592a0", "#1c2733", "#c2410c")
GREY = "#8592a0"


def reliability(points: Sequence[Shown]) -> str:
    """Share that happened against the probability given; on the dashed line they are the same."""
    import altair as alt

    frame = _frame(points)
    share: dict[str, Any] = {"scale": alt.Scale(domain=[0, 1]), "axis": alt.Axis(format="%", tickCount=6)}
    x, y = alt.X("at:Q", title="probability given", **share), alt.Y("value:Q", title="share that happened", **share)
    ideal = pd.DataFrame({"at": [0.0, 1.0], "value": [0.0, 1.0]})
    line = alt.Chart(ideal).mark_line(color=GREY, strokeDash=[4, 3]).encode(x=x, y=y)
    base = alt.Chart(frame).encode(x=x, color=_colour(frame))
    whiskers = base.mark_rule(strokeWidth=1.4, opacity=0.7).encode(y=alt.Y("low:Q"), y2="high:Q")
    dots = base.mark_point(filled=True, size=46, opacity=0.9).encode(y=y)
    return charts.svg(alt.layer(line, whiskers, dots).properties(width=460, height=400))


def coverage(points: Sequence[Shown]) -> str:
    """Share of outcomes inside the interval, by horizon; the dashed line is what the interval claims."""
    import altair as alt

    frame = _frame(points)
    claimed = pd.DataFrame({"value": sorted({point.at for point in points})})
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("label:N", title="horizon", sort=_order(points), axis=alt.Axis(labelAngle=0))
    line = alt.Chart(claimed).mark_rule(color=GREY, strokeDash=[4, 3]).encode(y=alt.Y("value:Q", scale=scale))
    base = alt.Chart(frame).encode(x=x, color=_colour(frame), xOffset=alt.XOffset("series:N", sort=_names(frame)))
    y = alt.Y("value:Q", scale=scale, title="share inside", axis=alt.Axis(format="%", tickCount=6))
    whiskers = base.mark_rule(strokeWidth=1.6).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q")
    dots = base.mark_point(filled=True, size=52, opacity=1).encode(y=y)
    return charts.svg(alt.layer(line, whiskers, dots).properties(width=max(300, 90 * len(_order(points))), height=300))


def skill(points: Sequence[Shown]) -> str:
    """Share of each baseline's loss that is saved; right of the line ours is the better one."""
    import altair as alt

    frame = _frame(points)
    y = alt.Y("label:N", title=None, sort=_order(points), axis=alt.Axis(labelLimit=240, ticks=False, minExtent=200))
    axis = alt.Axis(format="%", tickCount=7)
    zero = alt.Chart(pd.DataFrame({"value": [0.0]})).mark_rule(color=GREY, strokeDash=[4, 3]).encode(x="value:Q")
    base = alt.Chart(frame).encode(y=y, color=alt.value(TONES[0]))
    whiskers = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", axis=axis, title="loss saved"), x2="high:Q")
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(x=alt.X("value:Q", axis=axis))
    return charts.svg(alt.layer(zero, whiskers, dots).properties(width=380, height=34 * len(points) + 10))


def _frame(points: Sequence[Shown]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "series": [point.forecaster for point in points],
            "label": [point.label for point in points],
            "at": [point.at for point in points],
            "value": [point.score.value for point in points],
            "low": [point.score.low for point in points],
            "high": [point.score.high for point in points],
        }
    )


def _order(points: Sequence[Shown]) -> list[str]:
    return list(dict.fromkeys(point.label for point in points))


def _names(frame: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(frame["series"]))


def _colour(frame: pd.DataFrame) -> Any:
    import altair as alt

    names = _names(frame)
    scale = alt.Scale(domain=names, range=[TONES[number % len(TONES)] for number in range(len(names))])
    return alt.Color("series:N", scale=scale, legend=alt.Legend(title=None, orient="bottom", columns=3, labelLimit=200))
