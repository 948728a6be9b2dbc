"""The short portfolio summary at the end of a run, read from the release as any BI tool would read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

SHOWN = 10


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
    return (
        f"[bold]{len(health)} projects[/bold]: {late} more likely late than not, {int(green.sum())} reported green but "
        f"forecast red, {untrusted} not trusted; {len(quality)} open data-quality findings."
    )


def _table(health: pd.DataFrame) -> Table:
    table = Table(title=f"Most likely late (first {SHOWN})", title_justify="left")
    for column in ("project", "claimed", "forecast", "done", "50 % sure", "80 % sure", "promise/baseline", "late"):
        table.add_column(column, justify="right" if column in ("done", "late") else "left", no_wrap=True)
    ranked = health.sort_values(["probability_late", "project_key"], ascending=[False, True], na_position="last")
    for row in ranked.head(SHOWN).to_dict("records"):
        table.add_row(*_cells(row))
    return table


def _cells(row: dict[Any, Any]) -> list[str]:
    return [
        f"{row['project_key']} {row['project_name']}"[:34],
        _text(row["claimed_rag"]),
        _text(row["predicted_rag"]),
        _share(row["done_ratio"]),
        _day(row["finish_on_p50"]) if row["forecast_status"] == "ok" else _text(row["forecast_status"]),
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
