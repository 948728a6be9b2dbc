"""Who is compared with what: the forecast that stands, the one before, and its day as records tell of it now."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from models.forecaster import Tables, before
from models.schedule_slip.events import IntArray, days_of
from models.schedule_slip.history import states_of
from models.schedule_slip.milestones import KIND as MILESTONE
from models.schedule_slip.model import KEPT
from models.schedule_slip.subjects import Subject, subjects_of

NOW, THEN = "", "_before"
KEY = ["subject_type", "subject_id"]
_DATES = ("as_of_on", "finish_on_p50", "baseline_on", "promised_on", "known_from")


def pairs(tables: Tables) -> pd.DataFrame:
    """A row a subject: what was last said, and under names that end in `_before` what that is compared with.

    Milestones are not split: all that moves them is the plan. A project's date is that of the portfolio forecast,
    where both days have one (`joint_on`): then the day compared with is that on which the portfolio was forecast
    before, and its own forecast the one that stood then.
    """
    now, then = (said.loc[said["subject_type"] != MILESTONE]
                 for said in (tables["schedule_forecast"], tables[before("schedule_forecast")]))  # fmt: skip
    last = now.groupby("project_id")["as_of_on"].transform("max")
    now = now.loc[now["as_of_on"] == last]  # the others are gone: of what a project has all is said anew each day
    found = now.merge(then, on=KEY, how="left", suffixes=(NOW, THEN))
    joint = _joint(tables["portfolio_forecast"]).merge(
        _joint(tables[before("portfolio_forecast")]), on=KEY, suffixes=(NOW, THEN)
    )
    found = found.merge(joint, on=KEY, how="left")
    for name in [f"{column}{end}" for column in _DATES for end in (NOW, THEN)]:
        found[name] = pd.to_datetime(found[name])
    stands = (found["as_of_on"] <= found["joint_day_before"]).to_numpy()  # said once, and simulated twice
    for name in now.columns:
        if name not in KEY:
            found[f"{name}{THEN}"] = found[f"{name}{THEN}"].where(~stands, found[name])
    in_step = (found["as_of_on"] <= found["joint_day"]) & (found["as_of_on_before"] <= found["joint_day_before"])
    in_step &= found["finish_on_p50"].notna() & found["finish_on_p50_before"].notna()
    for end in (NOW, THEN):
        found[f"joint_on{end}"] = found[f"joint_on{end}"].where(in_step)
        found[f"joint_day{end}"] = found[f"joint_day{end}"].where(in_step)
    return found.sort_values(KEY, kind="stable", ignore_index=True)


def _joint(said: pd.DataFrame) -> pd.DataFrame:
    """The simulated finishes of projects."""
    rows = said.loc[(said["subject_type"] == "project") & (said["forecast_status"] == "ok")]
    days = {"joint_day": pd.to_datetime(rows["as_of_on"]), "joint_on": pd.to_datetime(rows["finish_on_p50"])}
    return rows[KEY].assign(**days)


def known_now(rows: pd.DataFrame, tables: Tables, as_of: date) -> pd.DataFrame:
    """The rows, less those whose subject is gone, with their earlier day computed again from what is recorded now.

    `open_again` and so on: the state of that day; `done_count`: done since, up to the day of the newer forecast.
    """
    if not len(rows):
        return rows.assign(done_count=np.nan, new_count=np.nan)
    found = subjects_of(_since(tables, rows), as_of)
    subjects = {(one.subject_type, one.subject_id): one for one in found if not one.is_past}
    names = list(zip(rows["subject_type"], rows["subject_id"], strict=True))
    rows = rows.loc[[name in subjects for name in names]].copy()
    wanted = [subjects[name] for name in names if name in subjects]
    then, now = days_of(rows["as_of_on_before"]), days_of(rows["as_of_on"])
    again = _again(wanted, then, subjects)
    for feature in ("open", *KEPT.values()):
        rows[f"{feature}_again"] = again[feature].to_numpy(dtype=np.float64)
    rows["done_count"] = [_done(one, *days) for one, *days in zip(wanted, then.tolist(), now.tolist(), strict=True)]
    rows["new_count"] = rows["open_count"] - rows["open_again"] + rows["done_count"]
    return rows


def _since(tables: Tables, rows: pd.DataFrame) -> Tables:
    """What happened on the earlier day once its forecast had been said is of the day after: it corrects nothing."""
    said = rows.loc[rows["known_from_before"].dt.normalize() == rows["as_of_on_before"]]
    said = said.sort_values("as_of_on_before", kind="stable").drop_duplicates("project_id", keep="last")
    said = said.set_index("project_id")
    if not len(said):
        return tables
    issues, stays = tables["dim_issue"], tables["int_delivery__issue_membership"]
    home = stays["issue_id"].map(issues.drop_duplicates("issue_id").set_index("issue_id")["project_id"])
    return {
        **tables,
        "dim_issue": _moved_on(issues, issues["project_id"], ("created_at", "done_at"), said),
        "int_delivery__issue_membership": _moved_on(stays, home, ("valid_from", "valid_to"), said),
    }


def _moved_on(frame: pd.DataFrame, home: pd.Series, columns: tuple[str, ...], said: pd.DataFrame) -> pd.DataFrame:
    moment = home.map(said["known_from_before"])
    following = home.map(said["as_of_on_before"]) + pd.Timedelta(days=1)
    moved = {}
    for name in columns:
        stamps = pd.to_datetime(frame[name])
        moved[name] = stamps.mask((stamps > moment) & (stamps < following), following)
    return frame.assign(**moved)


def _again(wanted: list[Subject], days: IntArray, subjects: dict[tuple[str, str], Subject]) -> pd.DataFrame:
    """One state a subject; a part's project is asked for the same day, for it lends the part its pace."""
    if not wanted:
        return pd.DataFrame()
    asked: dict[tuple[str, str], set[int]] = {}
    for one, day in zip(wanted, days.tolist(), strict=True):
        asked.setdefault((one.subject_type, one.subject_id), set()).add(day)
        asked.setdefault(("project", one.project_id), set()).add(day)
    everybody = [subjects[name] for name in asked]
    states = states_of(everybody, [np.array(sorted(found), dtype=np.int64) for found in asked.values()])
    place = {name: number for number, name in enumerate(asked)}
    which = pd.DataFrame({"subject": [place[one.subject_type, one.subject_id] for one in wanted], "origin": days})
    return which.merge(states, on=["subject", "origin"], how="left")


def _done(subject: Subject, after: int, upto: int) -> int:
    scope = subject.scope
    return int(((scope.closed > after) & (scope.closed <= upto) & ~scope.cancelled).sum())
