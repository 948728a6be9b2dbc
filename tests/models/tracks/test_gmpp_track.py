"""Track `gmpp`: the outcome by hand, nothing of later publications, the RAG read as it stands."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from models.tracks.gmpp.features import features_of, rag_level, read_rows
from models.tracks.gmpp.model import chances, rates_so_far
from models.tracks.gmpp.track import MajorProjects


def row(name: str, year: int, end: str | None, **columns: object) -> dict[str, object]:
    given = {"dept": "DFT", "rag": "Amber", "start": "2010-01-01", "wlc": 100.0, "fyb": 10.0, "fyf": 10.0}
    return {"name": name, **given, "end": end, "year": year, "t": f"{year - 1}-09-30", **columns}


def drawn(seed: int, projects: int = 60) -> pd.DataFrame:
    """Projects of which those due within two years usually slip by a year, others seldom."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(projects):
        end = pd.Timestamp("2014-06-30") + pd.Timedelta(days=int(rng.integers(0, 3000)))
        for year in range(2014, 2020):
            near = (end - pd.Timestamp(year - 1, 9, 30)).days < 730
            rows.append(row(f"Scheme {number:03d}x", year, end.date().isoformat(), rag="Red" if near else "Green"))
            if rng.random() < (0.6 if near else 0.05):
                end += pd.Timedelta(days=365)
    return pd.DataFrame(rows)


def test_a_slip_is_the_end_date_of_the_next_year_less_this_ones() -> None:
    rows = read_rows(
        pd.DataFrame(
            [
                row("Tunnel Project", 2015, "2020-03-31"),
                row("Tunnel Programme", 2016, "2020-09-30"),  # 183 days on: six months, not more
                row("The Tunnel", 2017, "2021-04-02"),  # 184 days
                row("Bridge", 2015, "2020-03-31"),  # not told again the year after
                row("Bridge", 2017, "2022-03-31"),
            ]
        ),
        None,
    )
    assert rows["slip_days"].tolist() == pytest.approx([183, 184, np.nan, np.nan, np.nan], nan_ok=True)
    features = features_of(rows)
    assert features["last_slip_months"].iloc[2] == pytest.approx(184 / 30.4375)
    assert features["last_slip_months"].isna().tolist() == [True, False, False, True, True]


def test_only_the_five_colours_are_a_rag() -> None:
    told = pd.Series(["Amber/ Red", "amber ", "Green", "Reset", None, "Exempt under Section 43", "Red"])
    assert rag_level(told).tolist() == pytest.approx([3, 2, 0, np.nan, np.nan, np.nan, 4], nan_ok=True)


def test_rates_are_those_of_outcomes_published_by_then() -> None:
    dept = pd.Series(["A", "A", "B", "A"])
    found = rates_so_far(dept, np.array([2014, 2014, 2014, 2015.0]), np.array([1, 0, 1, np.nan]), np.full(4, 2015.0))
    assert found["year_rate"].tolist() == pytest.approx([np.nan, np.nan, np.nan, 2 / 3], nan_ok=True)
    # department A: 1 of 2, with 15 rows of the general rate behind it
    assert found["dept_rate"].iloc[3] == pytest.approx((1 + 15 * 2 / 3) / 17 - 2 / 3)


@pytest.mark.slow
def test_no_later_publication_changes_an_earlier_forecast() -> None:
    frame = drawn(1)
    changed = frame.copy()
    late = changed["year"] > 2017
    changed.loc[late, "end"] = "2040-01-01"
    changed.loc[late, "rag"] = "Green"
    changed.loc[late & (np.arange(len(frame)) % 3 == 0), "name"] = "Renamed beyond recognition"
    one, other = (MajorProjects().backtest(part, None, 3).predictions for part in (frame, changed))
    told = ["row", "slipstream_slip_over_6_months", "climatology_slip_over_6_months", "rag_slip_over_6_months"]
    both = one.loc[one["year"] <= 2017, told].merge(other[told], on="row", suffixes=("", "_other"))
    assert len(both) > 50
    for name in told[1:]:
        assert both[name].tolist() == both[f"{name}_other"].tolist()


def test_training_rows_teach_and_only_the_datas_rows_are_scored() -> None:
    frame = drawn(2, 150)
    data = frame.loc[frame["year"] >= 2018].reset_index(drop=True)
    found = MajorProjects().backtest(data, frame.loc[frame["year"] < 2018], 0)
    assert found.predictions["year"].unique().tolist() == [2018]
    assert found.predictions["row"].tolist() == data.index[data["year"] == 2018].tolist()
    assert found.scores["slipstream"]["auc"].value > 0.65
    assert found.scores["slipstream"]["brier_skill"].value > 0.05
    again = MajorProjects().backtest(data.copy(), frame.loc[frame["year"] < 2018].copy(), 0)
    pd.testing.assert_frame_equal(found.predictions, again.predictions)


@pytest.mark.slow
def test_shuffled_outcomes_teach_nothing() -> None:
    rows = read_rows(drawn(3, 400), None)
    happened = np.where(rows["slip_days"].isna(), np.nan, rows["slip_days"] > 183).astype(float)
    years = rows["year"].to_numpy(dtype=float)
    features = features_of(rows)
    features = pd.concat([features, rates_so_far(features["dept"], years, happened, years + 1)], axis=1)
    has = np.isfinite(happened)
    is_known = has & (np.arange(len(rows)) < len(rows) // 2)
    ahead = has & ~is_known
    happened[has] = np.random.default_rng(7).permutation(happened[has])
    said = chances(features[is_known], happened[is_known], features[ahead])
    assert 0.45 <= roc_auc_score(happened[ahead], said) <= 0.55
