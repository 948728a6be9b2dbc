"""Plans as an executive would believe them: about half are missed, most by little, and claims are mostly honest."""

from __future__ import annotations

from dataclasses import fields
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from connectors.sandbox.portfolio import hindsight, parameters, plan, planning
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.world import World
from tests.fixtures.yaml_files import read_yaml

pytestmark = pytest.mark.slow

SEEDS = (1, 2)
PLANNING: dict[str, Any] = read_yaml(parameters.PATH)["planning"]


@pytest.fixture(scope="module")
def simulators() -> list[Simulator]:
    return [Simulator(seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def verdicts(simulators: list[Simulator]) -> list[hindsight.Verdict]:
    return [verdict for simulator in simulators for verdict in hindsight.verdicts(simulator)]


@pytest.mark.parametrize("measure", PLANNING["measures"])
def test_plans_and_claims_lie_within_the_recorded_bands(verdicts: list[hindsight.Verdict], measure: str) -> None:
    band = PLANNING["measures"][measure]
    assert band["low"] <= hindsight.shares(verdicts)[measure] <= band["high"]


def test_enough_projects_can_be_judged(verdicts: list[hindsight.Verdict]) -> None:
    assert len(verdicts) >= 25 * len(SEEDS)


def test_a_few_are_disasters_and_a_few_are_far_ahead(verdicts: list[hindsight.Verdict]) -> None:
    slips = sorted(verdict.slip_days for verdict in verdicts)
    assert 1 <= sum(slip > 180 for slip in slips) <= 0.15 * len(slips)
    assert slips[0] < -60


def test_finished_projects_were_early_and_late(simulators: list[Simulator]) -> None:
    slips = []
    for simulator in simulators:
        due = {row["project_key"]: row["finish_on"] for row in simulator.register()["Baselines"]}
        for key, truth in simulator.truth.items():
            if key in due and truth.finished_at and truth.finished_at <= simulator.world.now:
                slips.append((truth.finished_at.date() - due[key]).days)  # type: ignore[operator]
    assert min(slips) < 0 < max(slips)


def test_a_new_baseline_names_its_reason_and_moves_the_finish(simulators: list[Simulator]) -> None:
    reasons = set()
    for simulator in simulators:
        rows = simulator.register()["Baselines"]
        for before, row in pairwise(rows):
            if row["project_key"] == before["project_key"]:
                assert row["finish_on"] != before["finish_on"]
                assert str(row["approved_on"]) > str(before["approved_on"])
                reasons.add(row["reason"])
    assert {"Scope added", "Pace below plan"} <= reasons


def test_what_is_planned_and_said_changes_nothing_that_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    def world() -> World:
        return Simulator(3, projects=8, scale=0.4, days=420).world

    before = world()
    monkeypatch.setattr(plan, "estimate", lambda *_: 12.0)
    monkeypatch.setattr(planning, "may_replan", lambda *_: False)
    assert world() == before


def test_an_estimate_knows_scope_and_pace_but_not_the_outcome() -> None:
    nominal = sorted(plan.estimate(Random(number), 70.0, 0.2, is_optimist=False) for number in range(400))
    hopeful = sorted(plan.estimate(Random(number), 70.0, 0.2, is_optimist=True) for number in range(400))
    assert 65 < nominal[200] < 85
    assert nominal[360] - nominal[40] > 10
    assert hopeful[200] < 0.9 * nominal[200]


def test_every_planning_parameter_names_the_measure_it_answers_to() -> None:
    entries = PLANNING["parameters"]
    assert set(entries) == {one.name for one in fields(parameters.Planning)}
    assert {entry["measure"] for entry in entries.values()} <= set(PLANNING["measures"])
    assert {"compared_with", "compared_on", "checked_with"} <= set(PLANNING)


def test_the_recorded_figures_lie_within_their_bands() -> None:
    for name, band in PLANNING["measures"].items():
        assert band["low"] <= band["set"] <= band["high"], name
        assert band["low"] <= band["checked"] <= band["high"], name
