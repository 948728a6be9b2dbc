"""What is told as a cause goes with what it is told to cause, on a small simulated portfolio run on to its end.

`benchmarks/driver_truth.py` asks the same of every driver on four portfolios of full size; this guards those whose
direction is clear on one: a sign that is flipped in a model turns its line to "wrong way".
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

sys.path.insert(0, str(Path(__file__).parents[2]))

Lines = dict[tuple[str, str, str], dict[str, Any]]
CLEAR = [
    ("issue", "time_left", "adding"),
    ("issue", "time_left", "lowering"),
    ("issue", "not_started", "adding"),
    ("issue", "in_work", "lowering"),
    ("cost", "cost_efficiency", "lowering"),
    ("cost_against_cpi", "past_estimates", "adding"),
]
OTHER_WAY = {"adding": "lowering", "lowering": "adding"}


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    from benchmarks.driver_cases import cases_of
    from benchmarks.simulated_record import simulate

    return cases_of(simulate(57, looks=6, projects=24))


def lines(cases: pd.DataFrame) -> Lines:
    from benchmarks.driver_truth import judged

    return {(line["of"], line["driver"], line["told_as"]): line for line in judged(cases)}


def test_what_is_told_to_add_risk_goes_with_more_of_it_and_what_lowers_it_with_less(cases: pd.DataFrame) -> None:
    found = lines(cases)
    assert {name: found[name]["verdict"] for name in CLEAR} == dict.fromkeys(CLEAR, "holds")


def test_sprints_told_to_be_behind_fall_short_more_often_and_those_that_take_work_in_less(cases: pd.DataFrame) -> None:
    """A hundred sprints are too few for an interval, not for a sign."""
    found = lines(cases)
    assert found["sprint", "progress", "adding"]["difference"] > 0.03
    assert found["sprint", "progress", "lowering"]["difference"] < -0.03
    assert found["sprint", "added_scope", "lowering"]["difference"] < -0.03


def test_blocked_work_truly_takes_longer(cases: pd.DataFrame) -> None:
    assert lines(cases)["in_work", "is_blocked", "adding"]["verdict"] == "holds"


def test_no_driver_is_told_against_the_truth(cases: pd.DataFrame) -> None:
    assert [name for name, line in lines(cases).items() if line["verdict"] == "wrong way"] == []


def test_a_driver_told_the_other_way_round_is_found_out(cases: pd.DataFrame) -> None:
    turned = [{name: -effect for name, effect in drivers.items()} for drivers in cases["drivers"]]
    found = lines(cases.assign(drivers=turned))
    assert {found[of, driver, OTHER_WAY[told]]["verdict"] for of, driver, told in CLEAR} == {"wrong way"}
