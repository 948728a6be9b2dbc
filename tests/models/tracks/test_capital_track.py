"""Track `capital`: the outcome by hand, nothing of the future, typing errors, nothing learnt from nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from models.tracks.capital.features import features_of, read_snapshots
from models.tracks.capital.model import slips_ahead
from models.tracks.capital.track import CapitalProjects

DAYS = pd.to_datetime(
    ["2014-01-01", "2014-05-01", "2015-02-01", "2015-08-01", "2016-01-01", "2016-06-01", "2016-11-01"]
)


def snapshots(project: int, completions: list[str], **columns: str) -> pd.DataFrame:
    given = {
        "Category": "Bridges",
        "Borough": "Queens",
        "Managing Agency": "DOT",
        "Current Phase": "Design",
        "Design Start": "01/01/2012",
        "Budget Forecast": 1e7,
        **columns,
    }
    days = DAYS[: len(completions)].strftime("%m/%d/%Y 12:00:00 AM")
    return pd.DataFrame({"Date Reported As Of": days, "PID": project, "Forecast Completion": completions, **given})


def drawn(seed: int, projects: int = 40) -> pd.DataFrame:
    """Projects whose agency alone decides how far they slip between two reports."""
    rng = np.random.default_rng(seed)
    frames = []
    for number in range(projects):
        step = rng.normal(150 if number % 2 else 10, 30, len(DAYS)).cumsum()
        ends = (pd.Timestamp("2018-01-01") + pd.to_timedelta(step.round(), unit="D")).strftime("%m/%d/%Y")
        frames.append(snapshots(number, list(ends), **{"Managing Agency": "DOT" if number % 2 else "DEP"}))
    return pd.concat(frames, ignore_index=True)


def test_the_outcome_is_the_move_told_nearest_to_a_year_later() -> None:
    rows = read_snapshots(snapshots(1, ["01/01/2018", "02/01/2018", "03/01/2018", "04/01/2018", "01/01/2018"]), None)
    # 1 Jan 2014: the nearest to 365 days is 1 Feb 2015 (396): 1 Jan to 1 Mar 2018. 1 May 2014: 1 Feb 2015 lies only 276
    # days ahead and 1 Aug 2015 457, so none. 1 Feb 2015: 1 Jan 2016 (334): 1 Mar to 1 Jan. 1 Aug 2015: 153 days, none.
    assert rows["slip_days"].tolist() == pytest.approx([59, np.nan, -59, np.nan, np.nan], nan_ok=True)
    assert rows["known_day"].iloc[0] == (DAYS[2] - pd.Timestamp(0)).days


def test_what_went_before_is_told_by_reports_up_to_the_day() -> None:
    features = features_of(read_snapshots(snapshots(1, ["01/01/2018", "02/01/2018", "01/22/2018"]), None))
    assert features["last_step"].tolist() == pytest.approx([np.nan, 31, -10], nan_ok=True)
    assert features["total_slip"].tolist() == [0, 31, 21]
    assert features["largest_step"].tolist() == [0, 31, 31]


def test_a_completion_in_another_century_is_no_outcome_and_counts_as_the_date_told_before() -> None:
    wild = snapshots(99, ["01/01/2018", "01/01/2018", "01/01/2108", "01/01/2018", "01/01/2018"])
    own = read_snapshots(wild, None)
    assert own["slip_days"].notna().tolist() == [False, False, True, False, False]
    assert own["slip_days"].iloc[2] == -(90 * 365 + 21)  # 21 leap days between: 2100 is no leap year
    assert features_of(own)["mistold_days"].tolist() == [0, 0, 90 * 365 + 21, 0, 0]
    assert features_of(own)["last_step"].iloc[1:].tolist() == [0, 0, 0, 0]


@pytest.mark.slow
def test_the_correction_of_a_typing_error_is_foreseen() -> None:
    wild = snapshots(99, ["01/01/2018", "01/01/2018", "01/01/2108", "01/01/2018", "01/01/2018"])
    rows = read_snapshots(pd.concat([drawn(1), wild]), None)
    own = rows.loc[rows["project"] == "99"]
    known = (rows["slip_days"].notna() & (rows["project"] != "99")).to_numpy()
    said = slips_ahead(
        features_of(rows)[known], rows["slip_days"].to_numpy()[known], rows["project"].to_numpy(dtype=object)[known],
        rows["day"].to_numpy()[known], features_of(rows).loc[own.index[2:3]], np.array([0.5]), (365.0,), 0,
    )  # fmt: skip
    assert abs(said.quantiles[0, 0] + 90 * 365) < 500
    assert said.chances[0, 0] == 0.05


@pytest.mark.slow
def test_no_later_report_changes_an_earlier_forecast() -> None:
    frame = drawn(2)
    changed = frame.copy()
    late = pd.to_datetime(changed["Date Reported As Of"], format="%m/%d/%Y %I:%M:%S %p") > pd.Timestamp("2016-01-01")
    changed.loc[late, "Forecast Completion"] = "05/05/2030"
    changed.loc[late, "Current Phase"] = "Construction"
    one, other = (CapitalProjects().backtest(part, None, 3).predictions for part in (frame, changed))
    told = [column for column in one.columns if column.startswith(("slipstream_s", "slipstream_o", "climatology_s"))]
    early = one["reported_on"] <= "2016-01-01"
    assert early.any()
    key = ["row", *told]
    pd.testing.assert_frame_equal(
        one.loc[early, key].reset_index(drop=True),
        other.loc[other["reported_on"] <= "2016-01-01", key].reset_index(drop=True),
    )


@pytest.mark.slow
def test_an_agencys_habit_is_learnt_and_the_same_file_gives_the_same_result() -> None:
    frame = drawn(4)
    found = CapitalProjects().backtest(frame, None, 0)
    assert found.scores["slipstream"]["mae"].value < 0.6 * found.scores["climatology"]["mae"].value
    again = CapitalProjects().backtest(frame.copy(), None, 0)
    pd.testing.assert_frame_equal(found.predictions, again.predictions)
    assert repr(found.scores) == repr(again.scores)


@pytest.mark.slow
def test_shuffled_outcomes_teach_nothing() -> None:
    rows = read_snapshots(pd.concat([drawn(5, 240), drawn(6, 240).assign(PID=lambda d: d["PID"] + 1000)]), None)
    rows = rows.loc[rows["slip_days"].notna()]
    features = features_of(rows)
    slips = np.random.default_rng(7).permutation(rows["slip_days"].to_numpy(dtype=np.float64))
    is_known = rows["project"].astype(int).to_numpy() < 1000
    said = slips_ahead(
        features[is_known], slips[is_known], rows["project"].to_numpy(dtype=object)[is_known],
        rows["day"].to_numpy()[is_known], features[~is_known],
        np.array([0.5]), (180.0,), 0,
    )  # fmt: skip
    assert 0.45 <= roc_auc_score((slips[~is_known] > 180).astype(float), said.chances[:, 0]) <= 0.55
