"""The game behind a split: the finish that would have been said, had only some of what changed really changed.

Players and what each brings from the earlier state to the newer one:
- scope: items that came (less those cancelled) beyond the growth that was reckoned with, growth, age of what is open;
- throughput: items done short of, or beyond, what was reckoned with; pace, its dispersion and the count behind it;
- calendar: the day from which days are counted, with the work and growth that was expected of the days passed, and the
  plan's time left; so that what goes as forecast moves nothing;
- data_correction: the earlier state as records tell it now, against as it was said;
- calibration: what the model has learned meanwhile of its past misses;
- plan: the day that the plan alone says, where flow and plan are forecast together.
A state is the earlier one moved by those in the coalition: all of them give the newer state, none the earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from models.schedule_slip import engine
from models.schedule_slip.events import days_of
from models.schedule_slip.history import known_of
from models.schedule_slip.model import KEPT, SLOPES

FloatArray = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

PLAYERS = ("scope", "throughput", "calendar", "data_correction", "calibration", "plan")
_CHUNK = 1024
_ONE_SIZE = 10.0  # a ratio of more than this, to a figure near 0, would make giants of the others
_ENGINE = ["open", "rate", "growth", "dispersion", "done_window", "intake_days"]


@dataclass(frozen=True)
class _Three:
    """A feature as said then, as told now of then, and as said now; a value a subject."""

    then: FloatArray
    again: FloatArray
    now: FloatArray


def finish_days(rows: pd.DataFrame, draws: engine.Draws, is_naive: Mask) -> FloatArray:
    """Coalitions by subjects: the median finish as a day number, fractions kept. `is_naive`: both were said by it."""
    masks = np.arange(2 ** len(PLAYERS))
    member = {name: (masks >> place & 1).astype(bool)[:, None] for place, name in enumerate(PLAYERS)}
    features = _features(rows, member)
    pace = np.clip(7.0 * features["open"] / np.maximum(features["rate"], 0.01), 1.0, engine.HORIZON_DAYS)
    median = np.where(is_naive, pace, _medians(features, draws))
    ahead = np.log(np.clip(median, 1.0, engine.HORIZON_DAYS)) + _calibration(rows, features, median, member)
    first = np.where(member["calendar"], days_of(rows["as_of_on"]), days_of(rows["as_of_on_before"]))
    ahead = _with_plan(rows, ahead, first, member["plan"])
    return np.asarray(first + np.clip(np.exp(ahead), 1.0, engine.HORIZON_DAYS))


def _with_plan(rows: pd.DataFrame, ahead: FloatArray, first: FloatArray, changed: Mask) -> FloatArray:
    """Where the plan has a say it is half: the mean of the logarithms, as `schedule_slip.hybrid` pools the two.

    What the plan says is a day: it stays where it is while days pass.
    """
    days = [
        days_of(rows[f"as_of_on{end}"]) + _floats(rows, f"plan_days_p50{end}")
        for end in ("_before", "")
    ]  # fmt: skip
    said = np.where(changed, days[1], days[0])
    return np.where(np.isnan(said), ahead, (ahead + np.log(np.maximum(said - first, 1.0))) / 2.0)


def _features(rows: pd.DataFrame, member: dict[str, Mask]) -> dict[str, FloatArray]:
    """What the engine and the calibration look at, coalition by coalition."""
    three = {feature: _three(rows, name, feature) for name, feature in KEPT.items()}
    corrected = member["data_correction"]
    found = {
        feature: _moved(three[feature], member[player], corrected)
        for player, names in (("throughput", ("rate", "dispersion", "done_window")), ("scope", ("growth", "age")))
        for feature in names
    }
    intake = three["intake_days"]
    found["intake_days"] = np.where(member["calendar"], intake.now, intake.then)
    found["open"] = _open(rows, found, intake, member)
    return found


def _three(rows: pd.DataFrame, name: str, feature: str) -> _Three:
    return _Three(_floats(rows, f"{name}_before"), _floats(rows, f"{feature}_again"), _floats(rows, name))


def _floats(rows: pd.DataFrame, name: str) -> FloatArray:
    return np.asarray(rows[name].to_numpy(dtype=np.float64))


def _moved(three: _Three, changed: Mask, corrected: Mask) -> FloatArray:
    """By ratios where the three are of one size, else by differences, never below the least of the three."""
    then, again, now = three.then, three.again, three.now
    least, most = (bound.reduce([then, again, now]) for bound in (np.minimum, np.maximum))
    is_close = (least > 0) & (most <= _ONE_SIZE * least)
    ratio = now / np.where(is_close, again, 1.0)
    start = np.where(corrected, again, then)
    by_difference = np.maximum(start + np.where(changed, now - again, 0.0), least)
    return np.where(is_close, start * np.where(changed, ratio, 1.0), by_difference)


def _open(rows: pd.DataFrame, features: dict[str, FloatArray], intake: _Three, member: dict[str, Mask]) -> FloatArray:
    """Open items: what was expected of the days passed is the calendar's, what differs the others'.

    Expected is what the coalition's own pace and growth would have brought, so that days alone move nothing, whoever
    else is in it. Where the earlier calibration stretched the engine's time, as much less was expected of the days.
    """
    weeks = (days_of(rows["as_of_on"]) - days_of(rows["as_of_on_before"])) / 7.0
    weeks = weeks * np.exp(-_floats(rows, "calibration_log_days_before"))
    start = np.where(member["data_correction"], _floats(rows, "open_again"), _floats(rows, "open_count_before"))
    reckoned = np.maximum(intake.then - intake.now, 0.0) / 7.0
    reckoned = np.where(np.isnan(reckoned), engine.GROWTH_SHARE * weeks, reckoned)
    come = features["growth"] * reckoned
    done = np.minimum(features["rate"] * weeks, start + come)
    found = (
        start
        + np.where(member["calendar"], come - done, 0.0)
        + np.where(member["scope"], _floats(rows, "new_count") - come, 0.0)
        + np.where(member["throughput"], done - _floats(rows, "done_count"), 0.0)
    )
    return np.asarray(np.maximum(found, 0.0))


def _medians(features: dict[str, FloatArray], draws: engine.Draws) -> FloatArray:
    """The engine's medians; states that occur more than once are computed once."""
    shape = features["open"].shape
    frame = pd.DataFrame({name: np.broadcast_to(features[name], shape).ravel() for name in _ENGINE})
    group = frame.groupby(_ENGINE, sort=False, dropna=False).ngroup()
    states = frame.loc[~group.duplicated()].reset_index(drop=True)
    parts = [
        engine.summarise(engine.finish_days(states.iloc[at : at + _CHUNK], draws))["median"].to_numpy()
        for at in range(0, len(states), _CHUNK)
    ]
    medians = np.concatenate(parts) if parts else np.zeros(0)
    return np.asarray(medians[group.to_numpy()].reshape(shape), dtype=np.float64)


def _calibration(
    rows: pd.DataFrame, features: dict[str, FloatArray], median: FloatArray, member: dict[str, Mask]
) -> FloatArray:
    """The logarithm by which the median was moved: what was learned decides how, the state on what it depends."""
    found = []
    for end in ("_before", ""):
        slopes = rows[[f"{name}{end}" for name in SLOPES]].to_numpy(dtype=np.float64)
        found.append((_floats(rows, f"calibration_log_days{end}"), slopes))
    known = known_of(median, features["age"], features["open"])
    (then, then_slopes), (now, now_slopes) = found
    first, last = known[0], known[-1]  # of the coalition of none, and of all
    learned = np.where(
        member["calibration"],
        now + ((known - last) * now_slopes).sum(axis=-1),
        then + ((known - first) * then_slopes).sum(axis=-1),
    )
    return np.asarray(learned, dtype=np.float64)
