"""The portfolio forecast agrees with the single ones where nothing is connected, and says what it leaves out."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.portfolio import findings
from models.portfolio.advice import AllocationAdvice
from models.portfolio.findings import quantiles
from models.portfolio.model import PortfolioForecast
from models.portfolio.network import Project, build
from models.portfolio.sampling import LEVELS, Draws, Shocks

Tables = dict[str, pd.DataFrame]
SEED = 7


@pytest.fixture(scope="module")
def said(tables: Tables, today: date) -> pd.DataFrame:
    return PortfolioForecast(trials=4_000).forecast(tables, today, SEED)


def rows(frame: pd.DataFrame, kind: str) -> pd.DataFrame:
    return frame.loc[frame["subject_type"] == kind].set_index("subject_id")


def test_everyone_has_a_row_and_what_is_not_simulated_says_why(said: pd.DataFrame) -> None:
    projects, edges = rows(said, "project"), rows(said, "dependency")
    assert projects["forecast_status"].to_dict() == {
        **{f"s:{key}": "ok" for key in "ABCDEF"}, "s:G": "no_finite_finish", "s:H": "nothing_open",
    }  # fmt: skip
    # B1>B2 is within a project, A9 is done
    assert edges["forecast_status"].to_dict() == {
        "A1>B1": "ok", "B2>C1": "ok", "D1>E1": "in_cycle", "E1>D1": "in_cycle", "G1>F1": "no_forecast",
    }  # fmt: skip
    left_out = pd.concat([projects.loc[["s:G", "s:H"]], edges.loc[["D1>E1", "G1>F1"]]])
    assert left_out[["finish_on_p50", "criticality_index", "expected_delay_days"]].isna().all(axis=None)


def test_a_project_alone_is_forecast_as_by_itself(said: pd.DataFrame, tables: Tables) -> None:
    """F waits for nothing that is simulated and shares nobody."""
    alone = tables["schedule_forecast"].set_index("subject_id").loc["s:F"]
    for name in ("p10", "p50", "p80", "p95"):
        off = rows(said, "project").loc["s:F", f"finish_on_{name}"] - alone[f"finish_on_{name}"]
        assert abs(off.days) <= 3


def test_who_waits_ends_later_than_by_itself_and_who_is_waited_for_does_not(said: pd.DataFrame, tables: Tables) -> None:
    projects = rows(said, "project")
    assert projects.loc[["s:A", "s:D", "s:E", "s:F"], "expected_delay_days"].eq(0.0).all()
    assert (projects.loc[["s:B", "s:C"], "expected_delay_days"] > 0.0).all()
    edges = rows(said, "dependency")
    assert edges.loc["A1>B1", "expected_wait_days"] >= edges.loc["A1>B1", "expected_delay_days"] > 0.0
    assert edges.loc["A1>B1", "promise_criticality_index"] <= projects.loc["s:A", "promise_criticality_index"]


def test_promises_hold_together_less_often_than_any_of_them(said: pd.DataFrame) -> None:
    whole = said.iloc[0]
    assert whole["subject_type"] == "portfolio"
    assert whole["promise_count"] == 6  # A to D, F and G; E has none, H is done
    assert whole["probability_all_kept"] == 0.05  # never less is said, and G alone is 95 % likely to be late
    assert "at most 5 %" in whole["sentence"]
    late = rows(said, "project").loc[[f"s:{key}" for key in "ABCDFG"], "probability_late"]
    assert whole["expected_late_count"] == pytest.approx(late.sum(), abs=0.02)


def test_the_same_seed_gives_the_same_bytes_in_whatever_order_rows_come(tables: Tables, today: date) -> None:
    model = PortfolioForecast(trials=200)
    first = model.forecast(tables, today, SEED)
    shuffled = {name: frame.sample(frac=1.0, random_state=3) for name, frame in tables.items()}
    pd.testing.assert_frame_equal(model.forecast(shuffled, today, SEED), first, check_exact=True)
    assert not model.forecast(tables, today, SEED + 1)["finish_on_p50"].equals(first["finish_on_p50"])


def test_what_was_recorded_after_the_day_changes_nothing(tables: Tables, today: date) -> None:
    model, late = PortfolioForecast(trials=200), pd.Timestamp(today + timedelta(days=1))
    first = model.forecast(tables, today, SEED)
    later = {name: frame.copy() for name, frame in tables.items()}
    link = tables["fct_dependency"].iloc[[0]].assign(dependency_id="F1>A1", predecessor_issue_id="F1",
                                                      successor_issue_id="A1", recorded_at=late)  # fmt: skip
    later["fct_dependency"] = pd.concat([later["fct_dependency"], link])
    later["dim_issue"]["done_at"] = later["dim_issue"]["done_at"].fillna(late)
    post = tables["fct_assignment"].iloc[[0]].assign(person_id="p9", project_id="s:F", recorded_at=late)
    later["fct_assignment"] = pd.concat([later["fct_assignment"], post])
    pd.testing.assert_frame_equal(model.forecast(later, today, SEED), first, check_exact=True)


def test_an_empty_portfolio_says_so(tables: Tables, today: date) -> None:
    empty = {name: frame.iloc[:0] for name, frame in tables.items()}
    (row,) = PortfolioForecast(trials=10).forecast(empty, today, SEED).to_dict("records")
    assert (row["forecast_status"], row["promise_count"]) == ("not_enough_history", 0)
    assert "Nothing to simulate" in row["sentence"]


def one(name: str, **options: str) -> Project:
    return Project(name, (50.0, 100.0, 140.0, 200.0), **options)  # type: ignore[arg-type]


def test_margins_are_the_quantiles_said() -> None:
    days = Draws(build([one("a")]), SEED).take(20_000).days
    assert quantiles(days, LEVELS)[0] == pytest.approx([50.0, 100.0, 140.0, 200.0], rel=0.02)


def test_shocks_strike_those_in_common_and_nobody_else() -> None:
    """Correlations of normal scores, here of logarithms of days, which are nearly linear in them."""
    projects = [one("a", programme="x", team="t"), one("b", programme="x", team="t"), one("c", programme="x"), one("d")]
    shocks = Shocks(portfolio=0.1, programme=0.2, team=0.3)
    found = np.corrcoef(np.log(Draws(build(projects), SEED, shocks).take(40_000).days))
    assert found[0, 1] == pytest.approx(0.6, abs=0.03)
    assert found[0, 2] == pytest.approx(0.3, abs=0.03)
    assert found[0, 3] == pytest.approx(0.1, abs=0.03)


def test_a_project_draws_the_same_whoever_else_is_there() -> None:
    small, large = build([one("b")]), build([one("a"), one("b"), one("c")])
    assert np.array_equal(Draws(small, SEED).take(100).days[0], Draws(large, SEED).take(100).days[1])


def test_blocks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three blocks, the last one short, by one and by two threads; each is what it is by itself."""
    network = build([one("a", programme="x"), one("b", team="t"), one("c", programme="x", team="t")])
    monkeypatch.setattr(findings, "BLOCK", 100)
    alone = findings.simulate(network, SEED, 250)
    assert np.array_equal(alone.finish[:, 200:], Draws(network, SEED, block=2).take(50).days)
    monkeypatch.setattr(findings, "FEW", 0)
    beside = findings.simulate(network, SEED, 250)
    for item in fields(findings.Findings):
        assert np.array_equal(getattr(beside, item.name), getattr(alone, item.name)), item.name
    assert np.array_equal(quantiles(beside.finish, LEVELS), np.sort(alone.finish)[:, [24, 124, 199, 237]])


def test_quantiles_are_trials_as_sorting_finds_them() -> None:
    values = np.random.default_rng(SEED).standard_normal((3, 1001), dtype=np.float32)
    ordered = np.sort(values, axis=1)
    places = [int(np.ceil(level * 1001)) - 1 for level in LEVELS]
    assert np.array_equal(quantiles(values.copy(), LEVELS), ordered[:, places])


def test_advice_ranks_what_saves_work_and_sets_moved_promises_apart(tables: Tables, today: date) -> None:
    said = AllocationAdvice().forecast(tables, today, SEED)
    ranked = said.loc[said["advice_rank"].notna()]
    assert ranked["advice_rank"].tolist() == list(range(1, len(ranked) + 1))
    assert ranked["expected_days_saved"].is_monotonic_decreasing
    assert set(said.loc[said["advice_rank"].isna(), "action_type"]) <= {"move_promise", "move_person"}
    assert {"cut_scope", "add_people", "drop_dependency", "start_earlier", "reallocate"} <= set(ranked["action_type"])
    assert said["advice_id"].is_unique
    plan = said.set_index("advice_id").loc["reallocate:portfolio"]
    assert plan["planned_days_saved"] == pytest.approx(plan["bound_days_saved"], abs=0.01)
    again = AllocationAdvice().forecast({n: f.sample(frac=1.0, random_state=1) for n, f in tables.items()}, today, SEED)
    pd.testing.assert_frame_equal(again, said, check_exact=True)
    empty = AllocationAdvice().forecast({name: frame.iloc[:0] for name, frame in tables.items()}, today, SEED)
    assert empty[["advice_id", "forecast_status"]].to_numpy().tolist() == [
        ["reallocate:portfolio", "not_enough_history"]
    ]
