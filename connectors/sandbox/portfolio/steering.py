"""What a project's management says: status, colour, promise and baseline, with its habits good and bad."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from connectors.sandbox.portfolio.state import Baseline, ProjectState

DAY_RATE = 560.0
MOST_MOVES = 2
TEXTS = {
    "green": ("On plan, no help needed.", "Work goes as planned; the next release is on track."),
    "amber": ("Some work takes longer; the team re-plans.", "Scope has grown, we look for what can wait."),
    "red": ("The promised date cannot be kept without cuts.", "Open work grows faster than we finish it."),
}


def begin(state: ProjectState) -> None:
    """Approve the first baseline and promise its finish."""
    plan = state.plan
    finish = state.today + timedelta(weeks=round(plan.planned_weeks))
    state.steering.promised_on = finish
    state.steering.updated_on = state.today
    state.steering.text = "Kick-off done."
    if "no_baseline" not in plan.habits:
        approved = state.today + timedelta(days=10)
        first = Baseline(1, state.today, finish, approved, "Portfolio board", "First plan")
        state.steering.baselines.append(first)


def spend(state: ProjectState) -> None:
    """Book the day's cost: the team costs money even in a slow week."""
    month = (state.today.year, state.today.month)
    level = 0.55 + 0.3 * min(state.activity, 1.8)
    state.spent[month] = state.spent.get(month, 0.0) + DAY_RATE * team_size(state) * level


def team_size(state: ProjectState) -> float:
    """Full-time equivalents the plan pays for: people share their time between projects."""
    return max(1.5, min(len(state.plan.team.members), state.plan.rate * 5.5))


def expected_finish(state: ProjectState) -> date:
    """The rough reckoning of an honest manager: open work at the average pace, plus what is still to be planned."""
    plan = state.plan
    weeks = max(1.0, (state.day - plan.starts) / 7)
    pace = max(state.done_count / max(1.0, weeks - 3), 0.3)
    to_come = 1.25 * max(0, round(plan.scope * (1 + plan.growth)) - state.planned_created)
    return state.today + timedelta(weeks=round(min(150.0, (state.open_count + to_come) / pace)))


def report(state: ProjectState) -> None:
    """Every second Friday, management says where the project stands."""
    steering, habits = state.steering, state.plan.habits
    day = state.day - state.plan.starts
    if day < 28 or day // 7 % 2 or state.today.weekday() != 4:
        return
    if "stale" in habits and (state.progress > 0.45 or day > 280):
        return
    late = (expected_finish(state) - (steering.promised_on or state.today)).days
    if state.progress < 0.35:
        late //= 3  # too early to be alarmed
    steering.rag = "green" if "optimist" in habits else colour(late)
    steering.text = TEXTS[steering.rag][day // 14 % 2]
    steering.updated_on = state.today
    is_too_late = late > (20 if "silent" in habits else 50) and state.progress > 0.45
    if is_too_late and "optimist" not in habits and _dares(state):
        move_promise(state, expected_finish(state))


def _dares(state: ProjectState) -> bool:
    """Nobody moves a promise often; drawn apart, so that what is said never changes what is done."""
    chance = 0.8 if "silent" in state.plan.habits else 0.3
    dice = Random(f"{state.plan.key}/{state.plan.scope}/{state.today}").random()
    return state.drivers["promise_moved"] < MOST_MOVES and dice < chance


def colour(late_days: int) -> str:
    """The colour the PMO's guide asks for."""
    if late_days <= 14:
        return "green"
    return "amber" if late_days <= 45 else "red"


def move_promise(state: ProjectState, finish: date) -> None:
    """Promise a new date: with a new baseline as the rules ask, or silently."""
    steering = state.steering
    finish = min(finish, (steering.promised_on or finish) + timedelta(days=120))
    steering.promised_on = finish
    state.drivers["promise_moved"] += 1
    if "silent" in state.plan.habits or not steering.baselines:
        return
    reason = "Scope added" if state.plan.growth > 0.2 else "Pace below plan"
    first = steering.baselines[0]
    new = Baseline(len(steering.baselines) + 1, first.start_on, finish, state.today, "Portfolio board", reason)
    steering.baselines.append(new)
