"""The summary at the end of a run prints what the sources say as it is, whatever it looks like."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
from rich.console import Console

from pipelines import summary

ROW = {
    "project_key": "PORT", "project_name": "Port [/v2] API [beta]", "claimed_rag": "green", "predicted_rag": "red",
    "forecast_status": "ok", "finish_on_p50": pd.Timestamp("2026-07-01"), "finish_on_p80": pd.Timestamp("2026-08-01"),
    "baseline_on": pd.NaT, "promised_on": pd.Timestamp("2026-06-15"), "probability_late": 0.83,
    "trust_status": "trusted",
}  # fmt: skip


def shown(tmp_path: Path, *rows: dict[str, object]) -> str:
    folder = tmp_path / "parquet" / "reporting"
    folder.mkdir(parents=True)
    pd.DataFrame(list(rows)).to_parquet(folder / "rpt_portfolio_health.parquet")
    pd.DataFrame({"result_id": ["a", "b"]}).to_parquet(folder / "rpt_data_quality.parquet")
    console = Console(file=io.StringIO(), width=100)
    summary.show(tmp_path, console)
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_names_with_brackets_are_shown_as_they_are(tmp_path: Path) -> None:
    assert "PORT Port [/v2]" in shown(tmp_path, ROW)


def test_a_project_says_what_it_claims_what_is_forecast_and_how_likely_it_is_late(tmp_path: Path) -> None:
    text = shown(tmp_path, ROW)
    assert "green → red" in text
    assert "2026-07-01" in text
    assert "2026-06-15" in text
    assert "83%" in text
    assert "1 more likely late than not" in text
    assert "2 open data-quality findings" in text


def test_a_long_name_is_cut_where_one_sees_it(tmp_path: Path) -> None:
    assert "PORT Port [/v2]… green" in shown(tmp_path, ROW)


def test_without_any_date_to_be_late_for_nothing_is_called_late(tmp_path: Path) -> None:
    undated = {**ROW, "promised_on": pd.NaT, "probability_late": None}
    later = {**undated, "project_key": "AAA", "finish_on_p80": pd.Timestamp("2027-01-01")}
    text = shown(tmp_path, later, undated)
    assert "late than not" not in text
    assert "none has a date to be late for" in text
    assert "When the work that is open ends" in text
    assert text.index("PORT Port") < text.index("AAA Port"), "the first to end comes first"


def test_where_no_date_can_be_given_the_reason_stands_in_its_place(tmp_path: Path) -> None:
    row = {**ROW, "forecast_status": "not_enough_history", "finish_on_p50": pd.NaT, "probability_late": None}
    assert "too early" in shown(tmp_path, ROW, {**row, "project_key": "YOUNG"})
