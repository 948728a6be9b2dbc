"""Scores against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.scoring import bias_days, brier, censored_levels, clustered_interval, coverage, crps, pinball


def test_scores_by_hand() -> None:
    actual = np.array([10.0, 20.0])
    assert coverage(actual, np.array([5.0, 21.0]), np.array([10.0, 30.0])) == 0.5
    assert pinball(actual, np.array([12.0, 12.0]), 0.8) == pytest.approx((0.2 * 2 + 0.8 * 8) / 2)
    assert brier(np.array([1.0, 0.0]), np.array([0.7, 0.2])) == pytest.approx((0.09 + 0.04) / 2)
    assert bias_days(actual, np.array([8.0, 12.0])) == 5.0


def test_crps_is_mean_distance_less_half_the_spread() -> None:
    # draws 0 and 2 around 1: mean distance 1, mean pair distance (0 + 2 + 2 + 0) / 4 = 1, so 1 - 1/2
    assert crps(np.array([1.0]), np.array([[0.0, 2.0]])) == pytest.approx(0.5)
    assert crps(np.array([3.0]), np.array([[1.0, 1.0]])) == pytest.approx(2.0)


def test_open_outcomes_are_censored_not_dropped() -> None:
    rng = np.random.default_rng(8)
    levels, limit = rng.uniform(size=4000), rng.uniform(0.0, 1.4, 4000)
    observed = levels <= limit
    shares = censored_levels(np.minimum(levels, limit), observed, np.array([0.1, 0.5, 0.8]))
    assert shares == pytest.approx([0.1, 0.5, 0.8], abs=0.04)
    assert np.mean(levels[observed] <= 0.5) > 0.56  # what dropping them would say


def test_beyond_the_last_known_outcome_nothing_is_claimed() -> None:
    shares = censored_levels(np.array([0.2, 0.4, 0.6]), np.array([True, True, False]), np.array([0.3, 0.8]))
    assert shares[0] == pytest.approx(1 / 3)
    assert np.isnan(shares[1])


def test_intervals_resample_whole_projects() -> None:
    rng = np.random.default_rng(6)
    cluster = np.repeat(np.arange(10), 30)
    levels = np.clip(rng.uniform(size=10)[cluster] + rng.normal(0, 0.02, 300), 0, 1)
    whole = np.ones(300, dtype=bool)
    low, high = clustered_interval(levels, whole, cluster, (0.1, 0.9), seed=1)
    loose = clustered_interval(levels, whole, np.arange(300), (0.1, 0.9), seed=1)
    assert high - low > 2 * (loose[1] - loose[0])
