"""The short portfolio summary at the end of a run, read from the release as any BI tool would read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

SHOWN = 10
LABEL = 16
WIDTHS = {"claim → seen": 13, "50 % sure": 10, "80 % sure": 10, "due": 10, "late": 4}
"""So that dates stay whole in a terminal of 80 columns."""
SHORT = {
    "nothing_open": "none open",
    "not_enough_history": "too early",
    "no_finite_finish": "no end",
    "not_trusted": "withheld",
}
"""What stands in the place of a date where a forecast gives none."""


def show(published: Path, console: Console) -> None:
    """Print what an executive would ask first, and where to look next."""
    health = pd.read_parquet(published / "parquet" / "reporting" / "rpt_portfolio_health.parquet")
    quality = pd.read_parquet(published / "parquet" / "reporting" / "rpt_data_quality.parquet")
    console.print()
    console.print(_headline(health, quality))
    console.print(_table(health))
    console.print("[bold]Look next[/bold]")
    console.print(f"  dashboard  {published / 'index.html'}", soft_wrap=True)
    console.print(f"  BI tools   {published / 'portfolio.duckdb'}  (or {published / 'parquet'})", soft_wrap=True)
    console.print("  Dagster    make dev   (lineage, checks, runs)")


def _headline(health: pd.DataFrame, quality: pd.DataFrame) -> str:
    late = int((health["probability_late"] >= 0.5).sum())
    green = health["claimed_rag"].eq("green") & health["predicted_rag"].eq("red")
    untrusted = int(health["trust_status"].eq("not_trusted").sum())
    risk = f"{late} more likely late than not, {int(green.sum())} reported green but forecast red"
    if not _is_dated(health):
        risk = "none has a date to be late for (baselines and promises come from the registers)"
    return (
        f"[bold]{len(health)} projects[/bold]: {risk}, {untrusted} not trusted; "
        f"{len(quality)} open data-quality findings."
    )


def _is_dated(health: pd.DataFrame) -> bool:
    return bool(health["probability_late"].notna().any())


def _table(health: pd.DataFrame) -> Table:
    order, ascending, title = ["probability_late", "project_key"], [False, True], "Most likely late"
    if not _is_dated(health):
        order, ascending, title = ["finish_on_p80", "project_key"], [True, True], "When the work that is open ends"
    table = Table(title=f"{title} (first {SHOWN})", title_justify="left", box=SIMPLE, padding=(0, 1), pad_edge=False)
    for column in ("project", "claim → seen", "50 % sure", "80 % sure", "due", "late"):
        table.add_column(
            column, justify="right" if column == "late" else "left", no_wrap=True, min_width=WIDTHS.get(column, 0)
        )
    ranked = health.sort_values(order, ascending=ascending, na_position="last")
    for row in ranked.head(SHOWN).to_dict("records"):
        table.add_row(*map(Text, _cells(row)))
    return table


def _cells(row: dict[Any, Any]) -> list[str]:
    name = "" if row["project_name"] == row["project_key"] else f" {row['project_name']}"
    label = f"{row['project_key']}{name}"
    return [
        label if len(label) <= LABEL else f"{label[: LABEL - 1]}…",
        f"{_text(row['claimed_rag'])} → {_text(row['predicted_rag'])}",
        _day(row["finish_on_p50"]) if row["forecast_status"] == "ok" else SHORT.get(row["forecast_status"], "–"),
        _day(row["finish_on_p80"]),
        _day(row["baseline_on"] if pd.notna(row["baseline_on"]) else row["promised_on"]),
        _share(row["probability_late"]),
    ]


def _text(value: Any) -> str:
    return "–" if pd.isna(value) else str(value).replace("_", " ")


def _day(value: Any) -> str:
    return "–" if pd.isna(value) else f"{pd.Timestamp(value):%Y-%m-%d}"


def _share(value: Any) -> str:
    return "–" if pd.isna(value) else f"{float(value):.0%}"
