"""How management plans and re-plans: what an honest manager reckons, what is promised, and when the board is asked.

Drawn apart from the world's stream, so that what is planned or said never changes what is done.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from connectors.sandbox.portfolio import parameters
from connectors.sandbox.portfolio.state import Baseline, ProjectState

BOARD = "Portfolio board"
NOMINAL_WEEKS = 13
"""Weeks that the pace a team was planned with counts beside the pace it has shown."""

TAIL_WEEKS = 5
"""What experience adds: the last reviews, releases and faults found late."""

LAST_PLANNED = 0.9
"""Share of the expected duration before which nobody believes that the end has come."""


ALMOST_OVER_WEEKS = 8
"""Nearer to the end a new baseline is not worth a board's meeting."""


def dice(state: ProjectState, what: str) -> Random:
    """A stream for one decision of one project."""
    return Random(f"{state.plan.key}/{state.plan.scope}/{what}")


def reckon(state: ProjectState) -> date:
    """When an honest manager thinks the project ends: open work and work still to be planned, at a sober pace."""
    plan = state.plan
    weeks = max(1.0, (state.day - plan.starts) / 7)
    usual = plan.rate * 5
    pace = max(0.3, (state.done_count + NOMINAL_WEEKS * usual) / max(1.0, weeks - 3 + NOMINAL_WEEKS))
    to_come = 1.25 * max(0, round(plan.scope * (1 + plan.growth)) - state.planned_created)
    left = max((state.open_count + to_come) / pace, LAST_PLANNED * plan.weeks - weeks)
    return state.today + timedelta(weeks=round(min(150.0, left + TAIL_WEEKS)))


def kick_off(state: ProjectState) -> None:
    """Approve the first baseline and promise its finish, or a day near it."""
    plan, steering = state.plan, state.steering
    finish = state.today + timedelta(weeks=round(plan.planned_weeks))
    steering.promised_on = near(state, finish)
    if "no_baseline" not in plan.habits:
        approved = state.today + timedelta(days=10)
        steering.baselines.append(Baseline(1, state.today, finish, approved, BOARD, "First plan"))


def near(state: ProjectState, finish: date) -> date:
    """The day told to stakeholders: mostly the plan's, else some days off, in whole weeks."""
    q, rng = parameters.planning(), dice(state, f"promise/{finish}")
    if rng.random() < q.exact_promises:
        return finish
    return finish + timedelta(weeks=round(rng.gauss(0, q.promise_sigma_days) / 7))


def due_on(state: ProjectState) -> date:
    """What lateness is measured against: the baseline, or the promise where there is none."""
    steering = state.steering
    return steering.baselines[-1].finish_on if steering.baselines else steering.promised_on or state.today


def may_replan(state: ProjectState, finish: date) -> bool:
    """Nobody asks the board often, early, for little, or shortly before the end; once the day has passed it presses."""
    q, begins = parameters.planning(), state.today - timedelta(days=state.day - state.plan.starts)
    due = state.steering.promised_on or state.today
    is_early = (state.today - begins) < 0.4 * (due - begins)
    is_over = (finish - state.today) < timedelta(weeks=ALMOST_OVER_WEEKS)
    late = (finish - due_on(state)).days
    is_little = -q.replan_early_days < late < q.replan_late_days
    if is_early or is_over or is_little or state.drivers["promise_moved"] >= q.most_replans:
        return False
    chance = q.overdue_chance if state.today > due else q.replan_chance
    return dice(state, str(state.today)).random() < chance


def replan(state: ProjectState, finish: date) -> None:
    """Promise a new day: with a new baseline and its reason as the rules ask, or silently."""
    q, steering, rng = parameters.planning(), state.steering, dice(state, f"replan/{state.today}")
    old = steering.promised_on or finish
    weeks = round((finish - state.today).days / 7 * rng.lognormvariate(0, q.replan_sigma))
    most = timedelta(days=int(q.most_moved_days))
    new = min(max(state.today + timedelta(weeks=weeks), old - most), old + most)
    if abs(new - due_on(state)) < timedelta(weeks=2):
        return  # not worth a board's decision after all
    why = reason(state, new > due_on(state))
    steering.promised_on = new
    state.drivers["promise_moved"] += 1
    if "silent" in state.plan.habits or not steering.baselines:
        return
    first, version = steering.baselines[0], len(steering.baselines) + 1
    steering.baselines.append(Baseline(version, first.start_on, new, state.today, BOARD, why))
    steering.promised_on = near(state, new)


def reason(state: ProjectState, is_later: bool) -> str:
    """What the board is told: the plainest cause the manager sees."""
    if not is_later:
        return "Ahead of plan, finish brought forward"
    if state.planned_created > 1.03 * state.plan.scope:
        return "Scope added"
    if state.drivers["dependencies"] >= 4:
        return "Waiting for other projects"
    return "Pace below plan"
