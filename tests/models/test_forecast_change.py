"""Why a date moved: the split adds up, blames what changed and nothing else, and says so in words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from models.forecast_change.model import JOINT, SAID, ForecastChange
from models.forecast_change.sentence import PARTS
from models.forecaster import Memory, before
from models.schedule_slip.model import ScheduleSlip

Tables = dict[str, pd.DataFrame]
Build = Callable[..., Tables]
START = date(2025, 1, 6)
MODEL = ForecastChange()
DAYS = [f"{name}_days" for name in PARTS]


def week(number: int) -> date:
    """The Sunday that ends week `number` (from 1)."""
    return START + timedelta(days=7 * number - 1)


def scope(weeks: int, pace: int = 5, left: int = 60) -> list[tuple[int, int | None]]:
    return [(0, 7 * w + 2) for w in range(weeks) for _ in range(pace)] + [(0, None)] * left


def said(tables: Tables, day: date) -> pd.DataFrame:
    found = ScheduleSlip().forecast(tables, day, seed=1)
    evening = pd.Timestamp(day) + pd.Timedelta(hours=23)
    return found.assign(as_of_on=pd.to_datetime(found["as_of_on"]), known_from=evening)[list(SAID)]


def joint(forecasts: pd.DataFrame, waits: int) -> pd.DataFrame:
    finish = pd.to_datetime(forecasts["finish_on_p50"]) + pd.Timedelta(days=waits)
    return forecasts.assign(finish_on_p50=finish)[list(JOINT)]


def told(then: Tables, now: Tables, days: tuple[date, date], waits: tuple[int, int] = (0, 0)) -> Tables:
    """The tables of today, with what was said of the earlier day from what was known then."""
    first, last = said(then, days[0]), said(now, days[1])
    return {
        **now, "schedule_forecast": last, before("schedule_forecast"): first,
        "portfolio_forecast": joint(last, waits[1]), before("portfolio_forecast"): joint(first, waits[0]),
    }  # fmt: skip


def change(tables: Tables, day: date) -> pd.Series:
    found = MODEL.forecast(tables, day, seed=1)
    assert list(found.columns) == list(MODEL.output)
    ok = found[found["forecast_status"] == "ok"]
    assert (ok[DAYS].sum(axis=1) - ok["move_days"].astype(float)).abs().lt(1e-6).all()
    return found.iloc[0]


def test_what_went_on_as_before_is_told_as_such(build: Build) -> None:
    tables = build({"A": scope(30, left=60)}, week(30))
    row = change(told(tables, tables, (week(28), week(30))), week(30))
    assert (row["previous_as_of_on"], row["as_of_on"]) == (week(28), week(30))
    assert (row["done_item_count"], row["new_item_count"]) == (10, 0)
    assert abs(row["move_days"]) <= 5
    assert row["data_correction_days"] == row["dependencies_days"] == 0.0
    assert max(abs(row["scope_days"]), abs(row["calendar_days"])) < 4.0


def test_a_predecessor_that_slipped_is_the_dependencies(build: Build) -> None:
    tables = build({"A": scope(30)}, week(30))
    calm = change(told(tables, tables, (week(28), week(30)), (3, 3)), week(30))
    row = change(told(tables, tables, (week(28), week(30)), (3, 24)), week(30))
    assert row["dependencies_days"] == 21.0
    assert row["move_days"] == calm["move_days"] + 21
    assert [row[name] for name in DAYS if name != "dependencies_days"] == [
        calm[name] for name in DAYS if name != "dependencies_days"
    ]
    assert "21 later from dependencies and shared teams" in row["sentence"]


def test_items_entered_late_with_an_earlier_date_correct_the_records(build: Build) -> None:
    known = build({"A": scope(30, left=40)}, week(30))
    now = build({"A": scope(30, left=60)}, week(30))
    row = change(told(known, now, (week(28), week(30))), week(30))
    assert row["new_item_count"] == 0
    assert row["data_correction_days"] > 20.0  # twenty items at five a week
    assert row[DAYS].drop("data_correction_days").abs().max() < 0.25 * row["data_correction_days"]
    assert "from corrected records" in row["sentence"]


def test_what_came_on_the_earlier_day_once_it_had_been_said_is_no_correction(build: Build) -> None:
    noon = 7 * 28 - 1  # of the Sunday on which it was said in the morning
    now = build({"A": [*scope(30), *[(noon, None)] * 12, *[(0, noon)] * 3]}, week(30))
    then = build({"A": [*scope(30), *[(0, None)] * 3]}, week(30))
    tables = told(then, now, (week(28), week(30)))
    morning = pd.Timestamp(week(28)) + pd.Timedelta(hours=6)
    tables[before("schedule_forecast")] = tables[before("schedule_forecast")].assign(known_from=morning)
    row = change(tables, week(30))
    assert row["data_correction_days"] == 0.0
    assert (row["new_item_count"], row["done_item_count"]) == (12, 13)


def test_new_items_are_told_with_their_number(build: Build) -> None:
    late = [(7 * 29, None)] * 18
    row = change(told(*[build({"A": scope(30) + late}, week(30))] * 2, (week(28), week(30))), week(30))
    assert row["new_item_count"] == 18
    assert f"{round(row['scope_days'])} later from new scope (18 items)" in row["sentence"]
    assert f"{row['move_days']} days later than said on 20 Jul 2025" in row["sentence"]


def test_an_epic_is_split_with_what_its_project_lends_it(build: Build) -> None:
    tables = build({"A/1": scope(30), "A/2": scope(30, 3)}, week(30))
    found = MODEL.forecast(told(tables, tables, (week(28), week(30))), week(30), seed=1)
    assert found["subject_type"].tolist() == ["epic", "epic", "project"]
    assert (found["forecast_status"] == "ok").all()
    assert found["data_correction_days"].eq(0.0).all()
    assert (found[DAYS].sum(axis=1) - found["move_days"].astype(float)).abs().max() < 1e-6


def test_what_cannot_be_split_is_said_and_never_guessed(build: Build) -> None:
    spoils: dict[str, tuple[str, dict[str, Any]]] = {
        "A": ("no_finish_date", {"forecast_status": "no_finite_finish", "finish_on_p50": pd.NaT}),
        "B": ("state_not_kept", {"throughput_per_week": np.nan}),
        "C": ("other_model", {"model_version": "0.9.0"}),
        "D": ("other_model", {"fallback_reason": "drifted"}),
        "E": ("other_model", {"seed": 2}),
        "F": ("other_model", {"open_count": 20}),  # the state does not give the date that was said
        "G": ("ok", {}),
    }
    tables = told(*[build({key: scope(30) for key in spoils}, week(30))] * 2, (week(28), week(30)))
    first = tables[before("schedule_forecast")].set_index("subject_key", drop=False)
    for key, (_, spoil) in spoils.items():
        for name, value in spoil.items():
            first[name] = first[name].astype("object" if isinstance(value, str) else first[name].dtype)
            first.loc[key, name] = value
    tables[before("schedule_forecast")] = first.reset_index(drop=True)
    found = MODEL.forecast(tables, week(30), seed=1).set_index("subject_key")
    assert found["forecast_status"].to_dict() == {key: status for key, (status, _) in spoils.items()}
    assert found[DAYS].isna().all(axis=1).to_dict() == {key: key != "G" for key in spoils}
    assert found["move_days"].isna().to_dict() == {key: key == "A" for key in spoils}
    assert found.loc["B", "sentence"].endswith("one of the two forecasts did not keep what it was computed from.")


def test_a_first_forecast_has_nothing_to_compare_with(build: Build) -> None:
    tables = told(*[build({"A": scope(30)}, week(30))] * 2, (week(28), week(30)))
    for name in MODEL.compared:
        tables[before(name)] = tables[name].iloc[:0]
    row = change(tables, week(30))
    assert (row["forecast_status"], row["sentence"][:15]) == ("first_forecast", "First forecast:")


def test_a_project_whose_source_stood_still_moves_by_others_alone(build: Build) -> None:
    """Forecast once, simulated twice: the finish moved, though nothing was said anew of the project itself."""
    tables = told(*[build({"A": scope(30)}, week(30))] * 2, (week(26), week(28)), (0, 9))
    for name, number in (("portfolio_forecast", 30), (before("portfolio_forecast"), 29)):
        tables[name] = tables[name].assign(as_of_on=pd.Timestamp(week(number)))
    tables[before("portfolio_forecast")]["finish_on_p50"] = pd.to_datetime(tables["schedule_forecast"]["finish_on_p50"])
    row = change(tables, week(30))
    assert (row["previous_as_of_on"], row["as_of_on"]) == (week(29), week(30))
    assert (row["move_days"], row["dependencies_days"]) == (9, 9.0)


def test_nothing_is_computed_twice_and_a_changed_pair_is_said_again(build: Build, monkeypatch: Any) -> None:
    tables = told(*[build({"A": scope(30), "B": scope(30)}, week(30))] * 2, (week(28), week(30)))
    first = MODEL.forecast(tables, week(30), seed=1)
    names = first[["subject_type", "subject_id", "as_of_on", "model_id"]].astype(str).itertuples(index=False)
    memory = Memory({tuple(name): told for name, told in zip(names, first["inputs_hash"], strict=True)})
    monkeypatch.setattr("models.forecast_change.model.known_now", None)
    again = MODEL.forecast_anew(tables, week(30), 1, memory)
    assert (len(again.rows), again.unchanged) == (0, 2)
    monkeypatch.undo()
    rows = tables["portfolio_forecast"]
    tables["portfolio_forecast"] = rows.assign(
        finish_on_p50=rows["finish_on_p50"].where(rows["subject_id"] != "s:B", pd.Timestamp(week(60)))
    )
    changed = MODEL.forecast_anew(tables, week(30), 1, memory)
    assert changed.rows["subject_id"].tolist() == ["s:B"]
    assert changed.unchanged == 1
