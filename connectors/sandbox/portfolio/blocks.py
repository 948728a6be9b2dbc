"""Blocked work: impediments raised and cleared, and issues of one project that wait for another project's."""

from __future__ import annotations

import math
from random import Random

from connectors.sandbox.portfolio import catalog, changes, intake
from connectors.sandbox.portfolio.state import ProjectState


def block(state: ProjectState, issue_id: int) -> None:
    """Raise the flag; now and then the obstacle is a new issue that must be done first."""
    issue, rng, p = state.issue(issue_id), state.rng, state.portfolio.parameters
    if issue.flagged:
        return
    who = issue.assignee or issue.reporter
    state.portfolio.journal.write(issue, who, state.now(), [changes.flagged(issue, True)])
    days = rng.lognormvariate(math.log(p.block_median_days), p.block_sigma)
    state.drivers["blocked_days"] += round(days)
    if rng.random() < 0.3:
        obstacle = intake.create(state, rng.choice((catalog.BUG, catalog.TASK)))
        obstacle.priority = "High"
        state.relate(catalog.BLOCKS, obstacle, issue, obstacle.reporter)
    if rng.random() < 0.96:
        state.schedule(days, "unblock", issue_id)


def unblock(state: ProjectState, issue_id: int) -> None:
    """Clear the flag, unless the obstacle still stands."""
    issue = state.issue(issue_id)
    if not issue.flagged:
        return
    if state.portfolio.is_blocked(issue_id) and state.rng.random() < 0.6:
        state.drivers["blocked_days"] += 3
        state.schedule(3, "unblock", issue_id)
        return
    who = issue.assignee or issue.reporter
    state.portfolio.journal.write(issue, who, state.now(), [changes.flagged(issue, False)])


def depend(rng: Random, states: list[ProjectState]) -> None:
    """Now and then, in the evening, two projects find that an issue of one waits for an issue of the other.

    A blocker is always older than what it blocks, so waiting never goes round in a circle.
    """
    running = [state for state in states if state.backlog and state.finished_at is None]
    if len(running) < 2 or rng.random() > 0.0085 * len(running):
        return
    waiting = rng.choice(running)
    near = [one for one in running if one is not waiting and one.plan.programme == waiting.plan.programme]
    far = [one for one in running if one is not waiting]
    blocking = rng.choice(near if near and rng.random() < 0.7 else far)
    target_id = rng.choice(waiting.backlog)
    candidates = [one for one in blocking.backlog if one < target_id]
    if not candidates:
        return
    source_id = rng.choice(candidates)
    if source_id in waiting.portfolio.blockers.get(target_id, ()):
        return
    link_across(blocking, source_id, waiting, target_id)


def link_across(blocking: ProjectState, source_id: int, waiting: ProjectState, target_id: int) -> None:
    """Record a dependency between two projects in both issues' histories."""
    source, target = blocking.issue(source_id), waiting.issue(target_id)
    portfolio = waiting.portfolio
    portfolio.link(catalog.BLOCKS, source_id, target_id)
    when = max(waiting.now(), blocking.now())
    author = waiting.project.lead
    portfolio.journal.write(source, author, when, [changes.link(catalog.BLOCKS, target.key, outward=True, added=True)])
    portfolio.journal.write(target, author, when, [changes.link(catalog.BLOCKS, source.key, outward=False, added=True)])
    waiting.drivers["dependencies"] += 1
