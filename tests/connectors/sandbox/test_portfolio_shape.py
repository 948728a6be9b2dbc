"""The default portfolio has what the rest of Slipstream is shown on: phases, dependencies, blocks, and slips."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from connectors.sandbox.portfolio import catalog
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.world import Issue, World


@pytest.fixture(scope="module")
def world(simulator: Simulator) -> World:
    return simulator.world


def transitions(issue: Issue, field: str) -> list[tuple[str | None, str | None]]:
    changes = [change for history in issue.histories for change in history.changes if change.field == field]
    return [(change.from_string, change.to_string) for change in changes]


def test_forty_projects_in_eight_programmes_with_seven_to_nine_thousand_issues(world: World) -> None:
    assert len(world.projects) == 40
    assert len({project.key for project in world.projects.values()}) == 40
    assert Counter(project.programme for project in world.projects.values()).most_common(1)[0][1] == 5
    assert 7_000 <= len(world.issues) <= 9_000


def test_people_have_time_zones_and_some_have_left(world: World) -> None:
    assert len({person.time_zone for person in world.people.values()}) >= 3
    assert any(not person.active for person in world.people.values())
    assert len({person.email for person in world.people.values()}) == len(world.people)
    assert all(person.email.isascii() for person in world.people.values())


def test_issues_form_epics_stories_and_sub_tasks(world: World) -> None:
    types = Counter(issue.type_id for issue in world.issues.values())
    assert set(types) == set(world.issue_types)
    for issue in world.issues.values():
        parent = world.issues[issue.parent_id] if issue.parent_id else None
        if issue.type_id == catalog.SUB_TASK:
            assert parent is not None
            assert parent.type_id == catalog.STORY
        elif parent is not None:
            assert parent.type_id == catalog.EPIC
        assert parent is None or parent.project_id == issue.project_id


def test_boards_run_scrum_and_kanban_and_sprints_have_all_states(world: World) -> None:
    assert {board.type for board in world.boards.values()} == {"scrum", "kanban"}
    assert {sprint.state for sprint in world.sprints.values()} == {"future", "active", "closed"}
    active = Counter(sprint.board_id for sprint in world.sprints.values() if sprint.state == "active")
    assert set(active.values()) == {1}
    assert all(sprint.completed_at for sprint in world.sprints.values() if sprint.state == "closed")


def test_work_is_carried_over_between_sprints(world: World) -> None:
    assert sum(len(issue.sprint_ids) > 1 for issue in world.issues.values()) > 100


def test_projects_depend_on_each_other_and_waiting_never_goes_in_a_circle(world: World) -> None:
    blocks = [link for link in world.links.values() if link.type_name == catalog.BLOCKS]
    projects = {issue.id: issue.project_id for issue in world.issues.values()}
    across = [link for link in blocks if projects[link.source] != projects[link.target]]
    assert len(across) >= 40
    after: dict[int, list[int]] = {}
    for link in blocks:
        after.setdefault(link.source, []).append(link.target)
    done: set[int] = set()
    for first in after:
        path, stack = set(), [(first, iter(after.get(first, [])))]
        while stack:
            node, rest = stack[-1]
            path.add(node)
            following = next((one for one in rest if one not in done), None)
            if following is None:
                stack.pop()
                path.discard(node)
                done.add(node)
            else:
                assert following not in path, "a circle of blocks"
                stack.append((following, iter(after.get(following, []))))


def test_work_is_blocked_reopened_cancelled_and_found_late(world: World) -> None:
    issues = list(world.issues.values())
    open_issues = [issue for issue in issues if world.statuses[issue.status_id].category != "done"]
    assert sum(issue.flagged for issue in open_issues) >= 5
    reopened = [one for one in issues if any(old and new is None for old, new in transitions(one, "resolution"))]
    assert len(reopened) > 50
    assert {"Done", *catalog.CANCELLED} <= {issue.resolution for issue in issues}
    assert any(issue.resolution is None and issue not in open_issues for issue in issues)
    related = [link for link in world.links.values() if link.type_name == catalog.RELATES]
    assert sum(world.issues[link.source].type_id == catalog.BUG for link in related) > 50


def test_plans_change(world: World) -> None:
    for field, least in {"assignee": 300, "priority": 50, "Story Points": 50, "duedate": 50, "Fix Version": 100,
                         "IssueParentAssociation": 20, "Sprint": 1000}.items():  # fmt: skip
        changed = sum(bool(transitions(issue, field)) for issue in world.issues.values())
        assert changed >= least, field


def test_issues_and_worklogs_get_deleted_now_and_then(world: World) -> None:
    assert 5 <= len(world.deleted) <= 100
    assert world.deleted_worklogs
    assert any(log.updated > log.created for log in world.worklogs.values())


def test_some_projects_are_done_some_young_most_open(simulator: Simulator, world: World) -> None:
    firsts: dict[int, list[Issue]] = {}
    for issue in world.issues.values():
        firsts.setdefault(issue.project_id, []).append(issue)
    young = [key for key, found in firsts.items() if found[0].created > world.now - timedelta(weeks=5)]
    leafs_open = {
        key: sum(world.statuses[one.status_id].category != "done" for one in found) for key, found in firsts.items()
    }
    assert 2 <= len(young) <= 4
    assert 4 <= sum(not count for count in leafs_open.values()) <= 12
    assert sum(count >= 10 for count in leafs_open.values()) >= 20


@pytest.mark.slow
def test_truth_holds_what_the_register_hides(simulator: Simulator) -> None:
    truths, now = simulator.truth, simulator.world.now
    assert all(truth.finished_at for truth in truths.values())
    rows = {row["project_key"]: row for row in simulator.register()["Projects"]}
    slips = sorted(truth.slip_days for truth in truths.values() if truth.slip_days is not None)
    assert slips[0] < 0 < slips[len(slips) // 2]
    watermelons = [key for key, truth in truths.items() if rows[key]["claimed_rag"] == "green"
                   and truth.finished_at and truth.finished_at > now and (truth.slip_days or 0) > 90]  # fmt: skip
    assert len(watermelons) >= 3
    assert any(truth.drivers["scope_added"] > 0 for truth in truths.values())
    for truth in truths.values():
        if truth.finished_at and truth.finished_at < now:
            mine = [one for one in simulator.world.issues.values() if one.project_id == truth.project_id]
            assert all(simulator.world.statuses[one.status_id].category == "done" for one in mine)
