"""What if: things are named as people name them, and what does not exist is answered with what does."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest

from models.portfolio.whatif import Wish, WishError, answer

Tables = dict[str, pd.DataFrame]
SEED = 7


def test_a_cut_brings_the_project_and_those_who_wait_for_it_forward(tables: Tables, today: date) -> None:
    found = answer(tables, today, SEED, [Wish("cut_scope", "a", 0.5)])  # A, in whatever case
    rows = found.projects.set_index("project_key")
    assert set(rows.index) == {"A", "B", "C"}  # B waits for A; C shares its team, and waits for B
    assert rows.loc["A", "finish_days_saved_p50"] == pytest.approx(30, abs=3)  # half of about 60 days
    assert rows.loc["A", "probability_late_after"] == 0.05
    assert found.portfolio["expected_slip_days"][1] < found.portfolio["expected_slip_days"][0]
    saved = found.portfolio["expected_slip_days"][0] - found.portfolio["expected_slip_days"][1]
    assert found.saving.days == pytest.approx(saved, abs=0.2)


def test_a_moved_promise_moves_no_finish(tables: Tables, today: date) -> None:
    found = answer(tables, today, SEED, [Wish("move_promise", "A", today + timedelta(days=300))])
    (row,) = found.projects.to_dict("records")
    assert (row["project_key"], row["due_on_after"], row["finish_days_saved_p50"]) == ("A", date(2026, 12, 27), 0)


def test_several_wishes_are_one_world(tables: Tables, today: date) -> None:
    both = [Wish("drop_dependency", "A1>B1"), Wish("add_people", "T-2", 1.0)]
    alone = [answer(tables, today, SEED, [one]).saving.days for one in both]
    assert answer(tables, today, SEED, both).saving.days == pytest.approx(sum(alone), rel=0.05)
    assert min(alone) > 0


@pytest.mark.parametrize(
    ("wish", "says", "remedy"),
    [
        (Wish("cut_scope", "AB", 0.2), "There is no project 'AB'", "Did you mean A, B?"),
        (Wish("cut_scope", "ZZZZ", 0.2), "There is no project 'ZZZZ'", "There are: A, B, C"),
        (Wish("cut_scope", "G", 0.2), "G is not simulated: no finite finish", "a project with a finish forecast"),
        (Wish("move_promise", "E", date(2027, 1, 1)), "E has no promise", "that has"),
        (Wish("add_people", "T-9", 1.0), "There is no team 'T-9'", "T-1"),
        (Wish("drop_dependency", "A1>B9"), "There is no open dependency", "A1>B1"),
        (Wish("drop_dependency", "D1>E1"), "There is no open dependency", "B1"),
    ],
)
def test_what_cannot_be_asked_is_told_with_what_can(
    tables: Tables, today: date, wish: Wish, says: str, remedy: str
) -> None:
    with pytest.raises(WishError) as caught:
        answer(tables, today, SEED, [wish])
    assert says in caught.value.message
    assert remedy in caught.value.remedy
