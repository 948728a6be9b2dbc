"""Why the date moved: every finish date against the one said on the newest day before, split exactly."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.forecast_change import game
from models.forecast_change.sentence import PARTS, write_sentence
from models.forecast_change.shapley import reaching, rounded, shapley
from models.forecast_change.states import KEY, known_now, pairs
from models.forecaster import Memory, News, Tables
from models.schedule_slip import engine
from models.schedule_slip.events import days_of
from models.schedule_slip.model import INPUTS as RECORDS
from models.schedule_slip.model import KEPT, SLOPES

SAID = (
    *KEY, "subject_key", "subject_name", "project_id", "project_key", "as_of_on", "model_version", "forecast_status",
    "finish_on_p50", "baseline_on", "promised_on", "open_count", "seed", "inputs_hash", "fallback_reason", *KEPT,
    "calibration_log_days", *SLOPES, "plan_days_p50", "known_from",
)  # fmt: skip
JOINT = (*KEY, "as_of_on", "forecast_status", "finish_on_p50")
OUTPUT: Sequence[str] = (
    *KEY, "subject_key", "subject_name", "project_id", "project_key", "as_of_on", "model_id", "model_version",
    "forecast_status", "previous_as_of_on", "finish_on_p50", "previous_finish_on_p50", "move_days",
    *(f"{name}_days" for name in PARTS), "new_item_count", "done_item_count", "throughput_per_week",
    "previous_throughput_per_week", "planned_on", "previous_planned_on", "seed", "inputs_hash", "sentence",
)  # fmt: skip
_TOLERANCE = 1e-6
_FOUND = (*(f"{name}_days" for name in PARTS), "new_count", "done_count")
_DATES = [name for name in OUTPUT if "_on" in name]


class ForecastChange:
    """Why finish dates moved since they were last said: an exact Shapley split of the days."""

    model_id = "forecast_change"
    version = "1.0.0"
    ledger_table = "forecast_change"
    key: Sequence[str] = ("subject_type", "subject_id")
    inputs: Mapping[str, Sequence[str]] = {**RECORDS, "schedule_forecast": SAID, "portfolio_forecast": JOINT}
    compared: Sequence[str] = ("schedule_forecast", "portfolio_forecast")
    output = OUTPUT

    def forecast(self, tables: Tables, as_of: date, seed: int) -> pd.DataFrame:
        """One row per subject of a finish forecast; the seed is that of the forecasts compared."""
        return self.forecast_anew(tables, as_of, seed, Memory()).rows

    def forecast_anew(self, tables: Tables, as_of: date, seed: int, memory: Memory) -> News:
        """Only the pairs that were not split already; where none is new nothing is computed."""
        rows = self._told(pairs(tables))
        names = rows[[*self.key, "told_on", "model_id"]].itertuples(index=False)
        is_new = [memory.hashes.get(tuple(map(str, row))) != told
                  for row, told in zip(names, rows["change_hash"], strict=True)]  # fmt: skip
        wanted = rows.loc[is_new]
        if not len(wanted):
            return News(pd.DataFrame(columns=list(self.output)), len(rows))
        return News(_output(_explained(wanted, tables, as_of)), len(rows) - len(wanted))

    def _told(self, rows: pd.DataFrame) -> pd.DataFrame:
        """With the dates that count, what is known of the move, and a hash of all that the split uses."""
        shown = {end: rows[f"joint_on{end}"].fillna(rows[f"finish_on_p50{end}"]) for end in ("", "_before")}
        home = rows.loc[rows["subject_type"] == "project"].set_index("subject_id")["inputs_hash"]
        rows = rows.assign(
            model_id=self.model_id,
            version=self.version,
            told_on=rows["joint_day"].fillna(rows["as_of_on"]).dt.date,
            previous_on=rows["joint_day_before"].fillna(rows["as_of_on_before"]),
            shown=shown[""],
            shown_before=shown["_before"],
            move_days=(shown[""] - shown["_before"]).dt.days,
            waits=(rows["joint_on"] - rows["finish_on_p50"]).dt.days.fillna(0.0),
            waits_before=(rows["joint_on_before"] - rows["finish_on_p50_before"]).dt.days.fillna(0.0),
            lender=rows["project_id"].map(home).fillna(""),  # of a part's pace
            status=_statuses(rows),
        )
        return rows.assign(change_hash=_hashes(rows.drop(columns="known_from")))  # when it was said changes no split


def _statuses(rows: pd.DataFrame) -> npt.NDArray[np.object_]:
    def differs(name: str) -> pd.Series:
        return rows[name].fillna("") != rows[f"{name}_before"].fillna("")

    drifted = rows["fallback_reason"].isna() != rows["fallback_reason_before"].isna()
    lost = [rows[f"{name}{end}"].isna() for name in ("throughput_per_week", "calibration_log_days")
            for end in ("", "_before")]  # fmt: skip
    cases = {
        "first_forecast": rows["as_of_on_before"].isna(),
        "no_finish_date": (rows["forecast_status"] != "ok") | (rows["forecast_status_before"] != "ok"),
        "state_not_kept": np.logical_or.reduce(lost),
        "other_model": differs("model_version") | drifted | (rows["seed"] != rows["seed_before"]),
    }
    return np.select(list(cases.values()), list(cases), "ok").astype(object)


def _hashes(rows: pd.DataFrame) -> list[str]:
    """Of all columns, whatever types pandas gave them: what is missing makes floats of integers."""
    plain: dict[str, Any] = {}
    for name in rows.columns:
        column = rows[name]
        if pd.api.types.is_numeric_dtype(column):
            plain[name] = column.astype("float64")
        elif pd.api.types.is_datetime64_any_dtype(column):
            plain[name] = column.to_numpy().astype("datetime64[us]").astype(np.int64)
        else:
            plain[name] = column.astype("object").where(column.notna(), "").astype(str)
    numbers = pd.util.hash_pandas_object(pd.DataFrame(plain), index=False)
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in numbers]


def _explained(rows: pd.DataFrame, tables: Tables, as_of: date) -> pd.DataFrame:
    """The rows with their parts, where there is something to split and the subject is still there."""
    is_split = rows["status"] == "ok"
    split = _split(known_now(rows.loc[is_split], tables, as_of))
    rows = rows.loc[~is_split | rows.index.isin(split.index)]
    return rows.assign(
        status=split["status"].reindex(rows.index).fillna(rows["status"]),
        **{name: split[name].reindex(rows.index) for name in _FOUND},
    )


def _split(rows: pd.DataFrame) -> pd.DataFrame:
    """The parts of the moves, in hundredths of days that add up to the move.

    Dates are said in whole days: what that adds to the moves of the medians is laid on the engine's parts in
    proportion to their sizes. A pair whose dates the game does not come to within that rounding is not split.
    """
    parts = np.full((len(PARTS), len(rows)), np.nan)
    for seed in sorted({int(seed) for seed in rows["seed"]}):
        part = rows.loc[rows["seed"] == seed]
        days = game.finish_days(part, engine.draw(seed), part["fallback_reason"].notna().to_numpy())
        waits = (part["waits"] - part["waits_before"]).to_numpy(dtype=np.float64)
        own = part["move_days"].to_numpy(dtype=np.float64) - waits
        single = dict(zip(game.PLAYERS, reaching(shapley(days), own), strict=True)) | {"dependencies": waits}
        split = rounded(np.stack([single[name] for name in PARTS]), 2)
        parts[:, rows.index.get_indexer(part.index)] = np.where(_is_met(part, days), split, np.nan)
    status = np.where(np.isnan(parts[0]), "other_model", rows["status"])
    return rows.assign(status=status, **{f"{name}_days": part for name, part in zip(PARTS, parts, strict=True)})


def _is_met(rows: pd.DataFrame, days: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether the game of nobody gives the date that was said then, that of everybody the one said now."""
    said = [days_of(rows[f"finish_on_p50{end}"]) for end in ("_before", "")]
    lacking = np.stack(said) - days[[0, -1]]
    return np.asarray((np.abs(lacking - 0.5) <= 0.5 + _TOLERANCE).all(axis=0))


def _output(rows: pd.DataFrame) -> pd.DataFrame:
    """The declared columns, dates as dates, with the sentence."""
    planned = {
        f"{prefix}planned_on": rows[f"baseline_on{end}"]
        .fillna(rows[f"promised_on{end}"])
        .where(rows["subject_type"] == "project")
        for prefix, end in (("", ""), ("previous_", "_before"))
    }
    frame = rows.assign(
        **planned,
        as_of_on=pd.to_datetime(rows["told_on"]),
        model_version=rows["version"],
        forecast_status=rows["status"],
        previous_as_of_on=rows["previous_on"],
        finish_on_p50=rows["shown"],
        previous_finish_on_p50=rows["shown_before"],
        new_item_count=rows["new_count"],
        done_item_count=rows["done_count"],
        previous_throughput_per_week=rows["throughput_per_week_before"],
        inputs_hash=rows["change_hash"],
        sentence="",
    )[list(OUTPUT)]
    for name in _DATES:
        frame[name] = frame[name].dt.date.astype("object").where(frame[name].notna(), None)
    frame = frame.astype(dict.fromkeys(("move_days", "new_item_count", "done_item_count", "seed"), "Int64"))
    records: list[dict[Any, Any]] = frame.to_dict("records")
    return frame.assign(sentence=[write_sentence(row) for row in records])
