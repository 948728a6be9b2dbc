"""Sentences say what their row holds, and no more."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pandas as pd
import pytest

from models.schedule_slip.model import ScheduleSlip
from models.schedule_slip.sentence import say_day, write_sentence

ROW: dict[str, Any] = {
    "subject_type": "project",
    "forecast_status": "ok",
    "finish_on_p50": date(2026, 8, 14),
    "finish_on_p80": date(2026, 9, 2),
    "baseline_on": date(2026, 8, 2),
    "promised_on": None,
    "slip_days_p50": 12,
    "probability_late": 0.71,
    "history_weeks": 34,
    "open_count": 56,
}


def test_a_forecast_in_words() -> None:
    assert write_sentence(ROW, is_outrun=False) == (
        "Likely done by 14 Aug 2026 (50 %), 80 % sure by 2 Sep 2026; 12 days after the baseline of 2 Aug 2026; "
        "71 % likely to miss it. Based on 34 weeks of history, 56 items open."
    )


def test_without_a_plan_it_speaks_of_what_is_open_now() -> None:
    text = write_sentence({**ROW, "baseline_on": None, "slip_days_p50": None}, is_outrun=True)
    assert text == (
        "What is open now is likely done by 14 Aug 2026 (50 %), 80 % sure by 2 Sep 2026. "
        "New work has been arriving faster than work is done. Based on 34 weeks of history, 56 items open."
    )


@pytest.mark.parametrize(("days", "words"), [(0, "on the"), (1, "1 day after the"), (-3, "3 days before the")])
def test_slip_is_worded(days: int, words: str) -> None:
    assert f"; {words} baseline" in write_sentence({**ROW, "slip_days_p50": days}, is_outrun=False)


def test_every_figure_of_every_sentence_is_in_its_row(portfolio: dict[str, pd.DataFrame]) -> None:
    portfolio["dim_project"]["promised_on"] = date(2025, 12, 24)
    portfolio["dim_issue"]["due_on"] = pd.Timestamp("2025-11-30")
    seen = set()
    for day in (date(2025, 3, 1), date(2025, 9, 1), date(2026, 3, 2)):
        for row in ScheduleSlip().forecast(portfolio, day, seed=7).to_dict("records"):
            seen.add(row["forecast_status"])
            rest = row["sentence"]
            for name in ("finish_on_p50", "finish_on_p80", "baseline_on", "promised_on"):
                rest = rest.replace(say_day(row[name]), "") if row[name] is not None else rest
            rest = rest.replace("(50 %)", "").replace("80 % sure", "")
            figures = {int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*", rest)}
            known = {row["history_weeks"], row["open_count"]}
            if pd.notna(row["slip_days_p50"]):
                known.add(abs(row["slip_days_p50"]))
            if pd.notna(row["probability_late"]):
                known.add(round(100 * row["probability_late"]))
            assert figures <= known, row["sentence"]
            chances = [int(n) for n in re.findall(r"(\d+) % likely", rest)]
            assert all(5 <= chance <= 95 for chance in chances)
    assert {"ok", "nothing_open", "not_enough_history"} <= seen
