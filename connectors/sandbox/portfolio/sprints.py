"""The rhythm of sprints and releases: planning, review, carry-over, and versions that slip to the next."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from connectors.sandbox.portfolio import changes, flow
from connectors.sandbox.portfolio.state import ProjectState
from connectors.sandbox.world import Sprint, Version

GOALS = (
    "A first end-to-end path",
    "Close open findings",
    "Ready for the pilot",
    "Fewer manual steps",
    "Stable nightly run",
)


def step(state: ProjectState) -> None:
    """Close and start sprints on their Mondays, accept in batches on review and release Fridays."""
    if state.board.type == "scrum":
        if state.day >= state.sprint_closes:
            turn(state)
        if state.sprint_closes - state.day <= 3 and state.today.weekday() == 4:
            flow.accept_batch(state)
    if is_release_day(state):
        flow.accept_batch(state)
        release(state)


def is_release_day(state: ProjectState) -> bool:
    """The Thursday of the last week of each release cycle."""
    week = (state.day - state.plan.starts) // 7
    return state.today.weekday() == 3 and week % state.plan.release_weeks == state.plan.release_weeks - 1


def turn(state: ProjectState) -> None:
    """End the running sprint and start the next one, with a plan drawn from what was done lately."""
    world, plan = state.world, state.plan
    unfinished: list[int] = []
    if state.active_sprint is not None:
        ending = world.sprints[state.active_sprint]
        ending.state, ending.completed_at = "closed", state.now()
        unfinished = [one for one in open_ids(state) if ending.id in state.issue(one).sprint_ids]
    if not open_ids(state):
        state.active_sprint, state.sprint_closes = None, state.day + 7
        return
    begins = state.next_sprint if state.next_sprint is not None else _new_sprint(state, state.day)
    sprint = world.sprints[begins]
    state.active_sprint = begins
    for issue_id in unfinished:
        _put(state, issue_id, begins)
    fill(state, begins, len(unfinished))
    sprint.state, sprint.starts_at = "active", state.now()
    sprint.ends_at = _moment(state, plan.sprint_days)
    state.sprint_closes = _next_monday(state, plan.sprint_days)
    state.next_sprint = _new_sprint(state, state.sprint_closes)


def open_ids(state: ProjectState) -> list[int]:
    """Issues not yet done, in a fixed order."""
    return [*state.backlog, *sorted(state.working)]


def fill(state: ProjectState, sprint_id: int, carried: int) -> None:
    """Commit to about as much as the team usually does, and a little more than it can."""
    usual = state.plan.rate * 5 / 7 * state.plan.sprint_days
    wanted = max(2, round(usual * state.rng.uniform(0.9, 1.5))) - carried // 2
    pool = [one for one in state.backlog if sprint_id not in state.issue(one).sprint_ids]
    for _ in range(min(wanted, len(pool))):
        issue_id = flow.candidate(state, pool)
        pool.remove(issue_id)
        _put(state, issue_id, sprint_id)


def _put(state: ProjectState, issue_id: int, sprint_id: int) -> None:
    issue = state.issue(issue_id)
    item = changes.sprint(state.world, issue, [*issue.sprint_ids, sprint_id])
    state.portfolio.journal.write(issue, state.project.lead, state.now(), [item])


def _new_sprint(state: ProjectState, begins: int) -> int:
    state.sprint_number += 1
    sprint_id = state.portfolio.new_id("sprint", 0)
    starts = state.portfolio.start + timedelta(days=begins, hours=state.plan.team.starts_hour + 2)
    ends = starts + timedelta(days=state.plan.sprint_days)
    name = f"{state.plan.key} Sprint {state.sprint_number}"
    goal = GOALS[state.sprint_number % len(GOALS)] if state.rng.random() < 0.8 else ""
    state.world.sprints[sprint_id] = Sprint(sprint_id, state.board.id, name, "future", goal, starts, ends)
    return sprint_id


def _moment(state: ProjectState, days: int) -> datetime:
    return state.portfolio.start + timedelta(days=state.day + days, hours=state.plan.team.starts_hour + 2)


def _next_monday(state: ProjectState, days: int) -> int:
    weekday = state.today.weekday()
    return state.day + days - (weekday if weekday <= 4 else 0)


def plan_versions(state: ProjectState) -> None:
    """Keep two releases ahead on the list."""
    versions = state.project.versions
    while sum(not version.released for version in versions) < 2:
        last: date = versions[-1].releases_on or state.today if versions else state.today
        number = len(versions) + 1
        releases_on = last + timedelta(weeks=max(8, state.plan.release_weeks * 2))
        versions.append(Version(state.portfolio.new_id("version"), f"{state.plan.key} {1 + number // 6}.{number % 6}",
                                last, releases_on, False))  # fmt: skip


def release(state: ProjectState) -> None:
    """Release the version that is due; what it promised and is not done moves to the next."""
    plan_versions(state)
    waiting = [version for version in state.project.versions if not version.released]
    current, following = waiting[0], waiting[1]
    if current.releases_on is None or current.releases_on > state.today:
        return
    if state.rng.random() < 0.25:
        current.releases_on = state.today + timedelta(weeks=state.plan.release_weeks)
        return
    for issue_id in open_ids(state):
        issue = state.issue(issue_id)
        if current.id in issue.version_ids:
            items = [
                changes.version(issue, current.name, current.id, added=False),
                changes.version(issue, following.name, following.id, added=True),
            ]
            state.portfolio.journal.write(issue, state.project.lead, state.now(), items)
    current.released = True
    current.releases_on = state.today
    plan_versions(state)
