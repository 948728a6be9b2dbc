"""Track `throughput`: cases by hand, nothing of the future, calibrated where the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.tracks.throughput.cases import cases_of, read_series
from models.tracks.throughput.engine import cumulative, quantiles
from models.tracks.throughput.track import Throughput

MONDAY = pd.Timestamp("2024-01-01")


def weekly(counts: dict[str, list[int]], start: pd.Timestamp = MONDAY) -> pd.DataFrame:
    rows = [
        {"series": name, "week": (start + pd.Timedelta(weeks=week)).date().isoformat(), "done": done}
        for name, values in counts.items()
        for week, done in enumerate(values)
    ]
    return pd.DataFrame(rows)


def drawn(seed: int, number: int = 8, weeks: int = 70) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return weekly(
        {f"lab:{i}": rng.negative_binomial(2, 2 / (2 + 1.5 * (i + 1)), weeks).tolist() for i in range(number)}
    )


def test_a_window_starts_the_week_after_what_is_known() -> None:
    frame = weekly({"a:x": [1, 1, 1, 1, 1, 2, 3, 0, 5, 7]})
    cases = cases_of(read_series(frame, None))
    # five active weeks are known after week 4 (Monday 29 January 2024): 2 + 3 + 0 + 5; its first week is row 5
    first = cases.loc[(cases["origin"] == 5) & (cases["horizon"] == 4)].iloc[0]
    assert (first["actual"], first["row"], first["rate_4"], bool(first["is_scored"])) == (10.0, 5, 1.0, True)
    assert cases["origin"].min() == 5
    assert set(cases["horizon"]) == {4}


def test_a_week_without_a_row_saw_nothing_done() -> None:
    frame = weekly({"a:x": [1, 1, 1, 1, 1, 2, 3, 0, 5, 7]})
    with_gap = frame.drop(index=7)
    assert read_series(with_gap, None)[0].counts.tolist() == read_series(frame, None)[0].counts.tolist()


def test_training_weeks_are_history_and_only_the_datas_weeks_are_scored() -> None:
    frame = drawn(1, number=2)
    late = frame["week"] >= "2025-01-01"
    data = frame.loc[late].reset_index(drop=True)
    found = Throughput().backtest(data, frame.loc[~late], 0).predictions
    first = pd.to_datetime(data["week"].to_numpy()[found["row"].to_numpy()])
    assert (first - found["known_to"]).dt.days.eq(1).all()
    assert found["known_to"].min() == pd.Timestamp("2025-01-05")  # the first window is the first 4, 8, 12 weeks of data
    assert found.groupby("cluster")["row"].min().tolist() == data.groupby("series").head(1).index.tolist()


def test_no_later_week_changes_an_earlier_forecast() -> None:
    frame = drawn(2, number=2, weeks=40)
    changed = frame.copy()
    late = changed["week"] >= "2024-08-01"
    changed.loc[late, "done"] = changed.loc[late, "done"] * 3 + 20
    one, other = (Throughput().backtest(part, None, 5).predictions for part in (frame, changed))
    told = [column for column in one.columns if "_done_p" in column]
    early = one["known_to"] < "2024-08-01"
    pd.testing.assert_frame_equal(one.loc[early, told], other.loc[early, told])
    assert not one.loc[~early, told].equals(other.loc[~early, told])


def test_the_same_file_and_seed_give_the_same_result() -> None:
    frame = drawn(3, number=2, weeks=24)
    one, other = (Throughput().backtest(part, None, 5) for part in (frame, frame.copy()))
    pd.testing.assert_frame_equal(one.predictions, other.predictions)
    assert repr(one.scores) == repr(other.scores)


def test_under_five_active_weeks_nothing_is_forecast_and_that_is_said() -> None:
    frame = weekly({"a:idle": [1, 1, 0, 1, 1] + [0] * 30})
    found = Throughput().backtest(frame, None, 0)
    assert len(found.predictions) == 0
    assert any("Not enough history" in note and "a:idle" in note for note in found.notes)


def test_quantiles_hold_whole_numbers_as_often_as_they_say() -> None:
    rng = np.random.default_rng(8)
    mean, dispersion = np.full(20_000, 6.0), np.full(20_000, 0.3)
    actual = rng.negative_binomial(1 / 0.3, 1 / (1 + 0.3 * 6.0), 20_000)
    _, told = quantiles(mean[:1], dispersion[:1], np.array([[0.1, 0.15, 0.9]]))
    # of a count of mean 6 no interval of whole numbers holds exactly 80 %: the nearest does
    assert np.mean((actual >= told[0, 0]) & (actual <= told[0, 2])) == pytest.approx(0.8, abs=0.05)
    assert np.mean(actual >= told[0, 1]) == pytest.approx(0.85, abs=0.05)
    low, high = cumulative(mean[:1], dispersion[:1], np.array([0.0]))
    assert low[0] == 0.0
    assert high[0] == pytest.approx((1 + 0.3 * 6.0) ** (-1 / 0.3))


@pytest.mark.slow
def test_where_the_truth_is_a_steady_process_the_intervals_hold_and_are_sharper_than_the_bootstraps() -> None:
    found = Throughput().backtest(drawn(4, number=24, weeks=150), None, 0)
    ours, bootstrap = found.scores["slipstream"], found.scores["bootstrap"]
    for horizon in (4, 8, 12):
        assert 0.75 <= ours[f"coverage_80_{horizon}w"].value <= 0.86
        assert 0.80 <= ours[f"kept_85_{horizon}w"].value <= 0.91
        assert ours[f"crps_{horizon}w"].value < bootstrap[f"crps_{horizon}w"].value
