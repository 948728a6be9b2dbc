"""Track `sprints`: one row a sprint, a board's past only, and plain projections beside ours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.tracks.columns import TrackDataError
from models.tracks.sprints import features as table
from models.tracks.sprints.model import quantiles
from models.tracks.sprints.track import SprintsTrack

TRACK = SprintsTrack()


def sprints(number: int, seed: int, share: int = 50) -> pd.DataFrame:
    """Sprints of boards that usually deliver about so much of what is left, seen half way through."""
    rng = np.random.default_rng(seed)
    board = rng.integers(0, 12, number)
    commit, progress = rng.integers(5, 60, number).astype(float), rng.random(number) * share / 100
    done = np.round(commit * progress)
    delivered = np.clip(np.round(done + (commit - done) * (0.3 + 0.05 * board) + rng.normal(0, 2, number)), done, None)
    frame = pd.DataFrame({name: rng.integers(0, 9, number) for name in (*table.COUNTS, *table.MEANS)})
    return frame.assign(
        **{name: np.nan for name in table.HISTORY},
        boardid=board,
        sprintid=np.arange(number),
        proj=[f"c{b % 3}" for b in board],
        t=share,
        vel_diff=delivered - commit,
        commit=commit,
        planday=14,
        n_iss=rng.integers(3, 30, number),
        h_n=0,
        vel_starttime=commit,
        vel_added=0,
        vel_removed=0,
        vel_todo=commit - done,
        vel_inprogress=0,
        vel_done=done,
    )


def test_a_sprint_on_several_boards_is_one_row_that_keeps_its_number() -> None:
    frame = sprints(30, 1)
    twice = pd.concat([frame.iloc[:10], frame.iloc[4:6].assign(boardid=99), frame.iloc[10:]])
    read = table.read(twice)
    assert len(read) == 30
    assert read.row.tolist() == [*range(10), *range(12, 32)]
    assert "c0:99" not in set(read.board)


def test_only_the_boards_lower_sprints_count_as_its_past() -> None:
    frame = sprints(60, 2)
    frame.loc[40:, "vel_diff"] = 500.0
    changed, plain = table.read(frame), table.read(sprints(60, 2))
    first, second = table.features(plain, plain), table.features(changed, changed)
    pd.testing.assert_frame_equal(first.iloc[:40], second.iloc[:40])
    assert (first["board_last"].iloc[41:] != second["board_last"].iloc[41:]).any()


def test_the_plain_projection_goes_on_at_its_rate_up_to_the_commitment() -> None:
    read = table.read(sprints(3, 3).assign(commit=[20.0, 20.0, 20.0], vel_done=[5.0, 15.0, 25.0], t=50))
    assert (read.commit + read.earned).tolist() == [10.0, 20.0, 25.0]
    start = table.read(sprints(1, 3).assign(commit=20.0, vel_done=0.0, t=0))
    assert (start.commit + start.earned).tolist() == [0.0]


def test_quantiles_follow_the_weights() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([[1.0, 1.0, 1.0], [8.0, 1.0, 1.0]])
    assert quantiles(values, weights, np.array([0.5, 0.9])).tolist() == [[2.0, 3.0], [3.0, 3.0]]


def test_too_few_sprints_to_fit_on_are_told() -> None:
    with pytest.raises(TrackDataError, match="too few"):
        TRACK.backtest(sprints(30, 4), sprints(20, 5).assign(sprintid=np.arange(100, 120)), 7)


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_later_sprints_change_nothing_said_before_and_ours_is_the_better_one() -> None:
    train, data = sprints(160, 6).assign(sprintid=np.arange(-160, 0)), sprints(120, 7)
    later = data.copy()
    later.loc[80:, ["vel_diff", "vel_done", "commit"]] = [400.0, 1.0, 3.0]
    result, other = TRACK.backtest(data, train, 7), TRACK.backtest(later, train, 7)
    said = [name for name in result.predictions if name.startswith(("slipstream", "median", "earned"))]
    pd.testing.assert_frame_equal(result.predictions[said].iloc[:80], other.predictions[said].iloc[:80])
    assert result.scores["slipstream"]["mae_to_median"].value < 0.8
    assert 0.7 <= result.scores["slipstream"]["coverage_80"].value <= 0.95
    assert result.predictions["row"].tolist() == list(range(120))
    pd.testing.assert_frame_equal(result.predictions, TRACK.backtest(data, train, 7).predictions)


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_real_sprints_are_forecast_better_than_plainly_in_communities_left_out(shared: Path) -> None:
    result = TRACK.backtest(pd.read_csv(shared / "data/forecasting/sprints_t80.csv"), None, 7)
    ours, plain = result.scores["slipstream"], result.scores["earned_rate"]
    assert ours["mae"].value < 0.8 * plain["mae"].value
    assert ours["brier_met"].value < 0.6 * result.scores["median"]["brier_met"].value
    for community in ("Apache", "JBoss", "JIRA", "MongoDB"):
        found = result.groups[f"community={community}"]
        assert found["slipstream"]["mae"].value < min(found["median"]["mae"].value, found["earned_rate"]["mae"].value)
