"""Scores and figures of tracks, against values worked out by hand or by brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.tracks import figures
from models.tracks.probabilities import Auc, Brier, CalibrationError, probability_scores
from models.tracks.sprints.scores import spread, sprint_scores

RNG = np.random.default_rng(5)
HAPPENED = (RNG.random(60) < 0.4).astype(float)
SAID = np.round(np.clip(0.3 * HAPPENED + 0.6 * RNG.random(60), 0, 1), 1)


def test_auc_counts_pairs_and_halves_ties_also_in_a_draw_with_repeats() -> None:
    rows = RNG.integers(0, 60, 60)
    for drawn in (np.arange(60), rows):
        y, p = HAPPENED[drawn], SAID[drawn]
        pairs = (p[y == 1][:, None] > p[y == 0]) + 0.5 * (p[y == 1][:, None] == p[y == 0])
        assert Auc(HAPPENED, SAID)(drawn) == pytest.approx(pairs.mean())


def test_brier_and_calibration_error_by_hand() -> None:
    happened, said = np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.05, 0.05, 0.65, 0.95])
    assert Brier(happened, said)(np.arange(4)) == pytest.approx((2 * 0.05**2 + 0.35**2 + 0.05**2) / 4)
    assert CalibrationError(happened, said)(np.arange(4)) == pytest.approx((0.1 + 0.35 + 0.05) / 4)
    assert CalibrationError(happened, happened)(np.arange(4)) == 0.0


def test_intervals_hold_the_value_and_come_from_clusters() -> None:
    clusters = [f"p{n // 6}" for n in range(60)]
    for score in probability_scores(HAPPENED, SAID, clusters, 1).values():
        assert score.low < score.high
        assert score.low - 0.1 <= score.value <= score.high + 0.1
    one = probability_scores(HAPPENED, SAID, ["p"] * 60, 1)["brier"]
    assert np.isnan(one.low)


def test_nmae_is_the_error_in_interquartile_ranges() -> None:
    differences = np.array([-8.0, -4.0, 0.0, 4.0, 8.0])
    assert spread(differences) == 8.0
    assert spread(np.zeros(5)) == 1.0
    actual, said = differences + 20, np.full(5, 20.0)
    found = sprint_scores(actual, {0.5: said}, 8.0, said, list("abcde"), 1)
    assert found["nmae"].value == pytest.approx(24 / 5 / 8)
    assert found["mae_to_median"].value == 1.0


def frame() -> pd.DataFrame:
    number = np.arange(200)
    happened = (number % 4 == 0).astype(float)
    return pd.DataFrame(
        {
            "row": number,
            "cluster": number % 20,
            "horizon": np.where(number < 100, 4, 8),
            "actual_late": happened,
            "good_late": np.where(happened == 1, 0.9, 0.1),
            "base_late": 0.25,
            "actual_points": number.astype(float),
            "good_points_p10": number - np.where(number < 100, 1.0, -1.0),
            "good_points_p50": number + 1.0,
            "good_points_p90": number + 2.0,
            "base_points_p50": number + 4.0,
        }
    )


def test_a_report_finds_reliability_coverage_and_skill_by_the_names_of_columns() -> None:
    names = ["good", "base"]
    points = figures.reliability(frame(), names, 1)
    assert [(p.forecaster, round(p.at, 2), p.score.value, p.rows) for p in points] == [
        ("good", 0.1, 0.0, 150),
        ("good", 0.9, 1.0, 50),
        ("base", 0.25, 0.25, 200),
    ]
    assert [(p.label, p.at, p.score.value) for p in figures.coverage(frame(), names, 1)] == [
        ("4", 0.8, 1.0),
        ("8", 0.8, 0.0),
    ]
    saved = {p.what: p.score.value for p in figures.skill(frame(), names, 1)}
    assert saved["points"] == pytest.approx(0.75)
    assert saved["late"] == pytest.approx(1 - 0.01 / (0.75 * 0.25))
