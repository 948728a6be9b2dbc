"""What a track may learn from: declared, readable, and not the outcome in disguise."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.tracks.columns import TrackDataError, days, numbers, refuse_outcome_copies, require

PROJECT = [f"p{n // 4}" for n in range(120)]
OUTCOME = np.array([float(n // 4 % 7) for n in range(120)])


def test_missing_columns_are_told_with_their_meaning() -> None:
    with pytest.raises(TrackDataError, match=r"columns missing: due \(the day\)\."):
        require(pd.DataFrame({"key": [1]}), {"key": "its name", "due": "the day"})


def test_a_value_that_is_no_number_is_told_with_its_row() -> None:
    assert numbers(pd.DataFrame({"n": ["1", None, "2.5"]}), "n").tolist()[::2] == [1.0, 2.5]
    with pytest.raises(TrackDataError, match="column n, row 1: 'x' is not a number"):
        numbers(pd.DataFrame({"n": ["1", "x"]}), "n")
    with pytest.raises(TrackDataError, match="row 1"):
        numbers(pd.DataFrame({"n": [1.0, np.nan]}), "n", gaps=False)


def test_days_are_counted_and_others_refused() -> None:
    assert days(pd.DataFrame({"d": ["1970-01-02", "2020-01-01 05:00:00"]}), "d").tolist() == [1.0, 18262.0]
    with pytest.raises(TrackDataError, match="column d, row 1: 'soon' is not a day"):
        days(pd.DataFrame({"d": ["2020-01-01", "soon"]}), "d")


def test_a_column_constant_per_project_that_equals_its_outcome_is_refused() -> None:
    honest = pd.DataFrame({"size": np.arange(120.0)})
    refuse_outcome_copies(honest, OUTCOME, PROJECT)
    with pytest.raises(TrackDataError, match="final_delay equals the outcome of its project in every row"):
        refuse_outcome_copies(honest.assign(final_delay=OUTCOME), OUTCOME, PROJECT)


def test_the_last_outcome_of_a_project_written_into_its_earlier_rows_is_refused() -> None:
    moving = OUTCOME + np.tile([0.0, 1.0, 2.0, 3.0], 30)
    final = pd.Series(moving).groupby(PROJECT).transform("last").to_numpy()
    assert np.mean(final == moving) < 0.5
    with pytest.raises(TrackDataError, match="final equals"):
        refuse_outcome_copies(pd.DataFrame({"final": final}), moving, PROJECT)


def test_a_rare_outcome_is_not_mistaken_for_a_column_of_zeros() -> None:
    rare = np.zeros(3000)
    rare[7] = 1.0
    refuse_outcome_copies(pd.DataFrame({"nothing": np.zeros(3000)}), rare, [f"p{n // 9}" for n in range(3000)])
    with pytest.raises(TrackDataError, match="copy equals"):
        refuse_outcome_copies(pd.DataFrame({"copy": rare}), rare, ["one"] * 3000)
