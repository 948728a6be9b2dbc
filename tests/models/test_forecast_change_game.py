"""The game behind a split: Shapley values by hand, and what each player is blamed for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.forecast_change.game import PLAYERS, finish_days
from models.forecast_change.shapley import reaching, rounded, shapley
from models.schedule_slip import engine
from models.schedule_slip.model import KEPT, SLOPES

DRAWS = engine.draw(7)
THEN, NOW = pd.Timestamp("2025-10-06"), pd.Timestamp("2025-10-20")  # two weeks


# ---------------------------------------------------------------------------------------------- Shapley, by hand


def test_three_players_by_hand() -> None:
    # v(1) = 6, v(2) = 12, v(3) = 0, v(12) = 24, v(13) = 6, v(23) = 12, v(123) = 30: the third only helps the other two.
    # Player 1 adds, in the six orders 123 132 213 231 312 321: 6, 6, 12, 18, 6, 18; in the mean 11.
    values = np.array([[0.0], [6.0], [12.0], [24.0], [0.0], [6.0], [12.0], [30.0]])
    assert shapley(values)[:, 0] == pytest.approx([11.0, 17.0, 2.0])


def test_one_that_changes_nothing_has_nothing_and_two_alike_have_the_same() -> None:
    rng = np.random.default_rng(2)
    inner = rng.normal(size=(4, 3))
    inner[2] = inner[1]  # the first two players are alike
    values = np.concatenate([inner, inner])  # the third changes nothing
    first, second, third = shapley(values)
    assert first == pytest.approx(second)
    assert third == pytest.approx(np.zeros(3))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-400, 400), min_size=6, max_size=6), st.integers(-1, 1))
def test_hundredths_add_up_to_the_days_said(parts: list[float], off: int) -> None:
    exact = np.array(parts)[:, None]
    total = np.rint(exact.sum(axis=0)) + off
    split = rounded(reaching(exact, total), 2)
    assert split.sum() == pytest.approx(total[0], abs=1e-6)
    assert np.allclose(np.rint(split * 100), split * 100)
    assert all(one == 0 for one, part in zip(split[:, 0], parts, strict=True) if part == 0 and any(parts))


# ---------------------------------------------------------------------------------------------- the game

STATE = {
    "open_count": 60.0, "throughput_per_week": 5.0, "scope_growth_per_week": 0.0, "throughput_dispersion": 1.5,
    "window_done_count": 120.0, "open_age_days": 80.0, "intake_days": np.nan, "calibration_log_days": 0.0,
    "calibration_length_slope": 0.0, "calibration_age_slope": 0.0, "calibration_count_slope": 0.0,
    "plan_days_p50": np.nan,
}  # fmt: skip
IN_STEP: dict[str, float] = {"open_count": 50.0}  # two weeks at five a week


def pair(now: dict[str, Any], again: dict[str, float] | None = None, **counts: float) -> pd.DataFrame:
    """One subject: said on THEN with STATE, read again as `again` tells, now with `now`."""
    then, told = dict(STATE), {**STATE, **(again or {})}
    row: dict[str, Any] = {f"{name}_before": value for name, value in then.items()} | {**told, **now}
    row |= {f"{feature}_again": told[name] for name, feature in KEPT.items()} | {"open_again": told["open_count"]}
    done = counts.get("done", 10.0)
    row |= {"done_count": done, "new_count": row["open_count"] - told["open_count"] + done}
    return pd.DataFrame([row | {"as_of_on_before": THEN, "as_of_on": counts.get("as_of_on", NOW)}])


def split(rows: pd.DataFrame) -> dict[str, float]:
    days = shapley(finish_days(rows, DRAWS, np.zeros(len(rows), dtype=bool)))
    return dict(zip(PLAYERS, days[:, 0].tolist(), strict=True))


def alone(parts: dict[str, float], name: str, least: float) -> None:
    """All of the move, and that one of at least so many days, is due to one player."""
    assert abs(parts[name]) >= least
    assert {other: days for other, days in parts.items() if other != name} == pytest.approx(
        dict.fromkeys(set(PLAYERS) - {name}, 0.0), abs=1e-9
    )


def test_what_goes_as_forecast_moves_nothing() -> None:
    assert split(pair(IN_STEP)) == pytest.approx(dict.fromkeys(PLAYERS, 0.0), abs=0.5)


def test_a_plan_that_ends_later_is_the_calendars() -> None:
    growing = {"intake_days": 30.0, "scope_growth_per_week": 4.0}
    rows = pair({**IN_STEP, **growing, "intake_days": 90.0}, growing).assign(
        **{f"{name}_before": value for name, value in growing.items()}, new_count=0.0
    )
    alone(split(rows), "calendar", 20.0)


def test_only_throughput_changed() -> None:
    parts = split(pair({**IN_STEP, "throughput_per_week": 2.5, "window_done_count": 80.0}))
    assert parts["throughput"] == pytest.approx(70.0, abs=7.0)  # 50 items at 2.5 a week instead of 5: 10 weeks more
    assert [parts[name] for name in PLAYERS if name not in ("throughput", "calendar")] == pytest.approx([0.0] * 4)
    assert abs(parts["calendar"]) < 0.5


def test_nothing_done_for_two_weeks_is_throughput_and_not_the_calendar() -> None:
    parts = split(pair({}, done=0.0))
    assert parts["throughput"] == pytest.approx(14.0, abs=2.0)
    assert abs(parts["calendar"]) < 0.5
    assert parts["scope"] == pytest.approx(0.0, abs=1e-9)


def test_new_items_are_scope() -> None:
    parts = split(pair({"open_count": 65.0}))
    assert parts["scope"] == pytest.approx(7 * 15 / 5, abs=2.0)  # 15 items at five a week
    assert abs(parts["throughput"]) < 1e-9


def test_growth_that_was_expected_is_no_new_scope() -> None:
    growing = {"scope_growth_per_week": 3.0, "intake_days": 60.0}
    rows = pair({"open_count": 56.0, **growing, "intake_days": 46.0}, growing)
    rows = rows.assign(**{f"{name}_before": value for name, value in growing.items()}, new_count=6.0)
    parts = split(rows)  # two weeks at three a week, of a plan that reckoned with just that
    assert parts["scope"] == pytest.approx(0.0, abs=1e-9)
    assert abs(parts["calendar"]) < 1.5


def test_what_records_tell_of_the_earlier_day_is_a_correction() -> None:
    parts = split(pair({"open_count": 70.0}, {"open_count": 80.0}))  # twenty more were there, ten were done
    alone({**parts, "calendar": 0.0}, "data_correction", 25.0)
    assert abs(parts["calendar"]) < 0.5


def test_what_was_learned_of_past_misses_is_calibration() -> None:
    alone({**split(pair({**IN_STEP, "calibration_log_days": 0.3})), "calendar": 0.0}, "calibration", 20.0)


def test_how_the_miss_depends_on_scope_is_not_learned_anew() -> None:
    slopes = {name: slope for name, slope in zip(SLOPES, (-0.3, 0.1, 0.1), strict=True)}
    then = {f"{name}_before": slope for name, slope in slopes.items()}
    rows = pair({"open_count": 65.0, **slopes}).assign(**then)
    flat = split(rows)
    engine_days = engine.summarise(engine.finish_days(_features(rows, ["_before", ""]), DRAWS))["median"]
    moved = -0.3 * np.log(engine_days[1] / engine_days[0]) + 0.1 * np.log(65 / 60)
    rows = rows.assign(calibration_log_days=moved)
    assert split(rows)["calibration"] == pytest.approx(0.0, abs=1e-9)
    assert abs(flat["calibration"]) > 1.0


def test_a_plan_that_says_a_later_day_is_the_plans_and_one_that_stays_moves_nothing() -> None:
    then = {"plan_days_p50_before": 84.0}  # as the flow says: 60 items at five a week
    stays = split(pair({**IN_STEP, "plan_days_p50": 70.0}).assign(**then))
    assert stays == pytest.approx(dict.fromkeys(PLAYERS, 0.0), abs=0.5)
    later = split(pair({**IN_STEP, "plan_days_p50": 110.0}).assign(**then))
    assert later["plan"] == pytest.approx(np.sqrt(70.0 * 110.0) - 70.0, abs=1.5)  # both have half a say
    assert sum(abs(days) for name, days in later.items() if name != "plan") < 1.0
    alone({**split(pair({**IN_STEP, "plan_days_p50": 110.0})), "calendar": 0.0}, "plan", 10.0)  # not asked before


def _features(rows: pd.DataFrame, ends: list[str]) -> pd.DataFrame:
    names = {**{name: feature for name, feature in KEPT.items()}, "open_count": "open"}
    return pd.DataFrame([{new: rows[f"{old}{end}"].iloc[0] for old, new in names.items()} for end in ends])


counts = st.integers(1, 300)
pace = st.floats(0.2, 40.0)
states = st.fixed_dictionaries(
    {
        "open_count": counts.map(float), "throughput_per_week": pace, "scope_growth_per_week": st.floats(0.0, 10.0),
        "throughput_dispersion": st.floats(0.1, 8.0), "window_done_count": counts.map(float),
        "open_age_days": st.floats(0.0, 900.0), "intake_days": st.one_of(st.just(np.nan), st.floats(0.0, 400.0)),
        "calibration_log_days": st.floats(-1.0, 1.0), "calibration_length_slope": st.floats(-0.5, 0.5),
        "calibration_age_slope": st.floats(-0.5, 0.5), "calibration_count_slope": st.floats(-0.5, 0.5),
        "plan_days_p50": st.one_of(st.just(np.nan), st.floats(1.0, 900.0)),
    }
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(states, states, states, st.integers(0, 60), st.integers(0, 90))
def test_all_give_the_newer_state_none_the_earlier_and_parts_add_up(
    then: dict[str, float], again: dict[str, float], now: dict[str, float], done: int, days: int
) -> None:
    rows = pair(now, again, done=done, as_of_on=THEN + pd.Timedelta(days=days))
    rows = rows.assign(**{f"{name}_before": value for name, value in then.items()})
    found = finish_days(rows, DRAWS, np.zeros(1, dtype=bool))
    for which, (state, first) in ((0, (then, THEN)), (-1, (now, rows["as_of_on"].iloc[0]))):
        frame = _features(rows, ["_before" if which == 0 else ""])
        median = engine.summarise(engine.finish_days(frame, DRAWS))["median"].clip(1, engine.HORIZON_DAYS)
        ahead = median.iloc[0] * np.exp(state["calibration_log_days"])
        if not np.isnan(state["plan_days_p50"]):
            ahead = np.sqrt(ahead * state["plan_days_p50"])
        ahead = np.clip(ahead, 1.0, engine.HORIZON_DAYS)
        assert found[which, 0] == pytest.approx((first - pd.Timestamp(0)).days + ahead, abs=1e-6)
    assert shapley(found).sum() == pytest.approx(found[-1, 0] - found[0, 0], abs=1e-6)
