"""Finish dates: hand-computed cases, statuses, honesty about time, and the same answer whatever the order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.forecaster import Memory
from models.schedule_slip import engine
from models.schedule_slip.model import INPUTS, LEVELS, ScheduleSlip

Tables = dict[str, pd.DataFrame]
Build = Callable[..., Tables]
START = date(2025, 1, 6)
MODEL = ScheduleSlip()
FINISHES = [f"finish_on_{name}" for name in LEVELS]


def week(number: int) -> date:
    """The Sunday that ends week `number` (from 1)."""
    return START + timedelta(days=7 * number - 1)


def steady(pace: int, weeks: int, left: int) -> list[tuple[int, int | None]]:
    return [(0, 7 * w + 2) for w in range(weeks) for _ in range(pace)] + [(0, None)] * left


def one(tables: Tables, as_of: date, **query: str) -> pd.Series:
    found = MODEL.forecast(tables, as_of, seed=1)
    for column, value in query.items():
        found = found[found[column] == value]
    return found.iloc[0]


def test_five_a_week_and_twenty_open_take_four_weeks(build: Build) -> None:
    row = one(build({"A": steady(5, 26, 20)}, week(26)), week(26))
    ahead = (row["finish_on_p50"] - week(26)).days
    assert row["forecast_status"] == "ok"
    assert 26 <= ahead <= 32
    assert (row["open_count"], row["history_weeks"]) == (20, 26)


def test_the_engine_needs_scope_over_pace_weeks_and_grows_with_what_is_expected() -> None:
    still = pd.DataFrame(
        {"open": [20, 20, 20], "rate": [5.0, 5.0, 5.0], "growth": [0.0, 2.5, 5.0], "dispersion": 0.0,
         "done_window": 1e6, "intake_days": [np.nan, 28.0, np.nan]}
    )  # fmt: skip
    median = engine.summarise(engine.finish_days(still, engine.draw(1, 4096)))["median"]
    # 20 / 5 weeks; (20 + 4 x 2.5) / 5 weeks; 20 / (5 - 0.6 x 5) weeks
    assert median.to_numpy() == pytest.approx([28.0, 42.0, 70.0], rel=0.06)


def test_cancelled_items_leave_scope_and_are_no_throughput(build: Build) -> None:
    tables = build({"A": steady(5, 26, 20)}, week(26))
    before = one(tables, week(26))
    issues = tables["dim_issue"]
    issues["is_cancelled"] = issues["done_at"].notna() & (np.arange(len(issues)) % 5 > 1)
    after = one(tables, week(26))
    assert after["open_count"] == before["open_count"]
    assert after["finish_on_p50"] > before["finish_on_p50"] + timedelta(days=14)


def test_every_status_is_said(build: Build) -> None:
    flood = steady(4, 30, 0) + [(7 * w, None) for w in range(30) for _ in range(12)]
    scopes = {
        "CALM": steady(5, 26, 20), "DONE": steady(5, 26, 0), "NEW": steady(5, 4, 20), "FLOOD": flood,
        "HELD": steady(5, 26, 20), "FREE": steady(5, 26, 20), "VOID": [],
    }  # fmt: skip
    tables = build(scopes, week(30))
    trust = tables["int_governance__project_trust"].set_index("project_id")
    trust.loc[["s:HELD", "s:FREE"], "trust_status"] = "not_trusted"
    trust.loc["s:FREE", "governance_mode"] = "supportive"
    tables["int_governance__project_trust"] = trust.reset_index()
    found = MODEL.forecast(tables, week(30), seed=1).set_index("subject_key")
    assert found["forecast_status"].to_dict() == {
        "CALM": "ok", "DONE": "nothing_open", "NEW": "not_enough_history", "FLOOD": "no_finite_finish",
        "HELD": "not_trusted", "FREE": "ok", "VOID": "nothing_open",
    }  # fmt: skip
    assert "new work arrives faster than work is done" in found.loc["FLOOD", "sentence"]
    silent = found[found["forecast_status"] != "ok"]
    assert silent[[*FINISHES, "slip_days_p50", "probability_late"]].isna().all(axis=None)


def test_five_active_weeks_are_enough_and_four_are_not(build: Build) -> None:
    statuses = [one(build({"A": steady(5, n, 20)}, week(n)), week(n))["forecast_status"] for n in (4, 5)]
    assert statuses == ["not_enough_history", "ok"]


def test_same_input_gives_the_same_bytes_in_any_row_order(portfolio: Tables) -> None:
    day = date(2026, 3, 2)
    first = MODEL.forecast(portfolio, day, seed=7)
    mixed = {name: frame.sample(frac=1, random_state=5) for name, frame in portfolio.items()}
    second = MODEL.forecast(mixed, day, seed=7)
    assert first.to_csv(index=False) == second.to_csv(index=False)
    pd.testing.assert_frame_equal(first, second)
    assert MODEL.forecast(portfolio, day, seed=8)["inputs_hash"].ne(first["inputs_hash"]).all()


def test_changing_anything_after_as_of_changes_no_forecast(portfolio: Tables) -> None:
    day, end = date(2025, 7, 1), pd.Timestamp("2025-07-02")
    expected = MODEL.forecast(portfolio, day, seed=7).to_csv()
    issues = portfolio["dim_issue"].copy()
    later = issues["done_at"] >= end
    assert later.sum() > 50
    issues.loc[later, "is_cancelled"] = True
    issues.loc[later, "done_at"] = issues.loc[later, "done_at"].where(np.arange(later.sum()) % 2 == 0)
    extra = issues.tail(40).assign(created_at=end, issue_id=lambda f: f["issue_id"] + "-later")
    changed = {**portfolio, "dim_issue": pd.concat([issues, extra])}
    changed["dim_project"] = portfolio["dim_project"].assign(effective_on=date(2027, 1, 1))
    assert MODEL.forecast(changed, day, seed=7).to_csv() == expected


def test_a_project_is_forecast_as_of_its_own_effective_date(build: Build) -> None:
    tables = build({"A": steady(5, 40, 20), "B": steady(5, 40, 20)}, week(40))
    tables["dim_project"].loc[0, "effective_on"] = week(30)
    found = MODEL.forecast(tables, week(40), seed=1).set_index("subject_key")
    assert found["as_of_on"].to_dict() == {"A": week(30), "B": week(40)}
    assert found["open_count"].to_dict() == {"A": 70, "B": 20}


def test_quantiles_never_cross_and_lie_ahead(portfolio: Tables) -> None:
    found = MODEL.forecast(portfolio, date(2025, 9, 1), seed=7)
    ok = found[found["forecast_status"] == "ok"]
    dates = ok[["as_of_on", *FINISHES]].apply(pd.to_datetime)
    assert len(ok) >= 15
    assert (dates.diff(axis=1).iloc[:, 1:] >= pd.Timedelta(0)).all(axis=None)
    assert (dates["finish_on_p10"] > dates["as_of_on"]).all()


def test_a_nearer_promise_is_likelier_missed_and_nothing_is_certain(build: Build) -> None:
    chances, slips = [], []
    for days in (-30, 7, 28, 60, 2000):
        tables = build({"A": steady(5, 26, 20)}, week(26), promised_on=week(26) + timedelta(days=days))
        row = one(tables, week(26))
        chances.append(row["probability_late"])
        slips.append(row["slip_days_p50"] + days)
    assert chances == sorted(chances, reverse=True)
    assert (chances[0], chances[-1]) == (0.95, 0.05)
    assert 0.3 < chances[2] < 0.7
    assert set(slips) == {slips[0]}


def test_the_baseline_counts_before_the_promise(build: Build) -> None:
    dates = {"baseline_on": week(30), "promised_on": week(60)}
    row = one(build({"A": steady(5, 26, 20)}, week(26), **dates), week(26))
    assert row["slip_days_p50"] == (row["finish_on_p50"] - week(30)).days


def test_an_epic_without_a_past_borrows_its_share_of_the_projects_throughput(build: Build) -> None:
    tables = build({"A/1": steady(6, 26, 15), "A/2": [(0, None)] * 15}, week(26))
    tables["dim_issue"]["due_on"] = pd.Timestamp("2025-12-31")
    row = one(tables, week(26), subject_id="s:A/2")
    assert (row["subject_type"], row["subject_name"], row["forecast_status"]) == ("epic", "Epic A/2", "ok")
    assert (row["project_key"], row["promised_on"]) == ("A", date(2025, 12, 31))
    assert 20 < (row["finish_on_p50"] - week(26)).days < 120


def test_a_subject_whose_rows_are_unchanged_keeps_its_hash(build: Build) -> None:
    scopes = {"A": steady(5, 26, 20), "B": steady(3, 26, 20)}
    before = MODEL.forecast(build(scopes, week(26)), week(26), seed=1).set_index("subject_key")["inputs_hash"]
    scopes["B"] = scopes["B"][:-1]
    after = MODEL.forecast(build(scopes, week(26)), week(26), seed=1).set_index("subject_key")["inputs_hash"]
    assert before["A"] == after["A"]
    assert before["B"] != after["B"]


def test_nothing_to_forecast_gives_an_empty_table_with_all_columns(build: Build) -> None:
    tables = {name: frame.iloc[:0] for name, frame in build({"A": steady(5, 26, 20)}, week(26)).items()}
    found = MODEL.forecast(tables, week(26), seed=1)
    assert (len(found), list(found.columns)) == (0, list(MODEL.output))


def test_only_declared_columns_are_read(portfolio: Tables) -> None:
    narrow = {name: portfolio[name][list(columns)] for name, columns in INPUTS.items()}
    assert len(MODEL.forecast(narrow, date(2025, 9, 1), seed=1)) == 36


def test_what_was_said_with_the_same_inputs_is_not_computed_again(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = build({"A": steady(5, 26, 20), "B": steady(3, 26, 20)}, week(26))
    whole = MODEL.forecast(tables, week(26), seed=1)
    known = {
        ("project", str(r.subject_id), str(week(26)), MODEL.model_id): str(r.inputs_hash) for r in whole.itertuples()
    }
    one_left = MODEL.forecast_anew(tables, week(26), 1, Memory({k: h for k, h in known.items() if k[1] == "s:A"}))
    pd.testing.assert_frame_equal(one_left.rows, whole[whole["subject_key"] == "B"].reset_index(drop=True))
    assert one_left.unchanged == 1

    def never(*_: object) -> None:
        raise AssertionError("the engine ran")

    monkeypatch.setattr(engine, "finish_days", never)
    none_left = MODEL.forecast_anew(tables, week(26), 1, Memory(known))
    assert (len(none_left.rows), none_left.unchanged, list(none_left.rows.columns)) == (0, 2, list(MODEL.output))


def test_where_the_model_has_drifted_the_naive_speaks_with_its_own_width_and_says_so(build: Build) -> None:
    growing = steady(5, 26, 20) + [
        (7 * w, None) for w in range(26)
    ]  # one more a week, which the naive knows nothing of
    tables = build({"A/1": growing, "B": steady(3, 26, 20)}, week(26))
    usual = MODEL.forecast_anew(tables, week(26), 1, Memory()).rows.set_index("subject_id")
    drift = Memory(drifted={"project": "61 % of the outcomes fell within"})
    stand_in = MODEL.forecast_anew(tables, week(26), 1, drift).rows.set_index("subject_id")
    assert stand_in["fallback_reason"].notna().to_dict() == {"s:A": True, "s:B": True, "s:A/1": False}
    assert stand_in.loc["s:A", "sentence"].endswith(
        "the usual model has left its band: 61 % of the outcomes fell within."
    )
    ahead = [(found.loc["s:A", "finish_on_p50"] - week(26)).days for found in (stand_in, usual)]
    assert ahead[0] < ahead[1]
    width = stand_in.loc["s:A", "finish_on_p95"] - stand_in.loc["s:A", "finish_on_p10"]
    assert width > timedelta(days=7), "a bare date would promise nothing"
    assert stand_in["model_id"].eq("schedule_slip").all()
    changed = stand_in["inputs_hash"] != usual["inputs_hash"]
    assert changed.to_dict() == {"s:A": True, "s:B": True, "s:A/1": False}, "said again, and back again once it holds"


def test_an_open_release_is_forecast_and_one_that_is_out_only_tells_how_releases_end(build: Build) -> None:
    tables = build({"A": steady(5, 26, 20)}, week(26))
    issues = tables["dim_issue"]
    tables["fct_release"] = pd.DataFrame(
        {
            "version_id": ["s:v1", "s:v2", "s:v3"], "project_id": "s:A", "version_name": ["1.0", "2.0", "empty"],
            "release_on": [week(20), week(30), week(30)], "is_released": [True, False, False], "is_archived": False,
        }
    )  # fmt: skip
    done = issues["done_at"].notna()
    stays = pd.DataFrame(
        {
            "issue_id": issues["issue_id"], "set_name": "fix_version",
            "member_id": np.where(done & (issues["done_at"] < "2025-05-20"), "s:v1", "s:v2"),
            "valid_from": pd.Timestamp("2025-01-07"), "valid_to": pd.NaT,
        }
    )  # fmt: skip
    left = stays.loc[~done].tail(5).index
    stays.loc[left, "valid_to"] = pd.Timestamp("2025-06-01")  # five of the twenty were taken out again
    tables["int_delivery__issue_membership"] = stays
    found = MODEL.forecast(tables, week(26), seed=1)
    assert found["subject_id"].tolist() == ["s:A", "s:v2"]
    row = found.iloc[1]
    assert (row["subject_type"], row["subject_name"], row["open_count"]) == ("release", "2.0", 15)
    assert (row["promised_on"], row["forecast_status"]) == (week(30), "ok")
    # 15 of the project's 20 open items, at three quarters of its pace of 5 a week: four weeks
    assert 18 <= (row["finish_on_p50"] - week(26)).days <= 40
    early = MODEL.forecast(tables, date(2025, 5, 4), seed=1).set_index("subject_id")  # version 1.0 was not out by then
    assert early.loc["s:v1", "open_count"] == 10
