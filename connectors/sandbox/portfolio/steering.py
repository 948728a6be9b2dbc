"""What a project's management says: status, colour and cost, with its habits good and bad."""

from __future__ import annotations

from connectors.sandbox.portfolio import parameters, planning
from connectors.sandbox.portfolio.state import ProjectState

DAY_RATE = 560.0
PESSIMISM_DAYS = 60
TEXTS = {
    "green": ("On plan, no help needed.", "Work goes as planned; the next release is on track."),
    "amber": ("Some work takes longer; the team re-plans.", "Scope has grown, we look for what can wait."),
    "red": ("The promised date cannot be kept without cuts.", "Open work grows faster than we finish it."),
}


def begin(state: ProjectState) -> None:
    """Kick-off: the first plan, and nothing to report yet."""
    planning.kick_off(state)
    state.steering.updated_on = state.today
    state.steering.text = "Kick-off done."


def spend(state: ProjectState) -> None:
    """Book the day's cost: the team costs money even in a slow week."""
    month = (state.today.year, state.today.month)
    level = 0.55 + 0.3 * min(state.activity, 1.8)
    state.spent[month] = state.spent.get(month, 0.0) + DAY_RATE * team_size(state) * level


def team_size(state: ProjectState) -> float:
    """Full-time equivalents the plan pays for: people share their time between projects."""
    return max(1.5, min(len(state.plan.team.members), state.plan.rate * 5.5))


def report(state: ProjectState) -> None:
    """Every second Friday, management says where the project stands."""
    steering, habits = state.steering, state.plan.habits
    day = state.day - state.plan.starts
    if day < 28 or day // 7 % 2 or state.today.weekday() != 4:
        return
    if "stale" in habits and (state.progress > 0.45 or day > 280):
        return
    finish = planning.reckon(state)
    if "optimist" not in habits and planning.may_replan(state, finish):
        planning.replan(state, finish)
    steering.rag = claim(state, (finish - (steering.promised_on or state.today)).days)
    steering.text = TEXTS[steering.rag][day // 14 % 2]
    steering.updated_on = state.today


def claim(state: ProjectState, late_days: int) -> str:
    """The colour told: the guide's, by a manager's own judgement; some only know one colour, some fear the worst."""
    q = parameters.planning()
    if "optimist" in state.plan.habits:
        return "green"
    lean = planning.dice(state, "lean").gauss(q.judgement_mean_days, q.judgement_sigma_days)
    if state.progress < 0.2:
        late_days //= 2  # too early to be alarmed
    fear = PESSIMISM_DAYS if "pessimist" in state.plan.habits else 0
    return colour(late_days + round(lean) + fear)


def colour(late_days: int) -> str:
    """The colour the PMO's guide asks for."""
    if late_days <= 14:
        return "green"
    return "amber" if late_days <= 45 else "red"
