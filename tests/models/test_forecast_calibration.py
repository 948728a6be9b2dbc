"""Calibration: known distributions are recovered, open outcomes count as open, nothing learnt means the prior."""

from __future__ import annotations

import numpy as np
import pytest

from models.calibration import Past, Prior, calibrate, interval_scale, kaplan_meier


def sample(rng: np.random.Generator, number: int, shift: float, spread: float, watched: float = np.inf) -> Past:
    truth = rng.normal(shift, spread, number)
    limit = rng.normal(shift + watched, 0.7, number) if np.isfinite(watched) else np.full(number, np.inf)
    design = np.column_stack([np.ones(number), rng.normal(size=number)])
    subject = np.arange(number) // 12
    return Past(np.minimum(truth, limit), truth <= limit, design, subject)


@pytest.mark.parametrize("watched", [np.inf, 0.3])
def test_a_biased_and_overconfident_engine_is_brought_into_its_band(watched: float) -> None:
    rng = np.random.default_rng(11)
    fit = calibrate(sample(rng, 1200, 0.9, 0.6, watched), Prior())
    fresh = sample(rng, 4000, 0.9, 0.6)
    miss = fresh.log_ratio - fit.centre(fresh.design)
    curve = fit.curve(-1)
    low, middle, high = (curve.quantile(level) for level in (0.1, 0.5, 0.9))
    assert 0.77 <= np.mean((miss >= low) & (miss <= high)) <= 0.83
    assert 0.46 <= np.mean(miss <= middle) <= 0.54


def test_dropping_what_is_still_open_would_promise_too_early() -> None:
    past = sample(np.random.default_rng(4), 1200, 0.0, 0.6, 0.0)
    censored = calibrate(past, Prior())
    kept = past.observed
    dropped = calibrate(Past(past.log_ratio[kept], kept[kept], past.design[kept], past.subject[kept]), Prior())
    assert abs(censored.coefficients[0]) < 0.1
    assert dropped.coefficients[0] < -0.2


def test_a_subjects_own_past_outweighs_that_of_others() -> None:
    rng = np.random.default_rng(2)
    past = sample(rng, 120, 0.0, 0.4)
    past.log_ratio[past.subject == 0] += 1.5
    fit = calibrate(past, Prior())
    assert fit.curve(0).quantile(0.5) > fit.curve(1).quantile(0.5) + 0.05


def test_without_a_past_the_prior_speaks() -> None:
    none = np.zeros(0)
    fit = calibrate(Past(none, none.astype(bool), np.zeros((0, 2)), none.astype(np.int64)), Prior(spread=0.5))
    curve = fit.curve(-1)
    assert fit.coefficients.tolist() == [0.0, 0.0]
    assert curve.quantile(0.5) == pytest.approx(0.0, abs=1e-9)
    assert curve.quantile(0.9) == pytest.approx(0.5 * 1.2816, rel=0.05)


def test_the_curve_is_kaplan_meiers() -> None:
    values = np.array([1.0, 2.0, 2.5, 4.0])
    curve = kaplan_meier(values, np.array([True, True, False, True]), np.ones(4), 1.0)
    # steps at 1, 2 and 4 to 1/4, 1/2 and, one being lost from sight, 1; levels are the middles of the steps
    assert curve.points.tolist() == [1.0, 2.0, 4.0]
    assert curve.levels.tolist() == pytest.approx([0.125, 0.375, 0.75])


def test_quantile_and_probability_are_inverse_and_the_tail_goes_on() -> None:
    rng = np.random.default_rng(1)
    curve = calibrate(sample(rng, 300, 0.2, 0.5, 0.1), Prior()).curve(-1)
    for level in (0.1, 0.3, 0.5, 0.8, 0.95, 0.99):
        assert curve.cdf(curve.quantile(level)) == pytest.approx(level, abs=0.01)
    assert curve.cdf(50.0) == pytest.approx(1.0)


def test_counts_are_scaled_by_the_ratio_that_past_forecasts_missed_by() -> None:
    rng = np.random.default_rng(5)
    scale = interval_scale(rng.poisson(40, 4000), np.full(4000, 20.0), (0.1, 0.5, 0.9), 4000)
    inside = rng.poisson(40, 4000)
    assert scale[1] * 21 - 1 == pytest.approx(40, abs=1)
    assert 0.78 <= np.mean((inside >= scale[0] * 21 - 1) & (inside <= scale[2] * 21 - 1)) <= 0.84


def test_few_origins_widen_the_interval_and_leave_the_median() -> None:
    actual = np.random.default_rng(5).poisson(40, 400)
    many, few = (interval_scale(actual, np.full(400, 40.0), (0.1, 0.5, 0.8), n) for n in (400, 8))
    assert few[0] < many[0]
    assert few[1] == many[1]
    assert few[2] == pytest.approx(np.quantile((actual + 1) / 41, 0.9))
