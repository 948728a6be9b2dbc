"""How early slips of real projects are called: New York's capital projects (T3) and major government projects (T4).

`python benchmarks/early_warning_tracks.py`; prints JSON lines; real data are read from $SLIPSTREAM_SHARED (default
../shared). Forecasts are those of `slipstream backtest capital` and `gmpp`: rolling, each with what had been reported
by its day. A call is a chance, no less than named, that the completion told that day moves out by more than the days
named within a year; a promise is the completion told that day, and its unit the project. Looks at promises due within
that year stand apart and are no first calls: a project that then ends as promised is reported no more, so that of those
which can be scored most or all have slipped.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.early_calls import by_horizon, first_calls, rounded, summary
from models.tracks.capital.features import FARTHEST, read_snapshots
from models.tracks.registry import track

SEED = 0
NEAR = "within the year, if reported after it"
BANDS = {"all beyond the year": (0, 9e9), "up to 104": (0, 104), "105 to 208": (104, 208), "over 208": (208, 9e9)}
CALLS = (0.3, 0.5, 0.65, 0.8)
YEAR = {"capital": FARTHEST / 7, "gmpp": 53.0}  # weeks after which at the latest it is reported again
DAYS = {"over_0_days": 0, "over_180_days": 180, "slip_over_6_months": 183}


def main() -> None:
    """A line a track, event, call and band, then when the slips were first called."""
    shared = Path(os.environ.get("SLIPSTREAM_SHARED", Path(__file__).parents[2] / "shared")) / "data/forecasting"
    if not shared.exists():
        say({"work": "early warning", "skipped": "no shared data here"})
        return
    capital = pd.read_csv(shared / "nyc_capital_projects.csv")
    told = track("capital").backtest(capital, None, SEED).predictions
    promise = pd.to_datetime(capital["Forecast Completion"].iloc[told["row"]], errors="coerce", format="mixed")
    reports = read_snapshots(capital, None)
    reports = pd.DataFrame(
        {"cluster": reports["project"], "day": _date(reports["day"]), "promise": _date(reports["completion"])}
    )
    for event in ("over_0_days", "over_180_days"):
        report("capital", event, _looks(told, event, promise, told["reported_on"]), reports)
    major = pd.read_csv(shared / "gmpp.csv")
    told = track("gmpp").backtest(major, None, SEED).predictions
    rows = major.iloc[told["row"]]
    report(
        "gmpp", "slip_over_6_months", _looks(told, "slip_over_6_months", pd.to_datetime(rows["end"]), rows["t"]), None
    )


def _date(days: pd.Series) -> pd.Series:
    return pd.to_datetime(days, unit="D")


def _looks(told: pd.DataFrame, event: str, promise: pd.Series, day: pd.Series) -> pd.DataFrame:
    due, seen = pd.Series(promise.to_numpy()), pd.to_datetime(pd.Series(day.to_numpy()))
    return pd.DataFrame(
        {
            "unit": told["cluster"].astype(str).to_numpy(),
            "cluster": told["cluster"].astype(str).to_numpy(),
            "day": seen,
            "promise": due,
            "weeks": (due - seen).dt.days / 7.0,
            "chance": told[f"slipstream_{event}"].to_numpy(),
            "happened": told[f"actual_{event}"].to_numpy() > 0,
        }
    )


def report(of: str, event: str, every: pd.DataFrame, reports: pd.DataFrame | None) -> None:
    found = every.loc[every["weeks"] > YEAR[of]].reset_index(drop=True)
    say({"work": "looks", "of": of, "event": event, "looks": len(found), "due_within_the_year": len(every) - len(found),
         "happened": rounded(found["happened"].mean())})  # fmt: skip
    for least in CALLS:
        common = {"of": of, "event": event, "chance_from": least}
        near = by_horizon(every, least, {NEAR: (0.0, YEAR[of])})
        for line in [*near, *by_horizon(found, least, BANDS)]:
            say({"work": "early warning", **common, **line})
        for lasting in (False, True):
            calls = first_calls(found, least, lasting)
            ahead = {} if reports is None else _ahead_of_report(calls, reports, DAYS[event])
            say({"work": "first lasting call" if lasting else "first call", **common, **summary(calls), **ahead})


def _ahead_of_report(calls: pd.DataFrame, reports: pd.DataFrame, days: int) -> dict[str, Any]:
    """Weeks from a right call to the first report in which the project itself tells the slip."""
    weeks = []
    for call in calls.loc[calls["is_called"] & calls["right"]].itertuples(index=False):
        later = reports.loc[(reports["cluster"] == call.cluster) & (reports["day"] > call.day)]
        slipped = later.loc[later["promise"] > call.promise + pd.Timedelta(days=days), "day"]
        if len(slipped):
            weeks.append((slipped.min() - call.day).days / 7.0)
    quarters = np.quantile(weeks, [0.25, 0.5, 0.75]) if weeks else []
    return {"weeks_ahead_of_report_quartiles": [rounded(value) for value in quarters]}


def say(line: dict[str, Any]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
