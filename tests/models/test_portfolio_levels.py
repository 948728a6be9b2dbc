"""Weekly totals: the distribution is calibrated on its own past, the naive stands in, and Prophet can be asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.forecaster import Memory
from models.portfolio_throughput import levels
from models.portfolio_throughput.model import HORIZON_WEEKS, PortfolioThroughput
from models.portfolio_throughput.quantiles import by_distribution, by_point

Tables = dict[str, pd.DataFrame]
START = date(2025, 1, 6)


def series(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2020-01-06", periods=len(values), freq="7D"))


def test_levels_by_hand() -> None:
    rising = series(np.arange(1.0, 27.0))
    assert levels.recent(rising, 2, 0).tolist() == [20.0, 20.0]  # the mean of 14 to 26
    assert levels.smoothed(series(np.full(20, 5.0)), 1, 0)[0] == pytest.approx(5.0)
    year = series(np.concatenate([np.full(13, 10.0), np.full(5, 40.0), np.full(47, 10.0)]))
    # 65 weeks: a year ago the level was 10, the week one ahead was 40: half of the ratio 4 is 2
    assert levels.seasonal(year, 3, 0)[2] == pytest.approx(10.0 * 2.0)


def test_a_steady_series_is_covered_as_stated() -> None:
    rng = np.random.default_rng(3)
    values = rng.negative_binomial(5, 5 / 45, 700).astype(float)  # mean 40, variance 360
    below = []
    for cut in range(160, 680, 40):
        stated = by_distribution(series(values[cut - 156 : cut]), HORIZON_WEEKS)
        below.append(values[cut : cut + HORIZON_WEEKS, None] <= stated)
    shares = np.concatenate(below).mean(axis=0)
    assert shares == pytest.approx([0.10, 0.50, 0.80, 0.95], abs=0.09)


def test_a_distribution_that_was_too_narrow_is_widened_by_its_past() -> None:
    rng = np.random.default_rng(4)
    level = 60.0 * np.exp(np.cumsum(rng.normal(0, 0.15, 200)))  # drifts three times as fast as is allowed for
    counts = series(rng.poisson(level[-156:]).astype(float))
    own = levels.at(levels.shapes(counts, HORIZON_WEEKS), np.array([[0.10, 0.50, 0.80, 0.95]]))
    moved = by_distribution(counts, HORIZON_WEEKS)
    assert np.mean(moved[:, 3] - moved[:, 0]) > 1.15 * np.mean(own[:, 3] - own[:, 0])


def test_twelve_weeks_said_already_are_not_said_again_and_the_naive_stands_in(build: Callable[..., Tables]) -> None:
    done: list[tuple[int, int | None]] = [(0, 7 * week + 2) for week in range(60) for _ in range(5 + week % 7)]
    tables, day = build({"A": done}, START + timedelta(weeks=60, days=-1)), START + timedelta(weeks=60, days=-1)
    model = PortfolioThroughput()
    whole = model.forecast(tables, day, 1)
    known = {
        ("portfolio", str(r.horizon_weeks), str(day), model.model_id): str(r.inputs_hash) for r in whole.itertuples()
    }
    again = model.forecast_anew(tables, day, 1, Memory(known))
    assert (len(again.rows), again.unchanged) == (0, 12)
    drift = model.forecast_anew(tables, day, 1, Memory(known, {"portfolio": "58 % of"})).rows
    assert drift["fallback_reason"].eq("58 % of").all()
    counts = pd.Series(
        [5 + week % 7 for week in range(60)], index=pd.date_range(START, periods=60, freq="7D"), dtype=float
    )
    expected = by_point(counts, HORIZON_WEEKS, 1, levels.recent)[:, 1]
    assert drift["completed_count_p50"].to_numpy(float) == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
def test_prophet_can_be_asked_for_with_holidays_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    from models.portfolio_throughput import trend

    values = 40.0 + np.random.default_rng(2).poisson(5, 130)
    counts = series(values)
    xmas = [week.month == 12 and week.day >= 20 for week in counts.index]
    counts[xmas] = 5.0
    plain = trend.predict(counts.iloc[:100], 8, 1)
    with_holidays = trend.predict(counts.iloc[:100], 8, 1, country="US")
    assert len(plain) == len(with_holidays) == 8
    assert not np.allclose(plain, with_holidays)
    assert capfd.readouterr().err == ""
