"""Scores of every model, version, kind of subject and horizon, from the ledger's forecasts and the present tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pandas as pd

from models.forecast_score import counts, finish, rolling
from models.forecast_score.measures import measures
from models.forecaster import Tables
from models.schedule_slip.events import day_number
from models.schedule_slip.model import INPUTS as FINISH_INPUTS
from models.schedule_slip.model import ScheduleSlip

EVERY_BAND = "all"
GROUP = ("model_id", "model_version", "subject_type", "horizon_band", "evidence")
OUTPUT: Sequence[str] = (
    *GROUP, "measure", "as_of_on", "unit", "score_status", "value", "value_low", "value_high", "naive_value",
    "promise_value", "promised_value", "previous_version", "previous_value", "forecast_count", "resolved_count",
    "open_count", "cluster_count", "scored_from_on", "scored_to_on", "seed", "inputs_hash",
)  # fmt: skip
_NUMBERS = ("value", "value_low", "value_high", "naive_value", "promise_value", "promised_value", "previous_value")
_COUNTS = ("forecast_count", "resolved_count", "open_count", "cluster_count", "seed")


class ForecastScore:
    """How the forecasts in the ledger came true, against the naive, the promise and the previous version."""

    score_id = "forecast_score"
    version = "1.0.0"
    ledger_table = "forecast_score"
    key: Sequence[str] = (*GROUP, "measure", "as_of_on")
    inputs: Mapping[str, Sequence[str]] = FINISH_INPUTS
    said: Mapping[str, Sequence[str]] = {
        "schedule_forecast": finish.SAID,
        "throughput_forecast": counts.SAID,
        "forecast_score": ("model_id", "model_version", "evidence", "as_of_on"),
    }
    output = OUTPUT

    def score(self, tables: Tables, said: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """One row a group and measure; `said` holds the ledger's entries up to `as_of`, by table."""
        today = int(day_number(as_of) or 0)
        parts = [
            finish.finish_cases(finish.judged(said["schedule_forecast"], today), tables, today, "issued"),
            counts.count_cases(said["throughput_forecast"], tables, today),
        ]
        model = ScheduleSlip(trials=rolling.TRIALS)
        if not _stands(said["forecast_score"], model, as_of):
            again = rolling.said_again(model, tables, as_of, seed)
            parts.append(finish.finish_cases(finish.judged(again, today), tables, today, "backtest"))
        parts = [part for part in parts if len(part)]
        if not parts:
            return _typed(pd.DataFrame(columns=list(OUTPUT)))
        cases = pd.concat(parts, ignore_index=True)
        both = pd.concat([cases, cases.assign(horizon_band=EVERY_BAND)], ignore_index=True)
        rows = []
        for names, group in both.groupby(list(GROUP), sort=True):
            about = dict(zip(GROUP, names, strict=True)) | _about(group, as_of, seed, self.version)
            rows += [{**about, **row} for row in measures(group, seed)]
        return _typed(_beside_previous(pd.DataFrame(rows), cases).reindex(columns=list(OUTPUT)))


def _stands(scores: pd.DataFrame, model: ScheduleSlip, as_of: date) -> bool:
    """Whether a backtest of this very version is recent enough not to be made again."""
    own = scores.loc[
        (scores["evidence"] == "backtest")
        & (scores["model_id"] == model.model_id)
        & (scores["model_version"] == model.version)
    ]
    days = pd.to_datetime(own["as_of_on"])
    moment = pd.Timestamp(as_of)
    return bool(((days <= moment) & (days > moment - pd.Timedelta(days=rolling.AGE_DAYS))).any())


def _about(group: pd.DataFrame, as_of: date, seed: int, version: str) -> dict[str, object]:
    """What a group's rows have in common; the hash is of the cases, so that an unchanged score is said once."""
    stable = group.drop(columns="as_of_on").assign(said=pd.to_datetime(group["as_of_on"]).astype("int64"))
    hashes = np.sort(pd.util.hash_pandas_object(stable, index=False).to_numpy())
    days = pd.to_datetime(group["as_of_on"])
    return {
        "as_of_on": as_of,
        "unit": group["unit"].iloc[0],
        "scored_from_on": days.min().date(),
        "scored_to_on": days.max().date(),
        "seed": seed,
        "inputs_hash": hashlib.sha256(f"{version} {seed}".encode() + hashes.tobytes()).hexdigest(),
    }


def _beside_previous(rows: pd.DataFrame, cases: pd.DataFrame) -> pd.DataFrame:
    """Beside each figure that of the version that spoke before, on its own forecasts."""
    spoke = cases["as_of_on"].where(cases["evidence"] != "backtest", cases["as_of_on"].max() + pd.Timedelta(days=1))
    first = cases.assign(as_of_on=spoke).groupby(["model_id", "model_version"])["as_of_on"].min().reset_index()
    first = first.sort_values(["model_id", "as_of_on", "model_version"], kind="stable")
    first["previous_version"] = first.groupby("model_id")["model_version"].shift(1)
    rows = rows.merge(first.drop(columns="as_of_on"), on=["model_id", "model_version"], how="left")
    where = ["model_id", "subject_type", "horizon_band", "evidence", "measure"]
    older = rows.reindex(columns=[*where, "model_version", "value"])
    older = older.rename(columns={"model_version": "previous_version", "value": "previous_value"})
    return rows.merge(older, on=[*where, "previous_version"], how="left")


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype({**dict.fromkeys(_NUMBERS, "float64"), **dict.fromkeys(_COUNTS, "Int64")})
