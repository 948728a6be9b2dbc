"""What holds work up and how scope has grown, told by name and only as known on the day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pandas as pd
import pytest

from models.delivery_risk.words import issue_facts
from models.schedule_slip.facts import facts_of, with_facts
from models.schedule_slip.subjects import subjects_of
from models.schedule_slip.waiting import blockers_of, waiting

AS_OF = date(2025, 3, 3)  # eight weeks after the first items
Tables = dict[str, pd.DataFrame]


def link(before: str, after: str, recorded: str = "2025-02-01") -> dict[str, Any]:
    return {"predecessor_issue_id": before, "successor_issue_id": after, "recorded_at": pd.Timestamp(recorded)}


def baseline(version: int, approved: str, recorded: str | None = None) -> dict[str, Any]:
    days = {"baseline_start_on": pd.NaT, "baseline_finish_on": date(2025, 6, 1), "approved_on": pd.Timestamp(approved)}
    return {"project_id": "s:A", "baseline_version": version, "recorded_at": pd.Timestamp(recorded or approved)} | days


@pytest.fixture
def two(build: Callable[..., Tables]) -> Tables:
    """A: ten items from the first day, two more after thirty days, one of the ten done; B: two items."""
    tables = build({"A": [(0, 20), *[(0, None)] * 9, (30, None), (30, None)], "B": [(0, None), (1, None)]}, AS_OF)
    tables["dim_project"]["baseline_on"] = date(2025, 6, 1)
    return tables


def facts(tables: Tables, as_of: date = AS_OF) -> dict[str, dict[str, Any]]:
    return {one["driver"]: one for one in facts_of(tables, subjects_of(tables, as_of))["s:A"]}


def waits(tables: Tables, day: str = "2025-03-03") -> dict[str, str]:
    number = int(pd.Timestamp(day).value // 86_400_000_000_000)
    return blockers_of(waiting(tables, {"s:A": number, "s:B": number}))


def test_scope_is_told_against_the_newest_baseline_on_record_that_day(two: Tables) -> None:
    two["fct_baseline"] = pd.DataFrame(
        [baseline(1, "2025-01-20"), baseline(2, "2025-02-20", "2025-03-20"), baseline(3, "2025-04-01")]
    )
    told = facts(two)["scope_since_baseline"]
    assert told["text"] == "scope +20 % since the baseline of 20 Jan 2025: 10 items then, 12 now"
    assert (told["share"], told["effect"]) == (0.2, None)


def test_scope_taken_out_since_the_baseline_is_told_as_less(two: Tables) -> None:
    two["dim_issue"].loc[two["dim_issue"]["issue_id"] == "s:A-0", "is_cancelled"] = True
    two["fct_baseline"] = pd.DataFrame([baseline(1, "2025-01-20")])
    two["dim_issue"] = two["dim_issue"].loc[~two["dim_issue"]["issue_id"].isin(["s:A-10", "s:A-11"])]
    assert facts(two)["scope_since_baseline"]["text"].startswith("scope −10 % since")


def test_scope_that_has_grown_many_times_over_is_told_in_times(build: Callable[..., Tables]) -> None:
    tables = build({"A": [*[(0, None)] * 5, *[(40, None)] * 15]}, AS_OF)
    tables["dim_project"]["baseline_on"] = date(2025, 6, 1)
    tables["fct_baseline"] = pd.DataFrame([baseline(1, "2025-01-20")])
    assert facts(tables)["scope_since_baseline"]["text"] == (
        "scope 4 times that of the baseline of 20 Jan 2025: 5 items then, 20 now"
    )


@pytest.mark.parametrize("approved", [None, "2025-02-28"])
def test_without_a_baseline_or_without_a_change_nothing_is_told_of_scope(two: Tables, approved: str | None) -> None:
    if approved:
        two["fct_baseline"] = pd.DataFrame([baseline(1, approved)])
    assert facts(two) == {}


def test_a_blocker_is_named_while_both_ends_are_open_and_the_link_is_on_record(two: Tables) -> None:
    two["dim_issue"].loc[two["dim_issue"]["issue_id"] == "s:B-0", "summary"] = "Sign the contract"
    two["fct_dependency"] = pd.DataFrame(
        [
            link("s:B-1", "s:A-1"),
            link("s:B-0", "s:A-1"),
            link("s:B-0", "s:A-2", "2025-03-04"),  # recorded after the day
            link("s:A-0", "s:A-3"),  # the blocker is done
            link("s:B-0", "s:A-0"),  # what waits is done
            link("s:X-9", "s:A-4"),  # not ours to see
        ]
    )
    assert waits(two) == {"s:A-1": "B-0 (Sign the contract) and 1 more"}
    assert waits(two, "2025-01-20") == {}


def test_what_is_done_after_the_day_still_holds_up_on_the_day(two: Tables) -> None:
    two["fct_dependency"] = pd.DataFrame([link("s:A-0", "s:A-3", "2025-01-10")])
    assert waits(two, "2025-01-20") == {"s:A-3": "A-0 (x)"}


def test_a_project_tells_for_whose_work_it_waits_and_not_what_waits_within(two: Tables) -> None:
    two["fct_dependency"] = pd.DataFrame([link("s:B-0", "s:A-1"), link("s:A-2", "s:A-3"), link("s:B-0", "s:A-4")])
    told = facts(two)["waits_for"]
    assert told["text"] == "2 open items wait for other projects: A-1 for B-0 (x)"
    assert (told["share"], told["effect"]) == (round(2 / 11, 3), None)


def test_what_waits_counts_as_scope_does_and_what_is_in_a_project_that_is_gone_holds_up_nobody(two: Tables) -> None:
    issues = two["dim_issue"]
    two["fct_dependency"] = pd.DataFrame([link("s:B-0", "s:A-1"), link("s:B-0", "s:A-2")])
    issues.loc[issues["issue_id"] == "s:A-2", "is_leaf"] = False
    assert facts(two)["waits_for"]["text"].startswith("1 open item waits for other projects")
    number = int(pd.Timestamp(AS_OF).value // 86_400_000_000_000)
    assert waiting(two, {"s:A": number}).empty


def test_a_baseline_that_says_not_since_when_it_counts_takes_the_place_of_older_ones(two: Tables) -> None:
    second = baseline(2, "2025-02-20") | {"approved_on": pd.NaT}
    two["fct_baseline"] = pd.DataFrame([baseline(1, "2025-01-20"), second])
    assert facts(two) == {}


def test_a_new_fact_changes_the_hash_of_its_project_alone(two: Tables) -> None:
    plain = with_facts(two, subjects_of(two, AS_OF))
    two["fct_dependency"] = pd.DataFrame([link("s:B-0", "s:A-1")])
    told = with_facts(two, subjects_of(two, AS_OF))
    assert [one.rows_hash == was.rows_hash for one, was in zip(told, plain, strict=True)] == [False, True]
    assert json.loads(told[0].drivers)[0]["driver"] == "waits_for"
    assert told[1].drivers == "[]"


STATE = {"is_blocked": 1, "days_blocked": 9, "waits_for": "ABC-12 (Sign the contract)"}


def test_a_blocked_issue_says_for_how_long_and_what_it_waits_for() -> None:
    (told,) = issue_facts(STATE, [])
    assert told == {
        "driver": "is_blocked",
        "effect": None,
        "text": "blocked for 9 days, waiting for ABC-12 (Sign the contract)",
    }
    assert issue_facts(STATE, [{"driver": "is_blocked", "effect": 0.4}]) == []


def test_what_waits_without_a_flag_is_told_without_a_direction() -> None:
    (told,) = issue_facts({**STATE, "is_blocked": 0}, [])
    assert told == {"driver": "waits_for", "effect": None, "text": "waits for ABC-12 (Sign the contract)"}
    assert issue_facts({**STATE, "is_blocked": 0, "waits_for": ""}, []) == []
