"""Rules and forecasts computed in a process of their own: the same answers, and nothing lost when it dies."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime

import pandas as pd
import pytest

from expectations import catalog
from expectations.runner import evaluate
from pipelines.resources.worker import beside, here


def process_id() -> int:
    return os.getpid()


def killed_unless(process: int) -> int:
    if os.getpid() != process:
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def refuse(text: str) -> None:
    raise catalog.CatalogError(text, "Mend it.")


def test_work_is_done_in_another_process_and_a_dead_worker_costs_nothing_but_time() -> None:
    ours = os.getpid()
    assert here(process_id) == ours
    with beside(()) as compute:
        assert compute(process_id) != ours
        assert compute(killed_unless, ours) == ours
        assert compute(process_id) == ours


def test_an_error_is_met_by_whoever_asked() -> None:
    with beside(()) as compute, pytest.raises(catalog.CatalogError) as caught:
        compute(refuse, "projects.yml is wrong.")
    assert caught.value.remedy == "Mend it."


def test_rules_are_judged_there_as_they_are_here() -> None:
    rules = [rule for rule in catalog.load() if rule.table == "marts.fct_budget_line"]
    columns = set().union(*catalog.columns_by_table(rules).values())
    frame = pd.DataFrame({name: pd.Series([None, "x"], dtype=object) for name in sorted(columns)})
    as_of = datetime(2026, 1, 31, tzinfo=UTC)
    with beside(()) as compute:
        there = compute(evaluate, rules[:1], frame, as_of)
    assert [(r.rule.id, r.is_met, r.failing_keys) for r in there] == [
        (r.rule.id, r.is_met, r.failing_keys) for r in evaluate(rules[:1], frame, as_of)
    ]
