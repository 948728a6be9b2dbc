"""Plans worked by hand: working days of a calendar, precedence with type and lag, work under way, records."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from models.schedule_slip.events import day_number, day_of
from models.schedule_slip.plan.network import Pace, Task, Wait, task_ends
from models.schedule_slip.plan.record import BETWEEN, record_of
from models.schedule_slip.plan.workdays import Workdays, workdays_of

EXACT = Pace(0.0, 0.0, 1e-9)  # every length comes true as planned
WEEKDAYS = workdays_of(None, 0)


def number(day: date, workdays: Workdays = WEEKDAYS) -> float:
    return float(workdays.number(np.asarray(day_number(day))))


def last_days(tasks: list[Task], waits: list[Wait], now: date, workdays: Workdays = WEEKDAYS) -> dict[str, date]:
    ends, _ = task_ends(tasks, waits, number(now, workdays), EXACT, seed=1, trials=2)
    return {name: day_of(int(workdays.day(np.asarray(round(end[0]) - 1)))) for name, end in ends.items()}


def task(name: str, length: float, start: date = date(2026, 1, 5), workdays: Workdays = WEEKDAYS) -> Task:
    begins = number(start, workdays)
    return Task(name, length, begins, begins + length)


def january() -> pd.DataFrame:
    """Tuesday 6 January 2026 is off, Saturday 10 January is worked."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(31)]
    worked = [(day.weekday() < 5 and day != date(2026, 1, 6)) or day == date(2026, 1, 10) for day in days]
    return pd.DataFrame(
        {"calendar_id": "default", "day_on": days, "is_working_day": worked, "recorded_at": pd.Timestamp("2025-12-01")}
    )


def test_holidays_and_worked_saturdays_move_lengths_and_lags() -> None:
    # A takes 3 working days: the 5th, 7th and 8th. B waits 2 of them (9th, 10th) and takes 2: the 12th and 13th.
    workdays = workdays_of(january(), day_number(date(2026, 1, 1)) or 0)
    tasks = [task("A", 3, workdays=workdays), task("B", 2, workdays=workdays)]
    found = last_days(tasks, [Wait("A", "B", "FS", 2)], date(2026, 1, 5), workdays)
    assert found == {"A": date(2026, 1, 8), "B": date(2026, 1, 13)}


def test_a_day_off_told_later_is_not_known_yet() -> None:
    late = january().assign(recorded_at=pd.Timestamp("2026-02-01"))
    workdays = workdays_of(late, day_number(date(2026, 1, 1)) or 0)
    assert last_days([task("A", 3, workdays=workdays)], [], date(2026, 1, 5), workdays) == {"A": date(2026, 1, 7)}


def test_beyond_the_calendar_weekdays_are_worked() -> None:
    workdays = workdays_of(january(), day_number(date(2026, 1, 1)) or 0)
    for day in (date(2025, 12, 31), date(2026, 1, 30), date(2026, 2, 2), date(2027, 4, 30)):
        assert day_of(int(workdays.day(workdays.number(np.asarray(day_number(day)))))) == day
    assert number(date(2026, 2, 3), workdays) - number(date(2026, 1, 30), workdays) == 2


@pytest.mark.parametrize(
    ("kind", "lag", "length", "last"),
    [
        ("FS", 0, 2, date(2026, 1, 12)),  # A fills Monday the 5th to Thursday the 8th: the 9th and 12th
        ("FS", -1, 2, date(2026, 1, 9)),  # a lead: the 8th and 9th
        ("SS", 2, 3, date(2026, 1, 9)),  # starts on the 7th
        ("FF", 1, 2, date(2026, 1, 9)),  # ends a day after A: the 8th and 9th
        ("SF", 6, 2, date(2026, 1, 12)),  # ends 6 working days after A's start: the 9th and 12th
    ],
)
def test_each_relation_and_its_lag(kind: str, lag: int, length: int, last: date) -> None:
    found = last_days([task("A", 4), task("B", length)], [Wait("A", "B", kind, lag)], date(2026, 1, 5))
    assert found == {"A": date(2026, 1, 8), "B": last}


def test_what_has_ended_stays_and_what_is_under_way_lasts_as_tasks_have_so_far() -> None:
    now = date(2026, 1, 12)
    done = Task("A", 2, number(date(2026, 1, 5)), number(date(2026, 1, 7)), number(date(2026, 1, 5)), number(now))
    begun = Task("B", 4, number(now), number(now) + 4, number(date(2026, 1, 8)))
    twice = Pace(float(np.log(2.0)), 0.0, 1e-9)
    ends, stretch = task_ends([done, begun], [Wait("A", "B")], number(now), twice, seed=1, trials=2)
    assert ends["A"][0] == number(now)
    assert ends["B"][0] == pytest.approx(number(date(2026, 1, 8)) + 8, abs=1e-4)
    assert stretch[0] == pytest.approx(2.0)


def test_a_task_that_has_outlasted_its_plan_ends_later_than_today() -> None:
    now = date(2026, 3, 2)
    begun = Task("A", 5, number(date(2026, 1, 5)), number(date(2026, 1, 12)), number(date(2026, 1, 5)))
    ends, _ = task_ends([begun], [], number(now), Pace(0.0, 0.1, 0.3), seed=1, trials=64)
    assert (ends["A"] >= number(now)).all()
    assert np.unique(ends["A"]).size > 32


def test_waits_in_a_circle_or_for_unknown_tasks_hold_nobody_up_for_ever() -> None:
    waits = [Wait("A", "B"), Wait("B", "A"), Wait("gone", "B")]
    found = last_days([task("A", 2), task("B", 2)], waits, date(2026, 1, 5))
    assert set(found) == {"A", "B"}


def test_draws_of_a_task_do_not_depend_on_the_others() -> None:
    pace = Pace(0.0, 0.2, 0.3)
    alone, _ = task_ends([task("A", 9)], [], 0.0, pace, seed=3, trials=16)
    both, _ = task_ends([task("B", 4), task("A", 9)], [], 0.0, pace, seed=3, trials=16)
    assert alone["A"].tolist() == both["A"].tolist()


def test_a_project_speaks_for_itself_as_far_as_its_record_goes() -> None:
    ratio = np.array([0.5] * 8 + [0.5] + [0.0] * 20)
    project = np.array([0] * 8 + [1] + [2, 3] * 10)
    record = record_of(ratio, np.ones(len(ratio), dtype=bool), project, 5)
    long, short, others, none = record.centre[[0, 1, 2, 4]]
    assert 0.4 < long < 0.5
    assert others < none < short < long
    assert record.doubt[0] < record.doubt[1] < record.doubt[4]


def test_what_is_still_running_pulls_only_where_it_has_outlasted_its_plan() -> None:
    closed = np.zeros(10)
    project = np.arange(11) % 5
    project[10] = 5
    observed = np.array([True] * 10 + [False])
    young = record_of(np.append(closed, -2.0), observed, project, 6)
    old = record_of(np.append(closed, 0.7), observed, project, 6)
    assert abs(young.centre[5]) < 0.05
    assert old.centre[5] > 0.15


def test_without_any_record_plans_are_believed_with_the_doubt_declared() -> None:
    none = np.zeros(0)
    record = record_of(none, none.astype(bool), none.astype(np.int64), 2)
    assert record.centre.tolist() == [0.0, 0.0]
    assert record.doubt[0] == pytest.approx(BETWEEN, rel=0.05)
