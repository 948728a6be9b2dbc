"""Track `issues`: nothing said of an issue depends on a later day, and labels in disorder teach nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from models.tracks.columns import TrackDataError
from models.tracks.issues import online
from models.tracks.issues.features import OWN, features, read
from models.tracks.issues.past import Tally
from models.tracks.issues.track import IssuesTrack
from models.tracks.probabilities import Auc

TRACK = IssuesTrack()


def issues(number: int, seed: int, communities: int = 3) -> pd.DataFrame:
    """Issues whose lateness hangs on their project, the days to go and the comments so far."""
    rng = np.random.default_rng(seed)
    project = rng.integers(0, 4 * communities, number)
    opened = pd.Timestamp("2012-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 900, number)), unit="D")
    pred = opened + pd.to_timedelta(rng.integers(0, 20, number), unit="D")
    to_go, comments = rng.integers(1, 90, number), rng.poisson(2, number)
    odds = (project % 4) - 2.5 + 0.5 * (comments == 0) + 0.01 * to_go
    late = rng.random(number) < 1 / (1 + np.exp(-odds))
    frame = pd.DataFrame({name: rng.integers(0, 3, number) for name in OWN})
    frame["no_comment"] = comments
    return frame.assign(
        issuekey=[f"P{p}-{n}" for n, p in enumerate(project)],
        proj=[f"community{p // 4}" for p in project],
        opened=opened.strftime("%Y-%m-%d"),
        pred=pred.strftime("%Y-%m-%d"),
        due=(pred + pd.to_timedelta(to_go, unit="D")).strftime("%Y-%m-%d"),
        delaydays=np.where(late, rng.integers(1, 60, number), 0),
        type=rng.choice(["Bug", "Sub-task", "New Feature"], number),
        priority=rng.choice(["Major", "Minor", None], number),
    )


def with_later_rows_changed(frame: pd.DataFrame, day: str) -> pd.DataFrame:
    """Every row dated after `day` becomes another one, and outcomes not known by `day` turn round."""
    changed = frame.copy()
    unknown = changed["due"] >= day
    changed.loc[unknown, "delaydays"] = np.where(changed.loc[unknown, "delaydays"] > 0, 0, 9)
    later = changed["pred"] > day
    changed.loc[later, [*OWN]] = changed.loc[later, [*OWN]].to_numpy()[::-1] + 1
    changed.loc[later, "due"] = (pd.to_datetime(changed.loc[later, "due"]) + pd.Timedelta(days=3)).dt.strftime(
        "%Y-%m-%d"
    )
    return changed


def test_a_tally_counts_only_earlier_days_of_the_group_and_fades() -> None:
    groups, days = np.array([0, 1, 0, 0]), np.array([1.0, 1.0, 5.0, 9.0])
    ones = np.ones(4)
    asked, when = np.array([0, 0, 1, 2, 0]), np.array([5.0, 6.0, 1.0, 99.0, 99.0])
    assert Tally(groups, days, ones).before(asked, when).tolist() == [1.0, 2.0, 0.0, 0.0, 3.0]
    faded = Tally(groups, days, ones, life=4.0).before(np.array([0]), np.array([9.0]))
    assert faded[0] == pytest.approx(np.exp(-2.0) + np.exp(-1.0))


def test_features_of_a_day_do_not_change_with_later_rows() -> None:
    frame, day = issues(300, 1), "2013-06-01"
    before, after = read(frame), read(with_later_rows_changed(frame, day))
    kept = (frame["pred"] <= day).to_numpy()
    assert (before.late != after.late).sum() > 20
    first, second = features(before, before)[kept], features(after, after)[kept]
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert not features(before, before)[~kept].equals(features(after, after)[~kept])


def corrections(late: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    day = np.arange(400.0) * 3
    return online.corrected(np.full(400, -2.0), np.zeros((400, 1)), day, day + 20, late, online.Prior())


def test_the_correction_follows_outcomes_only_once_they_are_known() -> None:
    calm = np.zeros(400)
    stormy = np.where(np.arange(400) >= 200, 1.0, 0.0)
    first, second = corrections(calm), corrections(stormy)
    known = 200 * 3 + 20
    unaware = np.arange(400) * 3 < known
    assert (first[unaware] == second[unaware]).all()
    assert second[-1] > 3 * first[-1]
    assert first[0] == pytest.approx(online.expit(np.array([-2.0]))[0])


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_no_prediction_changes_with_later_rows_and_each_names_its_row() -> None:
    train, data, day = issues(900, 2), issues(500, 3, communities=4), "2013-06-01"
    first = TRACK.backtest(data, train, 7).predictions
    second = TRACK.backtest(with_later_rows_changed(data, day), train, 7).predictions
    early = data.loc[first["row"], "pred"].to_numpy() <= day
    said = [name for name in first.columns if name.endswith("_late") and not name.startswith("actual")]
    merged = first[early].merge(second, on="row", suffixes=("", "_after"))
    assert len(merged) == early.sum() > 100
    for name in said:
        assert (merged[name] == merged[f"{name}_after"]).all(), name
    assert (data.loc[first["row"], "issuekey"].to_numpy() == first["issuekey"].to_numpy()).all()
    to_go = pd.to_datetime(data["due"]) - pd.to_datetime(data["pred"])
    assert first["row"].tolist() == np.flatnonzero(to_go.dt.days >= 7).tolist()


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_labels_in_disorder_give_no_skill_and_true_ones_do() -> None:
    train, data = issues(900, 4), issues(1500, 5, communities=4)
    said = TRACK.backtest(data, train, 7)
    assert said.scores["slipstream"]["auc"].value > 0.62
    assert said.scores["slipstream"]["brier"].value < said.scores["prior"]["brier"].value
    rng = np.random.default_rng(1)
    mixed = [f.assign(delaydays=rng.permutation(f["delaydays"].to_numpy())) for f in (data, train)]
    result = TRACK.backtest(mixed[0], mixed[1], 7).predictions
    auc = Auc(result["actual_late"].to_numpy(), result["slipstream_late"].to_numpy())(np.arange(len(result)))
    assert 0.45 <= auc <= 0.55


@pytest.mark.slow
@pytest.mark.usefixtures("few_draws")
def test_a_column_that_nobody_declared_is_ignored() -> None:
    train, data = issues(400, 6), issues(200, 7)
    leak = [f.assign(final_delay=f["delaydays"]) for f in (data, train)]
    with_it, without = TRACK.backtest(leak[0], leak[1], 7), TRACK.backtest(data, train, 7)
    pd.testing.assert_frame_equal(with_it.predictions, without.predictions)


def test_too_few_or_only_near_rows_are_told() -> None:
    with pytest.raises(TrackDataError, match="too few"):
        TRACK.backtest(issues(60, 8), issues(50, 9), 7)
    near = issues(60, 8)
    with pytest.raises(TrackDataError, match="7 days"):
        TRACK.backtest(near.assign(due=near["pred"]), issues(50, 9), 7)
