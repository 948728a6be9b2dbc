"""Which people to move between teams: a mixed-integer programme over what each team loses or gains, solved by HiGHS.

What a team's projects slip with some people more or less is taken from the simulation, team by team; the programme
chooses one number a team so that nobody is invented, few move, and most days are saved. It is exact but for what teams
do to each other by way of dependencies, so its gain is told beside what the simulation of the whole plan, on draws that
the programme has not seen, makes of it. Skills, places and wishes it does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from models.portfolio.actions import Action, Bench

MOST_MOVES = 3  # people in one plan: more than that is a reorganisation
MOST_PER_TEAM = 2


@dataclass(frozen=True)
class Plan:
    """People by team (those who leave below 0), and how good it is known to be."""

    changes: Mapping[str, int]
    planned_days: float  # saved, by the programme
    bound_days: float  # no plan saves more, by the programme
    gap: float  # relative distance between the two

    @property
    def actions(self) -> list[Action]:
        return [Action("add_people", team, float(number)) for team, number in sorted(self.changes.items())]

    def moves(self) -> list[tuple[str, str]]:
        """From which team to which, one person each."""
        givers = [team for team, number in sorted(self.changes.items()) for _ in range(-number)]
        takers = [team for team, number in sorted(self.changes.items()) for _ in range(number)]
        return list(zip(givers, takers, strict=True))


def best_plan(
    bench: Bench, sizes: Mapping[str, float], bound: frozenset[str] = frozenset(), most_moves: int = MOST_MOVES
) -> Plan:
    """`sizes`: people of each team, of whom half may go; teams in `bound` give nobody."""
    choices = [
        (team, number)
        for team in sorted(sizes)
        for number in range(0 if team in bound else -min(MOST_PER_TEAM, int(sizes[team]) // 2), MOST_PER_TEAM + 1)
    ]
    if len({team for team, _ in choices}) < 2:
        return Plan({}, 0.0, 0.0, 0.0)
    saved = np.array([_saved(bench, team, number) for team, number in choices])
    names = sorted(sizes)
    one_each = np.array([[team == name for team, _ in choices] for name in names], dtype=np.float64)
    numbers = np.array([number for _, number in choices], dtype=np.float64)
    found = milp(
        -saved,
        integrality=np.ones(len(choices)),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(one_each, 1, 1),
            LinearConstraint(numbers[None, :], 0, 0),
            LinearConstraint(np.maximum(numbers, 0)[None, :], 0, most_moves),
        ],
        options={"mip_rel_gap": 0.0},
    )
    taken = [choice for choice, is_taken in zip(choices, found.x > 0.5, strict=True) if is_taken]
    return Plan(
        {team: number for team, number in taken if number},
        -float(found.fun),
        -float(found.mip_dual_bound),
        float(found.mip_gap),
    )


def _saved(bench: Bench, team: str, number: int) -> float:
    """Of a team that works on nothing simulated nothing changes."""
    places = bench.network.place_of
    works = any(one == team and project in places for one, project in bench.network.staffing.given)
    if not number or not works:
        return 0.0
    return bench.saving([Action("add_people", team, float(number))]).days
