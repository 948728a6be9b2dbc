"""Against a portfolio whose true finishes are known, chances of being late say more than their base rate.

The seed is none of those the constants were set on (1 to 6), and near the mean of its six; a single portfolio of 30
projects is noisy. By `benchmarks/forecast.py`, six portfolios at a time: seeds 21 to 26 Brier .220 against .250 of the
base rate, p10 to p90 holds 76 %; seeds 41 to 46 (looked at once, after all was set) .200 against .246, 83 %.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

sys.path.insert(0, str(Path(__file__).parents[2]))


@pytest.fixture(scope="module")
def scores() -> dict[str, float]:
    from benchmarks.forecast import against_truth, truth_scores

    found = against_truth(44)
    assert (found["forecast_status"] == "ok").sum() >= 25
    return truth_scores(found)


def test_chances_of_being_late_beat_the_base_rate(scores: dict[str, float]) -> None:
    assert scores["brier"] < scores["brier_base_rate"]
    assert abs(scores["mean_probability_late"] - scores["truly_late"]) < 0.15


def test_true_finishes_fall_where_the_quantiles_say(scores: dict[str, float]) -> None:
    assert 0.65 <= scores["coverage_p10_p90"] <= 0.95
    assert 0.65 <= scores["share_below_p80"] <= 0.93
    assert abs(scores["p50_bias_days"]) < 45
