"""Weekly throughput: whole weeks, conformal intervals, and plain words where history is short."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.portfolio_throughput.model import HORIZON_WEEKS, LEVELS, PortfolioThroughput
from models.portfolio_throughput.weeks import weekly_completions

Tables = dict[str, pd.DataFrame]
MODEL = PortfolioThroughput()
START = date(2025, 1, 6)
COUNTS = [f"completed_count_{name}" for name in LEVELS]


def busy(counts: list[int]) -> list[tuple[int, int | None]]:
    return [(0, 7 * week + 2) for week, number in enumerate(counts) for _ in range(number)]


def test_only_whole_weeks_are_counted(build: Callable[..., Tables]) -> None:
    tables = build({"A": busy([3, 0, 5, 7])}, date(2026, 1, 1))
    for day, expected in ((date(2025, 2, 1), [3, 0, 5]), (date(2025, 2, 2), [3, 0, 5, 7])):
        counts, known_on = weekly_completions(tables, day)
        assert counts.tolist() == expected
        assert (counts.index[0].date(), known_on) == (START, day)


def test_too_little_history_is_said_week_by_week(build: Callable[..., Tables]) -> None:
    found = MODEL.forecast(build({"A": busy([4] * 12)}, date(2025, 3, 30)), date(2025, 3, 30), seed=1)
    assert found["forecast_status"].tolist() == ["not_enough_history"] * HORIZON_WEEKS
    assert found[COUNTS].isna().all(axis=None)
    assert found["week_on"].iloc[0] == date(2025, 3, 31)


@pytest.fixture
def noisy(build: Callable[..., Tables]) -> tuple[Tables, date]:
    counts = np.random.default_rng(9).poisson(20, 70).tolist()
    return build({"A": busy(counts)}, date(2030, 1, 1)), START + timedelta(weeks=70, days=-1)


def test_quantiles_are_ordered_wide_enough_and_repeat(
    noisy: tuple[Tables, date], capfd: pytest.CaptureFixture[str]
) -> None:
    tables, day = noisy
    found = MODEL.forecast(tables, day, seed=1)
    assert found["forecast_status"].eq("ok").all()
    assert found["horizon_weeks"].tolist() == list(range(1, HORIZON_WEEKS + 1))
    assert found["week_on"].iloc[0] == day + timedelta(days=1)
    assert (found[COUNTS].diff(axis=1).iloc[:, 1:] >= 0).all(axis=None)
    assert found["completed_count_p50"].between(14, 26).all()
    later = np.random.default_rng(9).poisson(20, (500, HORIZON_WEEKS))
    inside = (later >= found["completed_count_p10"].to_numpy()) & (later <= found["completed_count_p95"].to_numpy())
    assert 0.75 <= np.mean(inside) <= 0.99
    assert MODEL.forecast(tables, day, seed=1).to_csv() == found.to_csv()
    assert capfd.readouterr().err == ""


def test_what_comes_after_as_of_changes_nothing(noisy: tuple[Tables, date]) -> None:
    tables, day = noisy
    earlier = day - timedelta(weeks=4)
    expected = MODEL.forecast(tables, earlier, seed=1)
    issues = tables["dim_issue"]
    keep = issues["done_at"] < pd.Timestamp(earlier + timedelta(days=1))
    changed = {**tables, "dim_issue": issues.assign(done_at=issues["done_at"].where(keep))}
    pd.testing.assert_frame_equal(MODEL.forecast(changed, earlier, seed=1), expected)
