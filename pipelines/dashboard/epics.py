"""The epics that hold a project's finish: those forecast to finish last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from pipelines.dashboard.values import count, day, number, rows, text

SHOWN = 4


@dataclass(frozen=True)
class Epic:
    """One epic with open work and a finish forecast."""

    key: str
    name: str
    open: int
    p50: date | None
    p80: date | None
    chance: float | None


def last_epics(forecast: pd.DataFrame | None) -> dict[str, list[Epic]]:
    """For each project the few epics with the latest 80 % date, the latest first."""
    if forecast is None or forecast.empty:
        return {}
    now = forecast[
        (forecast["subject_type"] == "epic") & forecast["is_current"] & (forecast["forecast_status"] == "ok")
    ]
    found: dict[str, list[Epic]] = {}
    for row in rows(now.sort_values(["finish_on_p80", "subject_key"], ascending=[False, True])):
        held = found.setdefault(text(row["project_id"]), [])
        if len(held) < SHOWN:
            dates = day(row["finish_on_p50"]), day(row["finish_on_p80"])
            named = text(row["subject_key"]), text(row["subject_name"])
            held.append(Epic(*named, count(row["open_count"]), *dates, number(row["probability_late"])))
    return found
