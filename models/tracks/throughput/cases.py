"""Turns weekly counts into cases: what was known at the end of a week, and what the following weeks completed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HORIZONS = (4, 8, 12)
FEWEST_ACTIVE_WEEKS = 5
STEP = 4  # weeks between the origins that are scored
LEARNING_STEP = 4  # weeks between the origins that are learnt from
SPANS = (4, 13, 26, 52)
QUIET_CAP = 26


@dataclass(frozen=True)
class Series:
    """One series without gaps: a week that no row names saw nothing done."""

    name: str
    first_day: int  # Monday of the first week, in days since 1970
    counts: FloatArray
    scored_from: int  # weeks before this one are history only
    rows: IntArray  # position in the scored file of each week, -1 for history

    @property
    def source(self) -> str:
        """What stands before the colon; a name without one tells no source."""
        source, colon, _ = self.name.partition(":")
        return source if colon else "not named"


def read_series(data: pd.DataFrame, train: pd.DataFrame | None) -> list[Series]:
    """Every series of `data`, with what `train` holds of it as its earlier history; those of `train` alone follow."""
    frames = [_tidy(data, True)] + ([] if train is None else [_tidy(train, False)])
    joined = pd.concat(frames, ignore_index=True).sort_values(["series", "day", "scored"], kind="stable")
    joined = joined.drop_duplicates(["series", "day"], keep="last")  # a week that both files hold is scored
    return [_series(str(name), part) for name, part in joined.groupby("series", sort=True)]


def _tidy(frame: pd.DataFrame, is_scored: bool) -> pd.DataFrame:
    day = pd.to_datetime(frame["week"]).to_numpy().astype("datetime64[D]").astype(np.int64)
    tidy = pd.DataFrame(
        {
            "series": frame["series"].astype(str).to_numpy(),
            "day": day - (day + 3) % 7,  # the Monday of its week
            "done": pd.to_numeric(frame["done"]).fillna(0.0).to_numpy(dtype=np.float64),
            "row": np.arange(len(frame), dtype=np.int64) if is_scored else -1,
        }
    )
    weekly = tidy.groupby(["series", "day"], as_index=False).agg(done=("done", "sum"), row=("row", "first"))
    return weekly.assign(scored=is_scored)


def _series(name: str, part: pd.DataFrame) -> Series:
    day = part["day"].to_numpy(dtype=np.int64)
    week = (day - day[0]) // 7
    every = np.arange(week[-1] + 1)
    counts = np.zeros(len(every))
    counts[week] = part["done"].to_numpy(dtype=np.float64)
    rows = part["row"].to_numpy(dtype=np.int64)[np.searchsorted(week, every)]  # a gap has the row that follows it
    scored = week[part["scored"].to_numpy(dtype=np.bool_)]
    return Series(name, int(day[0]), counts, int(scored[0]) if len(scored) else len(counts), rows)


def cases_of(series: list[Series]) -> pd.DataFrame:
    """One row a case: series, origin, horizon, what is known at the origin, what came of it.

    An origin is the end of a week; its window is the `horizon` weeks that follow. `row` is the position in the scored
    file of the window's first week. A case may be learnt from as soon as its window is over (`resolved_day`).
    """
    found = [case for number, item in enumerate(series) for case in _cases(number, item)]
    return pd.DataFrame(found)


def _cases(number: int, item: Series) -> Iterator[dict[str, object]]:
    counts, total = item.counts, np.concatenate([[0.0], np.cumsum(item.counts)])
    active = np.concatenate([[0], np.cumsum(counts > 0)])
    last = np.maximum.accumulate(np.concatenate([[-1], np.where(counts > 0, np.arange(len(counts)), -1)]))
    start = int(np.argmax(active >= FEWEST_ACTIVE_WEEKS)) if active[-1] >= FEWEST_ACTIVE_WEEKS else len(counts)
    first = max(start, item.scored_from)
    for origin in range(start, len(counts)):
        is_scored = origin >= first and (origin - first) % STEP == 0
        if not is_scored and (origin - start) % LEARNING_STEP:
            continue
        state = _state(counts, total, origin) | {"quiet": float(min(origin - 1 - last[origin], QUIET_CAP))}
        for horizon in HORIZONS:
            if origin + horizon <= len(counts):
                yield {
                    "number": number,
                    "origin": origin,
                    "horizon": horizon,
                    "day": item.first_day + 7 * origin,
                    "resolved_day": item.first_day + 7 * (origin + horizon),
                    "is_scored": is_scored,
                    "is_trained": origin + horizon <= item.scored_from,
                    "row": int(item.rows[origin]),
                    "actual": total[origin + horizon] - total[origin],
                    **state,
                }


def _state(counts: FloatArray, total: FloatArray, origin: int) -> dict[str, float]:
    """Mean rates over the last weeks, and how unevenly those weeks went."""
    means = {f"rate_{span}": (total[origin] - total[max(origin - span, 0)]) / min(origin, span) for span in SPANS}
    recent = counts[max(origin - SPANS[2], 0) : origin]
    mean = float(recent.mean()) + 0.1
    return {**means, "rate_all": total[origin] / origin, "unevenness": float(recent.var()) / mean**2}
