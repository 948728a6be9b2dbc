"""How work arrives: epics and a first backlog at kick-off, refinement in bursts, growth, and bugs found late."""

from __future__ import annotations

from datetime import timedelta

from connectors.sandbox.portfolio import catalog, names
from connectors.sandbox.portfolio.state import ProjectState
from connectors.sandbox.world import Issue

POINTS = (1.0, 2.0, 3.0, 5.0, 8.0, 13.0)
POINT_WEIGHTS = (16, 24, 27, 20, 10, 3)
RISK_EVERY = 70
"""Of so many issues one is a risk that somebody wrote down where the work is."""

PRIORITY_WEIGHTS = (4, 18, 56, 17, 5)

GROWTH_BEGINS, GROWTH_ENDS = 0.2, 0.85
WORTH_A_SESSION = 5
"""Nobody calls a refinement session for less."""


def planned_by_now(state: ProjectState) -> float:
    """Issues that planning has brought forth by now: a kick-off share, a steady flow, and later growth."""
    plan, p = state.plan, state.portfolio.parameters
    week = (state.day - plan.starts) / 7
    kickoff = p.kickoff_share * min(1.0, (week + 0.5) / 3)
    x = min(1.0, max(0.0, (state.progress - 3 / plan.weeks) / (p.intake_ends - 3 / plan.weeks)))
    grown = min(1.0, max(0.0, (state.progress - GROWTH_BEGINS) / (GROWTH_ENDS - GROWTH_BEGINS)))
    return plan.scope * (kickoff + (1 - p.kickoff_share) * x * (1.1 - 0.1 * x) + plan.growth * grown)


def is_over(state: ProjectState) -> bool:
    """Whether planning has brought forth everything it will."""
    plan = state.plan
    last = max(state.portfolio.parameters.intake_ends, GROWTH_ENDS)
    return state.progress >= last and state.planned_created >= int(plan.scope * (1 + plan.growth))


def arrive(state: ProjectState) -> None:
    """Create what is due, in bursts: a refinement session makes many issues at once."""
    if not state.epics:
        for number in range(state.plan.epics):
            open_epic(state, number)
    p = state.portfolio.parameters
    due = int(planned_by_now(state)) - state.planned_created
    is_first = state.planned_created == 0
    if state.open_count > max(0.8 * p.kickoff_share * state.plan.scope, p.backlog_limit * state.done_count + 6):
        return  # nobody refines more while so much is waiting
    worthwhile = due >= WORTH_A_SESSION or state.progress > p.intake_ends
    if due > 0 and (is_first or (worthwhile and state.rng.random() < p.refinement_chance)):
        session = min(due, max(8, round(state.plan.scope * p.session_share)))
        for _ in range(session):
            create(state, _planned_type(state))
        state.planned_created += session


def _planned_type(state: ProjectState) -> int:
    return state.rng.choices((catalog.STORY, catalog.TASK, catalog.BUG), (50, 36, 14))[0]


def open_epic(state: ProjectState, number: int) -> Issue:
    name = names.EPICS[(state.plan.index + number * 3) % len(names.EPICS)]
    epic = _new_issue(state, catalog.EPIC, f"{name}: {state.plan.name}", state.project.lead)
    share = (number + 1) / state.plan.epics
    if state.rng.random() < 0.7:
        epic.due_on = state.today + timedelta(weeks=round(state.plan.outline_weeks * share))
    state.epics.append(epic.id)
    return epic


def create(state: ProjectState, type_id: int, *, parent_id: int | None = None) -> Issue:
    """A new leaf issue in the backlog; sub-tasks take their parent, others an epic of the time."""
    rng, plan = state.rng, state.plan
    issue = _new_issue(state, type_id, _summary(state, type_id), state.member())
    issue.priority = rng.choices(tuple(catalog.PRIORITIES), PRIORITY_WEIGHTS)[0]
    issue.parent_id = parent_id if parent_id else _epic(state)
    if type_id == catalog.SUB_TASK:
        return issue
    if plan.estimates and type_id != catalog.BUG and rng.random() < 0.85:
        issue.story_points = rng.choices(POINTS, POINT_WEIGHTS)[0]
    if rng.random() < 0.2:
        issue.assignee = state.member()
    if rng.random() < 0.12:
        issue.due_on = state.today + timedelta(days=rng.randint(14, 120))
    _label(state, issue)
    state.backlog.append(issue.id)
    return issue


def _label(state: ProjectState, issue: Issue) -> None:
    rng = state.rng
    if rng.random() < 0.25:
        issue.labels.append(rng.choice(names.LABELS))
    if issue.id % RISK_EVERY == 0:  # not drawn: a label must not change what is done
        issue.labels.append("risk")
    if rng.random() < 0.5:
        issue.components.append(rng.choice(names.COMPONENTS))
    waiting = [version for version in state.project.versions if not version.released]
    if waiting and rng.random() < 0.3:
        issue.version_ids.append(waiting[0].id)


def _epic(state: ProjectState) -> int | None:
    rng = state.rng
    if rng.random() < 0.05:
        return None
    position = min(max(rng.gauss(min(state.progress, 1.0), 0.18), 0.0), 0.999)
    epic_id = state.epics[int(position * len(state.epics))]
    return epic_id if not state.portfolio.is_done(epic_id) else None


def _summary(state: ProjectState, type_id: int) -> str:
    rng = state.rng
    thing = rng.choice(names.THINGS)
    if type_id == catalog.BUG:
        return f"{thing.capitalize()} {rng.choice(names.FAULTS)} {rng.choice(names.QUALITIES)}"
    if type_id == catalog.SUB_TASK:
        return f"{rng.choice(names.STEPS)}: {thing}"
    return f"{rng.choice(names.VERBS)} {thing} {rng.choice(names.QUALITIES)}"


def _new_issue(state: ProjectState, type_id: int, summary: str, reporter: str) -> Issue:
    when = state.now()
    state.numbers += 1
    workflow = catalog.WORKFLOWS[state.plan.style]
    issue = Issue(
        id=state.portfolio.new_id("issue"),
        key=f"{state.plan.key}-{state.numbers}",
        project_id=state.project.id,
        type_id=type_id,
        summary=summary,
        status_id=workflow.todo,
        priority="Medium",
        created=when,
        updated=when,
        reporter=reporter,
    )
    state.world.issues[issue.id] = issue
    if type_id != catalog.EPIC:
        state.open_count += 1
    return issue


def report_late_bug(state: ProjectState, cause_id: int) -> None:
    """A fault found after the work was called done: a bug, related to its cause where that is still there."""
    cause = state.world.issues.get(cause_id)
    bug = create(state, catalog.BUG)
    bug.priority = state.rng.choices(tuple(catalog.PRIORITIES), (12, 34, 44, 8, 2))[0]
    state.drivers["late_bugs"] += 1
    if cause is None or state.rng.random() < 0.6:
        return
    state.relate(catalog.RELATES, bug, cause, bug.reporter)
