"""Puts the page together: one HTML file that opens from a disk, with everything it needs inside it.

What the figures mean is decided in the reporting tables; nothing is computed here but sums and places on a chart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.dashboard import across, charts, epics, fans, headline, quality, spans, values
from pipelines.dashboard.projects import Project, project, urgency

TABLES = (
    "rpt_portfolio_health",
    "rpt_schedule_forecast",
    "rpt_throughput_forecast",
    "rpt_data_quality",
    "fct_project_snapshot",
    *across.TABLES,
)
"""The tables the page reads. One that is missing or empty leaves its section saying so."""


@dataclass(frozen=True)
class Card:
    """A project with its fan, its strip in the table and the epics that finish last."""

    project: Project
    fan: fans.Fan | None
    span: spans.Span | None
    epics: list[epics.Epic]


@dataclass(frozen=True)
class Programme:
    """The cards of one programme, most urgent first."""

    name: str
    cards: list[Card]
    late: int


def render(tables: Mapping[str, pd.DataFrame], manifest: Mapping[str, Any]) -> str:
    """The page of one release: `tables` by name (with or without schema), `manifest` with its `id` and `as_of`."""
    named = {name.rpartition(".")[2]: frame for name, frame in tables.items()}
    snapshots = named.get("fct_project_snapshot")
    projects = sorted((project(row) for row in values.rows(named.get("rpt_portfolio_health"))), key=urgency)
    rules = quality.rules(values.rows(named.get("rpt_data_quality")))
    done, coming = charts.weekly(snapshots), charts.ahead(named.get("rpt_throughput_forecast"))
    cards = _cards(projects, snapshots, epics.last_epics(named.get("rpt_schedule_forecast")))
    page = environment().get_template("page.html.j2")
    return page.render(
        title=str(manifest.get("portfolio") or "Portfolio outlook"),
        release=str(manifest.get("id") or ""),
        as_of=values.day(manifest.get("as_of")),
        sentences=headline.sentences(projects, rules),
        figures=headline.figures(projects, rules),
        cards=cards,
        programmes=_programmes(cards),
        legend=list(zip(charts.OUTLOOKS, charts.TONES, strict=True)),
        programme_chart=Markup(charts.programmes(projects)),  # noqa: S704  the renderer's own SVG, names escaped by it
        throughput_chart=Markup(charts.throughput(done, coming)),  # noqa: S704
        weeks=done.to_dict("records"),
        coming=coming.to_dict("records"),
        axis=spans.axis_days(projects),
        across=across.across(named, {item.id for item in projects}),
        rules=rules,
    )


def _cards(
    projects: Sequence[Project], snapshots: pd.DataFrame | None, last: Mapping[str, list[epics.Epic]]
) -> list[Card]:
    past, days = fans.histories(snapshots), spans.axis_days(projects)
    return [
        Card(item, fans.fan(item, past.get(item.id)), spans.span(item, days), last.get(item.id, []))
        for item in projects
    ]


def _programmes(cards: Sequence[Card]) -> list[Programme]:
    """Programmes by how many of their projects are likely late; the cards keep their order."""

    def name(card: Card) -> str:
        return card.project.programme or "No programme"

    parts = [(title, list(part)) for title, part in groupby(sorted(cards, key=name), key=name)]
    found = [Programme(title, part, sum(card.project.likely_late for card in part)) for title, part in parts]
    return sorted(found, key=lambda programme: (-programme.late, programme.name))


def environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pipelines.dashboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        day=values.say_day,
        asday=lambda cell: values.say_day(values.day(cell)),
        count=values.say_count,
        chance=values.say_chance,
        slip=values.say_slip,
        anchor=lambda item: "project-" + "".join(c if c.isalnum() else "-" for c in item.id),
    )
    environment.globals.update(money=values.say_money, plural=values.plural, outlook=charts.outlook, dash=values.DASH)
    return environment
