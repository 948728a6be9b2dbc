"""Small dimensions: compared by hash, since an issue's `updated` does not tell when they change."""

from __future__ import annotations

from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import small_world


def test_a_vanished_sprint_gets_a_tombstone_once_and_comes_back_if_it_does():
    with site() as acme:
        first = acme.sync()
        removed = []
        acme.edit(lambda world: removed.append(world.sprints.pop(3)))
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
        acme.edit(lambda world: world.sprints.update({3: removed[0]}))
        fourth = acme.sync(third.checkpoint)
    (tombstone,) = second.records["sprint"]
    assert (tombstone.key, tombstone.deleted, tombstone.payload) == ("3", True, {})
    assert third.count() == 0
    assert fourth.keys("sprint") == ["3"]


def test_a_user_list_that_shrinks_at_a_stroke_is_no_mass_deletion():
    world = small_world()
    for number in range(20):
        person = world.people["acc-3"]
        world.people[f"more-{number}"] = type(person)(f"more-{number}", "More", "m@slipstream.test")
    with site(world) as acme:
        first = acme.sync()
        acme.edit(lambda world: [world.people.pop(f"more-{number}") for number in range(20)])
        second = acme.sync(first.checkpoint)
    assert second.count() == 0
    assert second.outcome.status == "partial"
    assert "no longer listed" in second.certificate("*", "user").detail


def test_known_until_travels_as_a_property_of_the_project():
    world = small_world()
    world.projects[10_200].known_until = world.now.date()
    with site(world) as acme:
        projects = acme.sync().records["project"]
    assert projects[0].payload["properties"] == {"slipstream": {"known_until": "2026-03-02"}}
