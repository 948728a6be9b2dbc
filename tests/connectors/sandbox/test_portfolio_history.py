"""Changelogs can be replayed: each change begins where the last one ended, and the last ends at today's value."""

from __future__ import annotations

from collections import defaultdict
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.sandbox.portfolio import catalog
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.world import Change, Issue, World

Value = tuple[str | None, str | None]
SEEDS = st.integers(min_value=0, max_value=5)


@cache
def world_of(seed: int) -> World:
    return Simulator(seed, projects=5, scale=0.5, days=420).world


def current(world: World, issue: Issue) -> dict[str, Value]:
    """Today's value of each single-valued field, worded as a change would word it."""
    status, assignee = world.statuses[issue.status_id], issue.assignee
    sprints = [world.sprints[one] for one in issue.sprint_ids]
    parent = world.issues[issue.parent_id] if issue.parent_id else None
    day = issue.due_on.isoformat() if issue.due_on else None
    resolution = issue.resolution
    return {
        "status": (str(status.id), status.name),
        "assignee": (assignee, world.people[assignee].display_name if assignee else None),
        catalog.SPRINT_FIELD: (", ".join(str(one.id) for one in sprints), ", ".join(one.name for one in sprints)),
        catalog.POINTS_FIELD: (None, None if issue.story_points is None else f"{issue.story_points:g}"),
        "priority": (str(catalog.PRIORITIES[issue.priority]), issue.priority),
        "resolution": (str(catalog.RESOLUTIONS[resolution]) if resolution else None, resolution),
        catalog.FLAGGED_FIELD: (catalog.FLAG_ID, catalog.FLAG_NAME) if issue.flagged else ("", ""),
        "parent": (str(parent.id), parent.key) if parent else (None, None),
        "duedate": (day, f"{day} 00:00:00.0" if day else None),
    }


def changes_by_field(issue: Issue) -> dict[str, list[Change]]:
    found: dict[str, list[Change]] = defaultdict(list)
    for history in issue.histories:
        for change in history.changes:
            found[change.field_id].append(change)
    return found


@settings(max_examples=6, deadline=None, database=None)
@given(SEEDS)
def test_replaying_backwards_gives_an_unbroken_chain(seed: int) -> None:
    world = world_of(seed)
    checked: set[str] = set()
    for issue in world.issues.values():
        now, found = current(world, issue), changes_by_field(issue)
        for field_id in now.keys() & found.keys():
            expected = now[field_id]
            for change in reversed(found[field_id]):
                assert (change.to_id, change.to_string) == expected, (issue.key, field_id)
                expected = (change.from_id, change.from_string)
            checked.add(field_id)
    must = {"status", "assignee", catalog.SPRINT_FIELD, catalog.POINTS_FIELD, "resolution", "priority", "parent"}
    assert must <= checked


@settings(max_examples=6, deadline=None, database=None)
@given(SEEDS)
def test_links_and_fix_versions_are_the_sum_of_their_changes(seed: int) -> None:
    world = world_of(seed)
    links: dict[int, set[str]] = defaultdict(set)
    for link in world.links.values():
        words = catalog.LINK_WORDS[link.type_name]
        links[link.source].add(f"This issue {words[0]} {world.issues[link.target].key}")
        links[link.target].add(f"This issue {words[1]} {world.issues[link.source].key}")
    for issue in world.issues.values():
        found = changes_by_field(issue)
        texts = {change.to_string for change in found["issuelinks"]}
        texts -= {change.from_string for change in found["issuelinks"]}
        assert texts == links[issue.id]
        gone = {int(change.from_id) for change in found["fixVersions"] if change.from_id}
        come = {int(change.to_id) for change in found["fixVersions"] if change.to_id}
        assert come - gone <= set(issue.version_ids)
        assert not gone & (set(issue.version_ids) - come)


@settings(max_examples=6, deadline=None, database=None)
@given(SEEDS)
def test_histories_rise_in_time_and_number(seed: int) -> None:
    world = world_of(seed)
    everything = sorted((one.id, one.created) for issue in world.issues.values() for one in issue.histories)
    assert len({number for number, _ in everything}) == len(everything)
    assert [moment for _, moment in everything] == sorted(moment for _, moment in everything)
    for issue in world.issues.values():
        assert [one.id for one in issue.histories] == sorted(one.id for one in issue.histories)
        assert all(issue.created <= one.created <= issue.updated for one in issue.histories)
        assert all(one.changes for one in issue.histories)


@settings(max_examples=6, deadline=None, database=None)
@given(SEEDS)
def test_every_reference_leads_somewhere(seed: int) -> None:
    world = world_of(seed)
    versions = {version.id for project in world.projects.values() for version in project.versions}
    for issue in world.issues.values():
        assert issue.project_id in world.projects
        assert issue.type_id in world.issue_types
        assert {issue.reporter, issue.assignee or issue.reporter} <= world.people.keys()
        assert issue.parent_id is None or issue.parent_id in world.issues
        assert set(issue.sprint_ids) <= world.sprints.keys()
        assert set(issue.version_ids) <= versions
    assert all({link.source, link.target} <= world.issues.keys() for link in world.links.values())
    assert all(log.issue_id in world.issues and log.author in world.people for log in world.worklogs.values())
    assert not world.deleted & world.issues.keys()
    assert not world.deleted_worklogs.keys() & world.worklogs.keys()
