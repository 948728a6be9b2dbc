"""The virtual clock: the same seed gives the same world, however it is moved, and nothing happens ahead of time."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.sandbox.portfolio.plan import ProjectPlan
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.portfolio.state import ProjectState
from connectors.sandbox.portfolio.truth import Truth
from connectors.sandbox.world import World


def small(seed: int = 3, days: int = 300) -> Simulator:
    return Simulator(seed, projects=8, scale=0.4, days=days)


@pytest.fixture(scope="module")
def present() -> Simulator:
    return small(days=500)


def test_the_default_present_is_the_first_of_june_2026() -> None:
    assert Simulator(projects=1, scale=0.2).world.now == datetime(2026, 6, 1, tzinfo=UTC)


def test_the_same_seed_gives_the_same_world_and_register() -> None:
    one, two = small(), small()
    assert one.world == two.world
    assert one.register() == two.register()


def test_another_seed_gives_another_world() -> None:
    assert small(3).world != small(4).world


@pytest.mark.parametrize("steps", [(7,), (3, 4), (1,) * 7])
def test_moving_on_equals_simulating_at_once(steps: tuple[int, ...]) -> None:
    moved = small(days=293)
    for days in steps:
        moved.advance(days)
    whole = small(days=300)
    assert moved.world == whole.world
    assert moved.register() == whole.register()


def test_looking_at_truth_changes_nothing() -> None:
    looked, blind = small(days=200), small(days=200)
    assert looked.truth
    looked.advance(14)
    blind.advance(14)
    assert looked.world == blind.world


def test_truth_stays_the_same_as_time_passes() -> None:
    simulator = small(days=250)
    before = {key: truth.finished_at for key, truth in simulator.truth.items()}
    simulator.advance(28)
    after = simulator.truth
    assert {key: after[key].finished_at for key in before} == before


def reachable(value: Any, seen: set[int]) -> list[Any]:
    """Every object one can get to from `value`."""
    if id(value) in seen or isinstance(value, str | int | float | type(None)):
        return []
    seen.add(id(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts: list[Any] = [getattr(value, one.name) for one in dataclasses.fields(value)]
        if isinstance(value, World):
            parts.extend(vars(value).values())
    elif isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set):
        parts = list(value)
    else:
        parts = []
    return [value, *(found for part in parts for found in reachable(part, seen))]


def test_truth_cannot_be_reached_from_the_world() -> None:
    simulator = small(days=200)
    assert simulator.truth
    hidden = (Truth, ProjectState, ProjectPlan, Simulator)
    assert not [found for found in reachable(simulator.world, set()) if isinstance(found, hidden)]


def test_nothing_is_recorded_later_than_now(present: Simulator) -> None:
    world = present.world
    moments = [moment for one in world.issues.values() for moment in (one.created, one.updated, one.resolved)]
    moments += [history.created for one in world.issues.values() for history in one.histories]
    moments += [moment for one in world.worklogs.values() for moment in (one.started, one.created, one.updated)]
    moments += [sprint.completed_at for sprint in world.sprints.values()]
    moments += [sprint.starts_at for sprint in world.sprints.values() if sprint.state != "future"]
    moments += list(world.deleted_worklogs.values())
    assert max(moment for moment in moments if moment) <= world.now


def test_a_week_moves_scope_and_work() -> None:
    simulator = small(days=300)
    before = dict(done=done_count(simulator.world), issues=len(simulator.world.issues))
    simulator.advance(7)
    assert done_count(simulator.world) > before["done"]
    assert len(simulator.world.issues) > before["issues"]


def done_count(world: World) -> int:
    return sum(one.resolved is not None for one in world.issues.values())


def test_projects_begin_after_the_present_so_that_the_portfolio_never_dries_up() -> None:
    simulator = Simulator(projects=4, scale=0.3)
    keys = {project.key for project in simulator.world.projects.values()}
    simulator.advance(60)
    assert len(simulator.world.projects) > len(keys)


def test_a_start_that_is_no_monday_works() -> None:
    simulator = Simulator(5, datetime(2025, 1, 2, tzinfo=UTC), projects=5, scale=0.4, days=200)
    assert simulator.world.now == datetime(2025, 7, 21, tzinfo=UTC)
    assert simulator.world.issues
