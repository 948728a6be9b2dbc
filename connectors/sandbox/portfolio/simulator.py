"""The simulator: a seeded portfolio that moves day by day and can always be moved further.

`Simulator(seed, days=n)` then `advance(m)` gives the same world as `Simulator(seed, days=n + m)`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from connectors.sandbox.portfolio import (
    blocks,
    catalog,
    dressing,
    flow,
    intake,
    names,
    parameters,
    people,
    plan,
    sprints,
    steering,
    turbulence,
)
from connectors.sandbox.portfolio.register import Register, rows
from connectors.sandbox.portfolio.state import Portfolio, ProjectState
from connectors.sandbox.portfolio.truth import Truth
from connectors.sandbox.world import Board, Project, World

START = datetime(2024, 12, 2, tzinfo=UTC)
TRUTH_STEP, TRUTH_LIMIT = 28, 1_400


class Simulator:
    """A portfolio in motion. `world` is what a site shows; `truth` what only the simulator knows.

    `start` is the first simulated day (default 2024-12-02); with the default `days` the present is 2026-06-01.
    """

    def __init__(self, seed: int = 7, start: datetime | None = None, projects: int = 40, scale: float = 1.0,
                 days: int = plan.PRESENT) -> None:  # fmt: skip
        self.seed, self.start, self.projects, self.scale = seed, start or START, projects, scale
        self.day = 0
        self.world = World(self.start, statuses=catalog.statuses(), issue_types=catalog.issue_types())
        self._portfolio = Portfolio(self.world, self.start, parameters.load())
        self._rng = Random(f"{seed}/portfolio")
        self._waiting = sorted(self._lay_out(), key=lambda one: (one.starts, one.index))
        self._states: list[ProjectState] = []
        self._truth: dict[str, Truth] | None = None
        self.advance(days)

    def _lay_out(self) -> list[plan.ProjectPlan]:
        """Plan all projects, among them a few that begin only after the present."""
        programmes = names.PROGRAMMES[: max(1, min(len(names.PROGRAMMES), round(self.projects / 5)))]
        staff, teams = people.form_teams(self._rng, programmes)
        self._teams = teams
        self.world.people = {person.account_id: person for person in staff}
        order = list(range(self.projects))
        self._rng.shuffle(order)
        total = self.projects + max(1, self.projects // 4)
        phases = [plan.phase_of(index, order, self.projects) for index in range(total)]
        habits = plan.deal([phase for phase, _, _ in phases])
        plans = []
        for index, (phase, ages, shares) in enumerate(phases):
            rng = Random(f"{self.seed}/plan/{index}")
            near = [team for team in teams if team.programme == programmes[index % len(programmes)]]
            late_start = plan.PRESENT + 14 + 28 * (index - self.projects)
            plans.append(plan.draw(rng, index, rng.choice(near), phase, rng.randint(*ages), rng.uniform(*shares),
                                   parameters.load(), self.scale, late_start, habits[index]))  # fmt: skip
        return plans

    def advance(self, days: int) -> None:
        """Move virtual time forward."""
        self._live(days)
        dressing.dress(self.world)

    def _live(self, days: int) -> None:
        """Every working day each project takes its steps."""
        for _ in range(days):
            if (self.start + timedelta(days=self.day)).weekday() < 5:
                self._working_day()
            self.day += 1
        self.world.now = self.start + timedelta(days=self.day)
        self._truth = None

    def _working_day(self) -> None:
        while self._waiting and self._waiting[0].starts <= self.day:
            self._states.append(self._begin(self._waiting.pop(0)))
        for state in self._states:
            state.open_day(self.day)
            if state.finished_at is None:
                live(state)
        blocks.depend(self._rng, self._states)
        people.leave(self._rng, self.world, self._teams)
        self._portfolio.journal.close_day()

    def _begin(self, project_plan: plan.ProjectPlan) -> ProjectState:
        project_id = 10_100 + project_plan.index
        team = project_plan.team
        lead = team.members[project_plan.index % len(team.members)]
        description = f"{project_plan.name}, delivered by team {team.name}."
        project = Project(project_id, project_plan.key, project_plan.name, project_plan.programme, lead, description)
        board = Board(100 + project_plan.index, f"{project_plan.key} board", project_id,
                      "kanban" if project_plan.style == "kanban" else "scrum")  # fmt: skip
        self.world.projects[project_id] = project
        self.world.boards[board.id] = board
        rng = Random(f"{self.seed}/project/{project_plan.index}")
        state = ProjectState(project_plan, project, board, rng, self._portfolio)
        state.open_day(self.day)
        steering.begin(state)
        return state

    def register(self) -> Register:
        """The PMO's workbook as rows per sheet."""
        return rows(self._states, self.world.now)

    @property
    def truth(self) -> dict[str, Truth]:
        """Per project key, the true finish and what drove it, found by running a twin ahead."""
        if self._truth is None:
            twin = Simulator(self.seed, self.start, self.projects, self.scale, self.day)
            mine = {state.plan.index for state in self._states}
            waiting = [state for state in twin._states if state.plan.index in mine]
            while twin.day < self.day + TRUTH_LIMIT and any(one.finished_at is None for one in waiting):
                twin._live(TRUTH_STEP)
            self._truth = {one.plan.key: tell(one) for one in waiting}
        return self._truth


def live(state: ProjectState) -> None:
    """One working day of one project."""
    if state.today.weekday() == 0 or not state.numbers:
        flow.new_week(state)
    if not state.project.versions:
        sprints.plan_versions(state)
    intake.arrive(state)
    sprints.step(state)
    flow.run_agenda(state, {"block": blocks.block, "unblock": blocks.unblock})
    flow.pull(state)
    turbulence.stir(state)
    turbulence.tend_epics(state)
    steering.spend(state)
    steering.report(state)
    finish(state)


def finish(state: ProjectState) -> None:
    """A project is over when planning is, nothing is open, and no fault is about to show."""
    soon = any(day <= state.day + 14 and kind in ("bug", "reopen") for day, _, kind, _ in state.agenda)
    if state.open_count or soon or not intake.is_over(state):
        return
    state.finished_at = state.last_done_at
    state.agenda.clear()
    state.steering.rag, state.steering.text, state.steering.updated_on = "green", "Delivered.", state.today
    turbulence.close_epics(state)
    if state.active_sprint is not None:
        sprint = state.world.sprints[state.active_sprint]
        sprint.state, sprint.completed_at = "closed", state.now()


def tell(state: ProjectState) -> Truth:
    """A project's truth from where its twin has got to."""
    planned = (state.portfolio.start + timedelta(days=state.plan.starts, weeks=round(state.plan.planned_weeks))).date()
    added = state.planned_created - state.plan.scope
    drivers = {**state.drivers, "scope_added": max(0, added)}
    return Truth(state.project.id, state.plan.key, planned, state.finished_at, drivers)
