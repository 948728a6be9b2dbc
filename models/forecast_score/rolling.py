"""What a model would have said: forecasts made anew on past days from what had been recorded by then.

A ledger that has just begun holds nothing that has come true. These forecasts are told apart for good (`evidence`:
backtest), for they were made with today's code: nobody had them then.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from models.backtest import known_by
from models.forecaster import Forecaster, Tables

ORIGINS, STEP_DAYS = 2, 119
TRIALS = 128  # the median moves by 1 or 2 % against four times as many; calibration takes that up
AGE_DAYS = 28  # so long a backtest of the same model version stands


def past_days(as_of: date) -> list[date]:
    """The days on which forecasts are made anew, the newest first."""
    return [as_of - timedelta(days=STEP_DAYS * step) for step in range(1, ORIGINS + 1)]


def said_again(model: Forecaster, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
    """One row a past day and subject, in the shape of the ledger."""
    found = [model.forecast(as_known(tables, day), day, seed) for day in past_days(as_of)]
    said = pd.concat(found, ignore_index=True)
    return said.assign(known_from=pd.Timestamp(as_of), fallback_reason=None)


def as_known(tables: Tables, day: date) -> dict[str, pd.DataFrame]:
    """The tables as recorded by then: baselines by their approval, no promise (when it was made is not on record).

    So with due dates of epics and dates of releases: a date that was moved later would look like a promise kept.
    """
    known = known_by(tables, day)
    plans = tables["fct_baseline"]
    approved = plans.loc[pd.to_datetime(plans["approved_on"]) <= pd.Timestamp(day)]
    latest = approved.sort_values("baseline_version", kind="stable").drop_duplicates("project_id", keep="last")
    finish = latest.set_index("project_id")["baseline_finish_on"].to_dict()
    projects = known["dim_project"]
    projects = projects.assign(baseline_on=projects["project_id"].map(finish), promised_on=None)
    trust = tables["int_governance__project_trust"].assign(trust_status="trusted")
    releases = known["fct_release"]
    was_out = releases["is_released"].astype(bool) & (pd.to_datetime(releases["release_on"]) <= pd.Timestamp(day))
    known["fct_release"] = releases.assign(release_on=None, is_released=was_out)
    known["dim_issue"] = known["dim_issue"].assign(due_on=None)
    return {**known, "dim_project": projects, "int_governance__project_trust": trust}
