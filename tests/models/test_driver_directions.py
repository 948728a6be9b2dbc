"""What is told as a cause goes with what it is told to cause, on a small simulated portfolio run on to its end.

`benchmarks/driver_truth.py` asks the same of every driver on four portfolios of full size; this guards those whose
direction is clear on one: a sign that is flipped in a model turns its line to "wrong way".
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.slow

sys.path.insert(0, str(Path(__file__).parents[2]))

Verdicts = dict[tuple[str, str, str], str]
CLEAR = [
    ("issue", "time_left", "adding"),
    ("issue", "time_left", "lowering"),
    ("issue", "not_started", "adding"),
    ("sprint", "progress", "adding"),
    ("sprint", "progress", "lowering"),
    ("sprint", "added_scope", "lowering"),
]


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    from benchmarks.driver_cases import cases_of
    from benchmarks.simulated_record import simulate

    return cases_of(simulate(57, looks=6, projects=24))


def verdicts(cases: pd.DataFrame) -> Verdicts:
    from benchmarks.driver_truth import judged

    return {(line["of"], line["driver"], line["told_as"]): line["verdict"] for line in judged(cases)}


def test_what_is_told_to_add_risk_goes_with_more_of_it_and_what_lowers_it_with_less(cases: pd.DataFrame) -> None:
    found = verdicts(cases)
    assert {name: found[name] for name in CLEAR} == dict.fromkeys(CLEAR, "holds")


def test_no_driver_is_told_against_the_truth(cases: pd.DataFrame) -> None:
    assert [name for name, verdict in verdicts(cases).items() if verdict == "wrong way"] == []


def test_a_driver_told_the_other_way_round_is_found_out(cases: pd.DataFrame) -> None:
    turned = cases.assign(drivers=[{name: -effect for name, effect in drivers.items()} for drivers in cases["drivers"]])
    found = verdicts(turned)
    assert {found[of, driver, {"adding": "lowering", "lowering": "adding"}[told]] for of, driver, told in CLEAR} == {
        "wrong way"
    }
