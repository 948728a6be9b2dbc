"""How many weeks ahead a slip is called, and how often the call is right, on the simulated portfolio's truth.

`python benchmarks/early_warning.py [--quick]`; prints JSON lines. Every four weeks all projects are forecast with what
had been recorded by then; promised is the baseline approved by then, or the day promised where there is none. A call is
a chance to be late of at least 50 % (what turns a project amber), 65 % or 80 % (red); the truth is the day on which the
simulation, run on, ends the project. No constant was set on these seeds.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.early_calls import by_horizon, first_calls, summary
from benchmarks.simulated_record import simulate
from models.schedule_slip.model import ScheduleSlip

SEEDS = range(51, 57)
SEED = 7
LOOKS, LAST_DAY = 24, 826  # to ten months after the day for which the portfolio is laid out: many promises come due
BANDS = {"1 to 4": (0, 4), "5 to 8": (4, 8), "9 to 13": (8, 13), "14 to 26": (13, 26), "27 to 52": (26, 52)}
CALLS = (0.5, 0.65, 0.8)


def main() -> None:
    """All seeds pooled: for each call a line a band of weeks ahead, then when missed promises were first called."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one portfolio")
    seeds = SEEDS[:1] if parser.parse_args().quick else SEEDS
    found = pd.concat([forecasts(seed) for seed in seeds], ignore_index=True)
    for least in CALLS:
        for line in by_horizon(found, least, BANDS):
            say({"work": "early warning", "of": "simulated", "chance_from": least, **line})
        for lasting in (False, True):
            calls = first_calls(found, least, lasting)
            work = "first lasting call" if lasting else "first call"
            say({"work": work, "of": "simulated", "chance_from": least, **summary(calls)})


def forecasts(seed: int) -> pd.DataFrame:
    """What was told of every promise at every look before its day, and whether it was missed in the end."""
    record = simulate(seed, looks=LOOKS, last_day=LAST_DAY)
    parts = []
    for look in record.looks:
        said = ScheduleSlip().forecast(record.plans_as_of(look), look, SEED)
        parts.append(said.loc[(said["subject_type"] == "project") & said["probability_late"].notna()])
    said = pd.concat(parts, ignore_index=True)
    promise = pd.to_datetime(said["baseline_on"]).fillna(pd.to_datetime(said["promised_on"]))
    day = pd.to_datetime(said["as_of_on"])
    ended = pd.to_datetime(said["subject_id"].map(record.finished))
    cluster = f"{seed}/" + said["subject_id"]
    found = pd.DataFrame(
        {
            "unit": cluster + "/" + promise.dt.strftime("%Y-%m-%d"),
            "cluster": cluster,
            "day": day,
            "promise": promise,
            "weeks": (promise - day).dt.days / 7.0,
            "chance": said["probability_late"],
            "happened": ended.isna() | (ended > promise),
        }
    )
    return found.loc[found["weeks"] > 0].reset_index(drop=True)


def say(line: dict[str, object]) -> None:
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
