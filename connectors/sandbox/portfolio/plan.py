"""What is decided about a project before it begins: size, pace, plan, style and the habits of its management."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from connectors.sandbox.portfolio import names
from connectors.sandbox.portfolio.parameters import Parameters, planning
from connectors.sandbox.portfolio.people import Team

PRESENT = 546
"""The day, counted from the start, for which ages and phases are laid out (78 weeks)."""

# (how many of 40, age in weeks at the present, share of the expected duration used up by then)
PHASES: tuple[tuple[str, int, tuple[int, int], tuple[float, float]], ...] = (
    ("finished", 7, (56, 77), (1.1, 1.45)),
    ("closing", 13, (52, 77), (0.84, 0.97)),
    ("midway", 11, (44, 74), (0.56, 0.8)),
    ("early", 6, (15, 30), (0.25, 0.42)),
    ("young", 3, (1, 4), (0.02, 0.05)),
)
MOST_A_WEEK = 8
"""Issues that even a large team completes in a week, on average."""

REWORK = 1.17
"""Sub-tasks, obstacles and reopened issues come on top of the plan: about a sixth."""

HABITS = (
    ("optimist", "midway"), ("optimist", "closing"), ("optimist", "midway"), ("silent", "closing"),
    ("silent", "midway"), ("stale", "midway"), ("stale", "closing"), ("no_sponsor", "midway"),
    ("no_sponsor", "early"), ("no_baseline", "midway"), ("no_baseline", "finished"), ("no_objective", "midway"),
    ("no_budget", "closing"), ("no_owner", "closing"), ("neglected_risks", "midway"), ("pessimist", "midway"),
    ("pessimist", "closing"),
)  # fmt: skip
"""What a project's management does badly, and in which phase such a project stands at the present."""


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    index: int
    key: str
    name: str
    programme: str
    team: Team
    style: str  # scrum, kanban or gated
    phase: str
    starts: int  # day of the simulation
    weeks: float  # how long it is going to take, about
    outline_weeks: float  # the team's first outline, from which epics take their due dates
    planned_weeks: float  # what the first approved plan says
    scope: int  # leaf issues the plan foresees
    growth: float  # share of scope added later
    total: int  # leaf issues to be completed in the end, about
    epics: int
    idle: float  # share of weeks in which hardly anybody works on it
    batch_share: float
    sprint_days: int
    release_weeks: int
    logs_time: bool
    estimates: bool
    habits: frozenset[str]

    @property
    def rate(self) -> float:
        """Issues the team completes on an average working day."""
        return self.total / (self.weeks * 5)


def phase_of(index: int, order: list[int], projects: int) -> tuple[str, tuple[int, int], tuple[float, float]]:
    """The phase of the project that stands `index`th in a shuffled order; later ones start after the present."""
    if index >= projects:
        return "future", (0, 0), (0.0, 0.0)
    position = order[index] * sum(count for _, count, _, _ in PHASES) / projects
    for phase, count, ages, shares in PHASES:
        if position < count:
            return phase, ages, shares
        position -= count
    return PHASES[-1][0], PHASES[-1][2], PHASES[-1][3]


def deal(phases: list[str]) -> list[frozenset[str]]:
    """Give each habit to the first project of its phase that has none yet."""
    dealt: list[frozenset[str]] = [frozenset() for _ in phases]
    for habit, phase in HABITS:
        for index, there in enumerate(phases):
            if there == phase and not dealt[index]:
                dealt[index] = frozenset({habit})
                break
    return dealt


def estimate(dice: Random, weeks: float, growth: float, is_optimist: bool) -> float:
    """Weeks a planner puts down: the scope known at kick-off at the team's pace, an allowance, and an error.

    Of the scope to be added the planner foresees a part; how the work will go nobody knows.
    """
    q = planning()
    hope = dice.uniform(q.hope_low, q.hope_high) if is_optimist else 1.0
    known = weeks / (1 + growth) * (1 + q.growth_foreseen * growth)
    return max(12.0, known * q.allowance * dice.lognormvariate(0, q.estimate_sigma) * hope)


def draw(rng: Random, index: int, team: Team, phase: str, age_weeks: float, share: float, p: Parameters,
         scale: float, late_start: int, habits: frozenset[str]) -> ProjectPlan:  # fmt: skip
    """One project's plan."""
    key, name = names.PROJECTS[index % len(names.PROJECTS)]
    if index >= len(names.PROJECTS):
        key, name = f"{key}{index // len(names.PROJECTS) + 1}", f"{name} {index // len(names.PROJECTS) + 1}"
    weeks = age_weeks / share if share else rng.uniform(40, 70)
    weeks = min(max(weeks, 30.0), 104.0)
    scope = round(p.scope_median * scale * min(3.0, max(0.6, rng.lognormvariate(0, p.scope_sigma))))
    growth = rng.uniform(p.growth_low, p.growth_high)
    scope = min(scope, round(MOST_A_WEEK * max(1.0, scale) * weeks / (1 + growth) / (1 + p.bug_share) / REWORK))
    total = round(scope * (1 + growth) * (1 + p.bug_share) * REWORK)
    pace = total / weeks
    idle = p.idle_large + (p.idle_small - p.idle_large) / (1 + (pace / 2.5) ** 2)
    hopes = rng.uniform(0.65, 0.85) if "optimist" in habits else rng.uniform(0.95, 1.3)
    return ProjectPlan(
        index=index,
        key=key,
        name=name,
        programme=team.programme,
        team=team,
        style=rng.choices(("scrum", "kanban", "gated"), (55, 25, 20))[0],
        phase=phase,
        starts=late_start if phase == "future" else PRESENT - round(age_weeks * 7),
        weeks=weeks,
        outline_weeks=max(12.0, weeks / (1 + growth) * hopes),
        planned_weeks=estimate(Random(f"{key}/{scope}/plan"), weeks, growth, "optimist" in habits),
        scope=scope,
        growth=growth,
        total=total,
        epics=rng.randint(4, 8),
        idle=idle * rng.uniform(0.8, 1.2),
        batch_share=min(0.95, p.batch_share * rng.uniform(0.7, 1.3) + 0.6 / (1 + (pace / 1.5) ** 2)),
        sprint_days=rng.choice((14, 14, 14, 21)),
        release_weeks=rng.choice((4, 6, 8)),
        logs_time=rng.random() < 0.6,
        estimates=rng.random() < 0.8,
        habits=habits,
    )
