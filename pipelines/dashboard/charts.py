"""The page's two large charts: drawn by Altair, turned into inline SVG by vl-convert, no script needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from pipelines.dashboard.projects import Project

MUTED, GRID = "#5b6876", "#e4e8ec"
BLUE, PALE = "#1f5f99", "#a9c9e6"
OUTLOOKS = ("On course or finished", "Likely late (50–80%)", "Very likely late (over 80%)", "No verdict")
VERDICTS = {"green": OUTLOOKS[0], "amber": OUTLOOKS[1], "red": OUTLOOKS[2]}
TONES = ("#3f8f6b", "#d9a520", "#b8402f", "#b4bdc6")
WEEKS = 52


def weekly(snapshots: pd.DataFrame | None) -> pd.DataFrame:
    """Items completed by the whole portfolio in each full week (Monday on) of the last year."""
    if snapshots is None or snapshots.empty:
        return pd.DataFrame({"week": [], "completed": []})
    on = pd.to_datetime(snapshots["snapshot_on"])
    monday = on - pd.to_timedelta(on.dt.day_of_week, unit="D")
    frame = pd.DataFrame({"week": monday, "completed": snapshots["completed_count"].astype("int64")})
    totals = frame.groupby("week", as_index=False).sum()
    full = (totals["week"] >= on.min()) & (totals["week"] + pd.Timedelta(days=6) <= on.max())
    return totals[full].tail(WEEKS)


def ahead(forecast: pd.DataFrame | None) -> pd.DataFrame:
    """The current throughput forecast, one row a week; empty where none could be made."""
    names = ["week", "low", "middle", "high"]
    if forecast is None or forecast.empty:
        return pd.DataFrame({name: [] for name in names})
    current = forecast[forecast["is_current"] & (forecast["forecast_status"] == "ok")]
    columns = ["week_on", "completed_count_p10", "completed_count_p50", "completed_count_p95"]
    frame = current[columns].set_axis(names, axis=1)
    return frame.assign(week=pd.to_datetime(frame["week"])).sort_values("week")


def throughput(done: pd.DataFrame, coming: pd.DataFrame) -> str:
    """Weekly completions so far, and what is to be expected; empty text where there is nothing to draw."""
    if done.empty:
        return ""
    import altair as alt

    x = alt.X("week:T", title=None, axis=alt.Axis(format="%b %Y", tickCount=8, labelAngle=0))
    bars = alt.Chart(done).mark_bar(color=PALE, size=6).encode(x=x, y=alt.Y("completed:Q", title=None))
    layers: list[Any] = [bars]
    if not coming.empty:
        base = alt.Chart(coming).encode(x=x)
        layers.append(base.mark_area(color=BLUE, opacity=0.18).encode(y=alt.Y("low:Q"), y2="high:Q"))
        layers.append(base.mark_line(color=BLUE, strokeWidth=2.2).encode(y=alt.Y("middle:Q")))
    return svg(alt.layer(*layers).properties(width=610, height=200))


def outlook(item: Project) -> str:
    """The verdict on a project in the programme chart; without forecast or target date there is none."""
    return OUTLOOKS[0] if item.finished else VERDICTS.get(item.predicted, OUTLOOKS[3])


def programmes(projects: Sequence[Project]) -> str:
    """How many projects of each programme are on course, likely late, very likely late or without a verdict.

    Empty text where there is only one programme: the figures above the chart say the same.
    """
    if len({item.programme for item in projects}) < 2:
        return ""
    import altair as alt

    frame = pd.DataFrame(
        {
            "programme": [item.programme or "No programme" for item in projects],
            "outlook": [outlook(i) for i in projects],
        }
    )
    tally = frame.groupby(["programme", "outlook"]).size().rename("projects").reset_index()
    tally["order"] = tally["outlook"].map(OUTLOOKS.index)
    late = tally[tally["outlook"].isin(OUTLOOKS[1:3])].groupby("programme")["projects"].sum()
    names = sorted(set(tally["programme"]), key=lambda name: (-int(late.get(name, 0)), name))
    # The renderer measures names in a narrower font than some readers have: room for them is set, not measured.
    room = min(220, 8 * max(len(name) for name in names))
    axis = alt.Axis(labelLimit=220, ticks=False, domain=False, minExtent=room)
    y = alt.Y("programme:N", title=None, sort=names, axis=axis)
    chart = alt.Chart(tally).encode(
        y=y, x=alt.X("projects:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")), order=alt.Order("order:Q")
    )
    bars = chart.mark_bar(height=16).encode(
        color=alt.Color("outlook:N", scale=alt.Scale(domain=list(OUTLOOKS), range=list(TONES)), legend=None)
    )
    return svg(bars.properties(width=480 - room, height=27 * len(names)))


def svg(chart: Any) -> str:
    """The chart as an SVG element that scales with its place; names are escaped by the renderer."""
    import vl_convert

    styled = chart.configure(
        background="transparent", font="system-ui, sans-serif", padding={"left": 4, "right": 12, "top": 4, "bottom": 4}
    )
    styled = styled.configure_view(stroke=None).configure_axis(
        labelColor=MUTED, labelFontSize=12, gridColor=GRID, domainColor=GRID, tickColor=GRID
    )
    drawn = str(vl_convert.vegalite_to_svg(styled.to_dict()))
    return drawn.replace("<svg ", '<svg aria-hidden="true" ', 1)
