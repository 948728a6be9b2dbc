"""The small disorder of real trackers: re-estimates, new assignees, moved dates, cancelled and deleted issues."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connectors.sandbox.portfolio import catalog, changes, flow, intake
from connectors.sandbox.portfolio.sprints import open_ids
from connectors.sandbox.portfolio.state import ProjectState
from connectors.sandbox.world import Change, Issue

Turn = Callable[[ProjectState, Issue], list[Change]]


def _reassign(state: ProjectState, issue: Issue) -> list[Change]:
    who = state.member()
    return [] if who == issue.assignee else [changes.assignee(state.world, issue, who)]


def _reprioritise(state: ProjectState, issue: Issue) -> list[Change]:
    name = state.rng.choice(tuple(catalog.PRIORITIES))
    return [] if name == issue.priority else [changes.priority(issue, name)]


def _re_estimate(state: ProjectState, issue: Issue) -> list[Change]:
    if not state.plan.estimates or issue.type_id == catalog.SUB_TASK:
        return []
    value = state.rng.choices(intake.POINTS, intake.POINT_WEIGHTS)[0]
    return [] if value == issue.story_points else [changes.points(issue, value)]


def _move_due_date(state: ProjectState, issue: Issue) -> list[Change]:
    if issue.due_on is None and state.rng.random() < 0.6:
        return []
    base = max(issue.due_on or state.today, state.today)
    return [changes.due(issue, base + timedelta(days=state.rng.choice((7, 14, 21, 30))))]


def _move_to_epic(state: ProjectState, issue: Issue) -> list[Change]:
    if issue.type_id == catalog.SUB_TASK:
        return []
    epic_id = state.rng.choice(state.epics)
    if epic_id == issue.parent_id or state.portfolio.is_done(epic_id):
        return []
    return [changes.parent(state.world, issue, epic_id)]


def _plan_version(state: ProjectState, issue: Issue) -> list[Change]:
    waiting = [version for version in state.project.versions if not version.released]
    if not waiting or issue.version_ids:
        return []
    return [changes.version(issue, waiting[0].name, waiting[0].id, added=True)]


TURNS: tuple[tuple[Turn, int], ...] = (
    (_reassign, 26),
    (_reprioritise, 18),
    (_re_estimate, 18),
    (_move_due_date, 12),
    (_move_to_epic, 10),
    (_plan_version, 16),
)


def stir(state: ProjectState) -> None:
    """Change a few open issues; cancel or delete one now and then."""
    rng = state.rng
    pool = open_ids(state)
    if not pool:
        return
    for _ in range(flow.poisson(state, 0.012 * len(pool))):
        issue = state.issue(rng.choice(pool))
        turn = rng.choices([one for one, _ in TURNS], [weight for _, weight in TURNS])[0]
        state.portfolio.journal.write(issue, state.member(), state.now(), turn(state, issue))
    p = state.portfolio.parameters
    if state.backlog and rng.random() < p.cancel_share * state.plan.rate:
        cancel(state)
    if state.backlog and rng.random() < 0.004 * state.plan.rate:
        delete(state, rng.choice(state.backlog))
    if state.worklogs and rng.random() < 0.02:
        correct_time(state)


def cancel(state: ProjectState) -> None:
    """Close an issue nobody will work on; duplicates point to what they repeat."""
    issue_id = state.rng.choice(state.backlog)
    issue = state.issue(issue_id)
    reasons = catalog.CANCELLED if issue.type_id == catalog.BUG else catalog.CANCELLED[:2]
    reason = state.rng.choice(reasons)
    state.backlog.remove(issue_id)
    if reason == "Duplicate" and state.backlog:
        other = state.issue(state.rng.choice(state.backlog))
        state.relate(catalog.DUPLICATE, issue, other, state.project.lead)
    flow.close(state, issue, reason)
    state.drivers["cancelled"] += 1


def correct_time(state: ProjectState) -> None:
    """Somebody corrects the time booked lately, or takes it back."""
    row = state.world.worklogs[state.rng.choice(state.worklogs)]
    issue, when = state.world.issues.get(row.issue_id), state.now()
    if state.rng.random() < 0.3:
        state.worklogs.remove(row.id)
        del state.world.worklogs[row.id]
        state.world.deleted_worklogs[row.id] = when
    else:
        row.seconds, row.updated = 900 * state.rng.randint(2, 30), when
    if issue is not None:
        issue.updated = when


def delete(state: ProjectState, issue_id: int) -> None:
    """Remove an issue that was never begun, as if it had not been. Linked ones are spared: their links tell a story."""
    if issue_id in state.portfolio.linked:
        return
    del state.world.issues[issue_id]
    state.world.deleted.add(issue_id)
    state.backlog.remove(issue_id)
    state.open_count -= 1


def tend_epics(state: ProjectState) -> None:
    """Begin epics whose work has begun; close those whose work is done, though not always at once."""
    if state.today.weekday() != 2:
        return
    children: dict[int, list[Issue]] = {one: [] for one in state.epics}
    for issue_id in open_ids(state):
        parent_id = state.issue(issue_id).parent_id
        if parent_id in children:
            children[parent_id].append(state.issue(issue_id))
    workflow = catalog.WORKFLOWS[state.plan.style]
    for number, epic_id in enumerate(state.epics):
        epic = state.issue(epic_id)
        busy = any(one.id in state.working for one in children[epic_id])
        if epic.status_id == workflow.todo and busy:
            step = [changes.status(state.world, epic, workflow.progress)]
            state.portfolio.journal.write(epic, state.project.lead, state.now(), step)
        is_past = state.progress > (number + 1) / len(state.epics) + 0.3
        left = len(children[epic_id])
        if epic.status_id == workflow.progress and is_past and left <= 1 and state.rng.random() < (0.5, 0.02)[left]:
            flow.close(state, epic, "Done")


def close_epics(state: ProjectState) -> None:
    """At the end of a project all its epics are closed."""
    for epic_id in state.epics:
        if not state.portfolio.is_done(epic_id):
            flow.close(state, state.issue(epic_id), "Done")
