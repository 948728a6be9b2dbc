"""How work flows: teams pull issues, work on them, get blocked, hand over in batches, and sometimes reopen."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from connectors.sandbox.portfolio import catalog, changes, intake
from connectors.sandbox.portfolio.state import ProjectState
from connectors.sandbox.world import Change, Issue, Worklog

RANK = {name: number for number, name in enumerate(catalog.PRIORITIES)}


HEADROOM = 1.15
"""Starts per completion the plan asks for: holidays, empty backlogs and rework cost the rest."""


def poisson(state: ProjectState, mean: float) -> int:
    """A Poisson draw by multiplication; means here are small."""
    limit, product, count = math.exp(-mean), state.rng.random(), 0
    while product > limit:
        product *= state.rng.random()
        count += 1
    return count


def new_week(state: ProjectState) -> None:
    """Draw how busy the team is this week: idle spells, a drifting level, holidays."""
    p, rng, plan = state.portfolio.parameters, state.rng, state.plan
    leave = (1 - p.idle_stay) * plan.idle / max(0.05, 1 - plan.idle)
    state.idle = rng.random() < (p.idle_stay if state.idle else min(0.9, leave))
    fresh = rng.gauss(0, p.activity_sigma * math.sqrt(1 - p.activity_memory**2))
    state.log_activity = p.activity_memory * state.log_activity + fresh
    mean = math.exp(p.activity_sigma**2 / 2) * (1 - plan.idle + plan.idle * p.idle_level)
    state.activity = math.exp(state.log_activity) * (p.idle_level if state.idle else 1.0) / mean
    if state.today.isocalendar().week in (52, 1):
        state.activity *= 0.15
    elif state.today.month == 8:
        state.activity *= 0.75


def pull(state: ProjectState) -> None:
    """Start work: as many issues as the week's activity allows."""
    wanted = min(poisson(state, state.plan.rate * HEADROOM * state.activity), len(state.backlog))
    limit = max(4 * len(state.plan.team.members), round(state.plan.rate * 20))
    for _ in range(wanted):
        if len(state.working) - len(state.staged) >= limit:
            state.drivers["no_hands"] += 1
            break
        issue_id = choose(state)
        if issue_id is None:
            break
        start(state, issue_id)


def choose(state: ProjectState) -> int | None:
    """The next issue: of the sprint first, often the newest or most urgent; blocked ones mostly wait."""
    pool = state.backlog
    if state.active_sprint is not None:
        members = [one for one in pool if state.active_sprint in state.issue(one).sprint_ids]
        pool = members or pool
    for _ in range(4):
        issue_id = candidate(state, pool)
        if not state.portfolio.is_blocked(issue_id) or state.rng.random() < 0.04:
            return issue_id
        state.drivers["waited_for_others"] += 1
    return None


def candidate(state: ProjectState, pool: list[int]) -> int:
    p, rng = state.portfolio.parameters, state.rng
    dice = rng.random()
    if dice < p.newest_first_share:
        latest = pool[-6:]
        wanted = [one for one in latest if RANK[state.issue(one).priority] < RANK["Low"]]
        return rng.choice(wanted or latest)
    if dice < p.newest_first_share + p.urgent_first_share:
        return min(pool, key=lambda one: (RANK[state.issue(one).priority], -one))
    return pool[rng.randrange(1 + len(pool) // 3)]


def start(state: ProjectState, issue_id: int) -> None:
    """Begin work on an issue: status, somebody to do it, sometimes sub-tasks, sometimes a block to come."""
    issue, rng, p = state.issue(issue_id), state.rng, state.portfolio.parameters
    workflow, when = catalog.WORKFLOWS[state.plan.style], state.now()
    state.backlog.remove(issue_id)
    state.working.add(issue_id)
    items: list[Change] = []
    if state.active_sprint is not None and state.active_sprint not in issue.sprint_ids:
        items.append(changes.sprint(state.world, issue, [*issue.sprint_ids, state.active_sprint]))
    if issue.assignee is None and rng.random() < 0.97:
        items.append(changes.assignee(state.world, issue, state.member()))
    if workflow.ready and issue.status_id == workflow.todo:
        ready = [changes.status(state.world, issue, workflow.ready), *items]
        state.portfolio.journal.write(issue, issue.assignee or issue.reporter, when, ready)
        items, when = [], state.now()
    items.insert(0, changes.status(state.world, issue, workflow.progress))
    state.portfolio.journal.write(issue, issue.assignee or issue.reporter, when, items)
    days = p.cycle_median_days * rng.lognormvariate(0, p.cycle_sigma) * (0.6 + 0.13 * (issue.story_points or 3.0))
    if rng.random() < p.block_share:
        state.schedule(days * rng.random(), "block", issue_id)
    if issue.type_id == catalog.STORY and issue_id not in state.children_open and rng.random() < 0.09:
        split(state, issue)
    else:
        state.schedule(days, "built", issue_id)


def split(state: ProjectState, issue: Issue) -> None:
    """Break a story into sub-tasks; it is built when they are."""
    count = state.rng.randint(2, 4)
    state.children_open[issue.id] = count
    for number in range(count):
        child = intake.create(state, catalog.SUB_TASK, parent_id=issue.id)
        child.assignee = issue.assignee
        state.schedule(number + 1 + state.rng.expovariate(0.25), "child", child.id)


def child_moves(state: ProjectState, issue_id: int) -> None:
    """A sub-task is taken up, and a little later done."""
    child, workflow = state.issue(issue_id), catalog.WORKFLOWS[state.plan.style]
    if child.status_id != workflow.progress:
        step = [changes.status(state.world, child, workflow.progress)]
        state.portfolio.journal.write(child, child.assignee or child.reporter, state.now(), step)
        state.schedule(1 + state.rng.expovariate(0.4), "child", issue_id)
        return
    accept(state, issue_id)
    if child.parent_id is not None and child.parent_id in state.children_open:
        state.children_open[child.parent_id] -= 1
        if not state.children_open[child.parent_id]:
            state.schedule(1, "built", child.parent_id)


def built(state: ProjectState, issue_id: int) -> None:
    """The work is done; it goes to review, and waits for the next batch or is accepted soon."""
    issue, workflow = state.issue(issue_id), catalog.WORKFLOWS[state.plan.style]
    if issue.flagged and state.rng.random() < 0.95:
        state.schedule(2, "built", issue_id)
        return
    target = workflow.staged or workflow.review
    for status_id in dict.fromkeys((workflow.review, target)):
        if status_id is not None and issue.status_id != status_id:
            step = [changes.status(state.world, issue, status_id)]
            state.portfolio.journal.write(issue, issue.assignee or issue.reporter, state.now(), step)
    if state.rng.random() < state.plan.batch_share:
        state.staged.append(issue_id)
    else:
        state.schedule(state.rng.expovariate(0.5), "accept", issue_id)


def accept(state: ProjectState, issue_id: int) -> None:
    """Close an issue as done, with the time it took, and the faults it will turn out to have."""
    issue, rng, p = state.issue(issue_id), state.rng, state.portfolio.parameters
    if issue.flagged and rng.random() < 0.9:
        state.portfolio.journal.write(issue, state.project.lead, state.now(), [changes.flagged(issue, False)])
    when = close(state, issue, "Done" if rng.random() > 0.006 else None)
    state.done_count += 1
    state.last_done_at = when
    if state.plan.logs_time and issue.assignee:
        log_work(state, issue)
    if issue.type_id == catalog.SUB_TASK:
        return
    if rng.random() < p.bug_share:
        state.schedule(rng.lognormvariate(math.log(p.bug_delay_median_days), p.bug_delay_sigma), "bug", issue_id)
    if rng.random() < p.reopen_share:
        state.schedule(1 + rng.expovariate(0.12), "reopen", issue_id)


def close(state: ProjectState, issue: Issue, resolution: str | None) -> datetime:
    """Move an issue to its last status."""
    when, workflow = state.now(), catalog.WORKFLOWS[state.plan.style]
    items = [changes.status(state.world, issue, workflow.done)]
    if resolution:
        items.append(changes.resolution(issue, resolution, when))
    state.portfolio.journal.write(issue, issue.assignee or state.project.lead, when, items)
    state.working.discard(issue.id)
    if issue.type_id != catalog.EPIC:
        state.open_count -= 1
    return when


def log_work(state: ProjectState, issue: Issue) -> None:
    """Time booked on the issue, mostly on the day it was accepted, for work of the days before."""
    for _ in range(state.rng.choices((0, 1, 2, 3), (25, 45, 20, 10))[0]):
        when = state.now()
        started = max(issue.created, when - timedelta(hours=state.rng.randint(2, 60)))
        row = Worklog(state.portfolio.new_id("worklog"), issue.id, issue.assignee or issue.reporter, started,
                      900 * state.rng.randint(2, 30), when, when)  # fmt: skip
        state.world.worklogs[row.id] = row
        state.worklogs = [*state.worklogs[-9:], row.id]
        issue.updated = when


def reopen(state: ProjectState, issue_id: int) -> None:
    """Done was not done."""
    issue, workflow = state.issue(issue_id), catalog.WORKFLOWS[state.plan.style]
    items = [changes.status(state.world, issue, workflow.progress)]
    if issue.resolution:
        items.append(changes.resolution(issue, None, None))
    state.portfolio.journal.write(issue, issue.reporter, state.now(), items)
    state.working.add(issue_id)
    state.open_count += 1
    state.done_count -= 1
    state.drivers["reopened"] += 1
    state.schedule(1 + state.rng.expovariate(0.25), "built", issue_id)


def late_bug(state: ProjectState, issue_id: int) -> None:
    intake.report_late_bug(state, issue_id)


def accept_batch(state: ProjectState) -> None:
    """Everything that waited for the review or the release is accepted at once."""
    staged, state.staged = state.staged, []
    for issue_id in staged:
        if issue_id in state.world.issues and not state.portfolio.is_done(issue_id):
            accept(state, issue_id)


def run_agenda(state: ProjectState, more: dict[str, Callable[[ProjectState, int], None]]) -> None:
    """Do what is due today; events of issues deleted, or closed in between, lapse."""
    handlers = {"built": built, "accept": accept, "reopen": reopen, "bug": late_bug, "child": child_moves, **more}
    while state.agenda and state.agenda[0][0] <= state.day:
        _, _, kind, issue_id = heapq.heappop(state.agenda)
        wants_done = kind in ("reopen", "bug")
        if issue_id in state.world.issues and state.portfolio.is_done(issue_id) == wants_done:
            handlers[kind](state, issue_id)
