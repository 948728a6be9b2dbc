"""What would help: savings that can be worked out, and a plan that no other plan beats."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from models.portfolio.actions import Action, Bench
from models.portfolio.allocation import best_plan
from models.portfolio.network import Network, Package, Project, Relation, Staffing, build
from models.portfolio.sampling import Draws, Sample
from tests.models.portfolio.test_network_by_hand import CHAIN, PROJECTS, TRIALS


@pytest.fixture
def bench() -> Bench:
    """The network worked out by hand: 3, 19, 83 and 85 days late in its four trials."""
    network = build(PROJECTS, *CHAIN)
    place = np.array([[one.span[0]] * 4 for one in network.packages], dtype=np.float32)
    return Bench(network, Sample(np.array(TRIALS, dtype=np.float32), place))


# Without b1-c1 C ends on 25, in time: 2, 10, 22 and 23 days are saved.
# With A's a1 done first (it takes 4, 4, 8, 8 days) b1 begins on 18, 27, 18, 27: B ends on 20, 30, 20, 30, which saves
# 1, 0, 21, 13; c1 begins 5 later than that, on 25, 35, 25, 35: C ends on 30, 40, 30, 40, which saves 2, 0, 22, 13.
# With half of A's scope A takes 20, 20, 40, 40, which saves 0, 0, 40, 40. a1 ends on 10, 10, 20, 20, so that B ends on
# 20, 30, 22, 30: 1, 0, 20, 13; and C on 30, 40, 32, 40: 2, 0, 20, 13.
@pytest.mark.parametrize(
    ("action", "saved"),
    [
        (Action("drop_dependency", "bc"), [2, 10, 22, 23]),
        (Action("start_earlier", "ab"), [3, 0, 43, 26]),
        (Action("cut_scope", "s:A", 0.5), [3, 0, 80, 66]),
        (Action("move_promise", "s:A", 30.0), [0, 0, 30, 30]),
    ],
)
def test_savings_are_those_worked_out_by_hand(bench: Bench, action: Action, saved: list[int]) -> None:
    found = bench.saving([action])
    assert bench.slip == pytest.approx((3 + 19 + 83 + 85) / 4)
    assert found.days == pytest.approx(sum(saved) / 4)
    ordered = sorted(saved)
    assert found.spread.tolist() == pytest.approx([ordered[0], ordered[1], ordered[3], ordered[3]], abs=1e-4)
    assert found.low <= found.days <= found.high


# A team of 2 people, both on A: one more is worth a half, so A takes 40 / 1.25 = 32 or 64 days instead of 40 or 80, and
# is late (due on 40) by 24 days instead of 40 in half of the trials: 8 days on average. One less: 80 or 160, late by 40
# or 120, so 60 days more on average.
@pytest.mark.parametrize(("people", "saved"), [(1.0, 8.0), (-1.0, -60.0)])
def test_people_speed_work_up_by_half_of_their_time_and_are_missed_in_full(people: float, saved: float) -> None:
    project = Project("s:A", (1.0, 1.0, 1.0, 1.0), due=40.0)
    network = build([project], staffing=Staffing({("t", "s:A"): 2.0}, {"t": 2.0}))
    days = np.array([[40.0, 80.0]], dtype=np.float32)
    assert Bench(network, Sample(days, days[:0])).saving([Action("add_people", "t", people)]).days == saved


def random_portfolio(seed: int) -> Network:
    """Two projects a team; those of the last are in no hurry."""
    rng = np.random.default_rng(seed)
    projects = [
        Project(f"p{number}", (40.0, 60.0 + 10 * number, 90.0 + 10 * number, 150.0 + 10 * number),
                due=400.0 if number % 4 == 3 else float(rng.uniform(30, 120)), team=f"t{number % 4}")
        for number in range(8)
    ]  # fmt: skip
    given = {(f"t{number % 4}", f"p{number}"): float(rng.uniform(1, 3)) for number in range(8)}
    packages = [Package("a", "p0", 0.1), Package("b", "p1", 0.1)]
    return build(projects, packages, [Relation("ab", "a", "b")], Staffing(given, {f"t{n}": 5.0 for n in range(4)}))


def test_no_other_plan_saves_more_and_the_gap_is_closed() -> None:
    network = random_portfolio(5)
    bench = Bench(network, Draws(network, 3).take(400))
    teams = sorted(network.staffing.size)
    plan = best_plan(bench, network.staffing.size)
    single = {
        (team, n): bench.saving([Action("add_people", team, float(n))]).days for team in teams for n in range(-2, 3)
    }
    allowed = [
        numbers for numbers in itertools.product(range(-2, 3), repeat=4)
        if sum(numbers) == 0 and sum(n for n in numbers if n > 0) <= 3
    ]  # fmt: skip
    best = max(sum(single[team, n] for team, n in zip(teams, numbers, strict=True)) for numbers in allowed)
    assert plan.planned_days == pytest.approx(best, abs=1e-3)
    assert best > 1.0  # there is something to choose
    assert plan.gap == pytest.approx(0.0, abs=1e-6)
    assert plan.bound_days == pytest.approx(plan.planned_days, abs=1e-3)
    assert len(plan.moves()) == sum(n for n in plan.changes.values() if n > 0) <= 3


def test_common_draws_tell_a_difference_that_separate_ones_drown() -> None:
    network = random_portfolio(5)
    one = Bench(network, Draws(network, 3).take(400))
    saved = one.saving([Action("cut_scope", "p2", 0.05)])
    assert 0 < saved.low < saved.days < saved.high
    apart = [Bench(network, Draws(network, seed).take(400)).slip for seed in range(10, 20)]
    assert float(np.std(apart)) > 2 * (saved.high - saved.low) / (2 * 1.96)
