"""A network small enough to work out on paper proves the simulation: dates, chains, delays and joint chances."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.portfolio.findings import Findings, study
from models.portfolio.network import Network, Package, Project, Relation, Staffing, build
from models.portfolio.sampling import Sample
from models.portfolio.simulation import Simulator
from models.portfolio.teams import compete, neighbours

EVERY_DAY = None
FLAT = (1.0, 1.0, 1.0, 1.0)  # the tests give the days themselves


def project(name: str, due: float | None = None, calendar: str | None = EVERY_DAY) -> Project:
    return Project(f"s:{name}", FLAT, due=due, calendar=calendar)


def package(name: str, of: str, share: float, place: float) -> Package:
    return Package(name, f"s:{of}", share, (place, place))


def found(network: Network, days: list[list[float]]) -> Findings:
    """One row a project, by id; one column a trial, each as likely as the others."""
    rows = np.array(days, dtype=np.float32)
    place = np.array([[one.span[0]] * rows.shape[1] for one in network.packages], dtype=np.float32)
    simulator = Simulator(network)
    return study(simulator, simulator.run(Sample(rows, place.reshape(-1, rows.shape[1]))))


# Three projects. b1, the last tenth of B, waits for a1, which A ends half way through its time; c1, the last fifth of
# C, waits for b1, with a lag of 5 days.
#   A 40 days: a1 ends on day 20.   B 20 days: b1 takes 2, would begin on day 18, begins on 20, ends on 22.
#   C 25 days: c1 takes 5, would begin on day 20, may begin on 22 + 5 = 27, ends on 32.
# So A ends on 40, B on 22 (2 late by a1), C on 32 (7 later than by itself). The last is A, and only A decides it.
CHAIN = (
    [package("a1", "A", 0.1, 0.5), package("b1", "B", 0.1, 1.0), package("c1", "C", 0.2, 1.0)],
    [Relation("ab", "a1", "b1"), Relation("bc", "b1", "c1", lag=5)],
)
PROJECTS = [project("A", due=40), project("B", due=21), project("C", due=30)]


def test_fixed_days_give_the_dates_worked_out_by_hand() -> None:
    said = found(build(PROJECTS, *CHAIN), [[40.0], [20.0], [25.0]])
    assert said.finish[:, 0].tolist() == [40.0, 22.0, 32.0]
    assert said.received.tolist() == [0.0, 2.0, 7.0]
    assert said.link_wait.tolist() == [2.0, 7.0]  # b1 by 2; c1 begins 7 later than C would come to it
    assert said.link_delay.tolist() == [2.0, 7.0]
    assert (said.total_slip.tolist(), said.late_count.tolist()) == ([1.0 + 2.0], [2])
    # the last finish is A's own; the chain to C's broken promise runs through b1 and a1, so through all three
    assert said.critical.tolist() == [1.0, 0.0, 0.0]
    assert said.promise_critical.tolist() == [1.0, 1.0, 1.0]
    assert said.link_critical.tolist() == [0.0, 0.0]
    assert said.link_promise_critical.tolist() == [1.0, 1.0]


# A takes 40 or 80 days, B 20 or 30, C 25 always: four trials, each with a chance of a quarter.
#   A 40, B 20: as above; B 22 and C 32 are late.
#   A 40, B 30: b1 takes 3, begins on 27, for a1 ends on 20. B ends on 30 (late). c1 may begin on 35: C 40 (late).
#   A 80, B 20: a1 ends on 40, b1 runs from 40 to 42: B 42, c1 from 47 to 52: C 52. All are late, A (due on 40) by 40.
#   A 80, B 30: b1 from 40 to 43; c1 from 48 to 53. B 43, C 53, A 80.
# Days late: 1 + 2; 9 + 10; 40 + 21 + 22; 40 + 22 + 23: 3, 19, 83, 85, on average 47.5. A is late in half of the trials,
# B and C always. With B due on 25 and C on 35 only the first trial keeps all promises: the joint chance is a quarter,
# not P(A) P(B) P(C) = 1/2 x 1/4 x 1/4, for B and C hang on A.
TRIALS = [[40.0, 40.0, 80.0, 80.0], [20.0, 30.0, 20.0, 30.0], [25.0, 25.0, 25.0, 25.0]]


def test_two_point_days_give_the_joint_chance_worked_out_by_hand() -> None:
    said = found(build(PROJECTS, *CHAIN), TRIALS)
    assert said.finish.tolist() == [[40, 40, 80, 80], [22, 30, 42, 43], [32, 40, 52, 53]]
    assert said.total_slip.tolist() == [3.0, 19.0, 83.0, 85.0]
    assert said.late.tolist() == [0.5, 1.0, 1.0]
    kinder = [replace(one, due=due) for one, due in zip(PROJECTS, (40.0, 25.0, 35.0), strict=True)]
    said = found(build(kinder, *CHAIN), TRIALS)
    assert said.late.tolist() == [0.5, 0.75, 0.75]
    assert float((said.late_count == 0).mean()) == 0.25


def test_chains_and_delays_of_two_point_days_are_those_worked_out_by_hand() -> None:
    """Waits of b1 by a1: 2, 0, 22, 13; of c1 by b1: 7, 15, 27, 28. All of them move the finish.

    The second trial ties A and C for the last day, 40, so both are critical there, and B and the link b1-c1 with C.
    """
    said = found(build(PROJECTS, *CHAIN), TRIALS)
    assert said.link_wait.tolist() == [37 / 4, 77 / 4]
    assert said.link_delay.tolist() == [37 / 4, 77 / 4]
    assert said.critical.tolist() == [1.0, 0.25, 0.25]
    assert said.link_critical.tolist() == [0.0, 0.25]
    assert said.link_promise_critical.tolist() == [0.75, 1.0]  # b1 waits in three trials, c1 in all


# B of 20 days has b1, its fifth (4 days, from 10 to 14), and A of 30 days has a1 from day 12 to 18. With a lag of 6:
#   FS: b1 begins on 18 + 6 = 24, ends on 28.       SS: begins on 12 + 6 = 18, ends on 22.
#   FF: ends on 18 + 6 = 24.                        SF: ends on 12 + 6 = 18, which does not delay B's own 20.
@pytest.mark.parametrize(("kind", "finish"), [("FS", 28.0), ("SS", 22.0), ("FF", 24.0), ("SF", 20.0)])
def test_the_relation_decides_which_ends_are_tied(kind: str, finish: float) -> None:
    packages = [package("a1", "A", 0.2, 0.6), package("b1", "B", 0.2, 0.7)]
    network = build([project("A"), project("B")], packages, [Relation("ab", "a1", "b1", kind, 6)])
    assert found(network, [[30.0], [20.0]]).finish[1, 0] == finish


# Day 0 is a Thursday; days 2 and 3 are the weekend. a1 ends with day 2 passed (Friday evening): b1 begins on Monday,
# after 4 days. With a lag of 2 working days it begins on Wednesday, after 6; half a day less where a1 ended so earlier.
@pytest.mark.parametrize(("ends", "lag", "begins"), [(2.0, 0, 4.0), (2.0, 2, 6.0), (1.5, 2, 5.5), (1.5, 0, 1.5)])
def test_lags_are_working_days_of_who_waits(ends: float, lag: int, begins: float) -> None:
    worked = np.array([True, True, False, False, True, True, True] * 60)
    network = build(
        [project("A"), project("B", calendar="c")],
        [package("a1", "A", 0.5, 1.0), package("b1", "B", 1.0, 1.0)],
        [Relation("ab", "a1", "b1", lag=lag)],
        working={"c": worked},
    )
    assert found(network, [[ends], [10.0]]).finish[1, 0] == begins + 10.0


# A and B share a team half and half. A takes 10 or 30 days, B 64 always. Once A is done B may use half of A's half:
# it gains a quarter of the days from A's end to 64, (54 + 34) / 2 / 4 = 11 on average: its own forecast has seen it.
# So where A takes 10 it ends 54 / 4 - 11 = 2.5 days earlier, where A takes 30 2.5 later; A, always first, as by itself.
def test_a_shared_team_passes_on_only_what_was_not_expected() -> None:
    staffing = Staffing({("t", "s:A"): 1.5, ("t", "s:B"): 1.5})
    network = build([project("A"), project("B")], staffing=staffing)
    days = np.array([[10, 30], [64, 64]], dtype=np.float32)
    simulator = Simulator(network, beside=neighbours(network, expected=days))
    said = study(simulator, simulator.run(Sample(days, np.zeros((0, 2), dtype=np.float32))))
    assert said.finish[0].tolist() == [10.0, 30.0]
    assert said.finish[1].tolist() == pytest.approx([61.5, 66.5], abs=0.05)


def test_work_in_a_circle_is_told_and_does_not_wait() -> None:
    packages = [package(name, name[0].upper(), 0.5, 1.0) for name in ("a1", "b1", "c1")]
    circle = [Relation("ab", "a1", "b1"), Relation("ba", "b1", "a1"), Relation("bc", "b1", "c1")]
    network = build([project("A"), project("B"), project("C")], packages, circle)
    assert dict(network.circular) == {"ab": "a1", "ba": "a1"}
    assert [one.relation_id for one in network.relations] == ["bc"]
    assert found(network, [[10.0], [20.0], [8.0]]).finish[:, 0].tolist() == [10.0, 20.0, 24.0]


# b2 waits for b1, and b1, in the middle of B's 20 days, for a1, which ends on 22: b1 runs 22 to 24, b2 24 to 26.
# Without a1 both were done by 20. So this link costs B 6 days, though what it holds up is not what B ends with.
def test_a_wait_that_another_piece_hands_on_within_its_project_counts_in_full() -> None:
    packages = [package("a1", "A", 0.1, 1.0), package("b1", "B", 0.1, 0.5), package("b2", "B", 0.1, 0.8)]
    network = build([project("A"), project("B")], packages, [Relation("ab", "a1", "b1"), Relation("bb", "b1", "b2")])
    said = found(network, [[22.0], [20.0]])
    assert said.finish[1, 0] == 26.0
    assert said.link_delay[0] == 6.0


# More than is timed at once.
def test_a_network_beside_itself_says_of_each_what_it_says_of_one() -> None:
    def copies(count: int) -> Findings:
        projects, packages, relations = [], [], []
        for n in range(count):
            name = {key: f"{key}{n:02d}" for key in "ABC"}
            projects += [replace(one, project_id=f"{one.project_id}{n:02d}") for one in PROJECTS]
            packages += [package(f"{n:02d}{one.package_id}", name[one.project_id[-1]], one.share, one.span[0])
                         for one in CHAIN[0]]  # fmt: skip
            relations += [replace(one, relation_id=f"{n:02d}{one.relation_id}", before=f"{n:02d}{one.before}",
                                  after=f"{n:02d}{one.after}") for one in CHAIN[1]]  # fmt: skip
        return found(build(projects, packages, relations), [row for row in TRIALS for _ in range(count)])

    one, many = copies(1), copies(20)
    assert np.array_equal(many.finish, np.repeat(one.finish, 20, axis=0))
    for name in ("critical", "promise_critical", "late", "late_days", "received"):
        assert np.array_equal(getattr(many, name), np.repeat(getattr(one, name), 20)), name
    for name in ("link_delay", "link_wait", "link_critical", "link_promise_critical"):
        assert np.array_equal(getattr(many, name), np.tile(getattr(one, name), 20)), name
    assert many.late_count.tolist() == (20 * one.late_count).tolist()


# A, B and C share one team, forty others another one: rows of few and of many neighbours lie in one table.
def test_neighbours_count_the_same_whoever_else_shares_teams() -> None:
    given = {("t", f"s:{name}"): 1.0 for name in "ABC"}
    more = {("u", f"s:D{n:02d}"): 1.0 for n in range(40)}
    days, start = np.array([[10.0, 30.0], [64.0, 20.0], [40.0, 90.0]], dtype=np.float32), np.zeros(43, np.float32)
    few = build([project(name) for name in "ABC"], staffing=Staffing(given))
    everyone = [*"ABC", *(f"D{n:02d}" for n in range(40))]
    many = build([project(name) for name in everyone], staffing=Staffing(given | more))
    others = np.full((40, 2), 50.0, dtype=np.float32)
    one = compete(days, start[:3], neighbours(few, expected=days))
    both = np.concatenate([days, others])
    assert np.array_equal(compete(both, start, neighbours(many, expected=both))[:3], one)
    assert not np.array_equal(one, days)
