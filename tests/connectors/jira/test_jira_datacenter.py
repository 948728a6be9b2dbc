"""A Data Center delivers what Cloud does: every record once, what changed, what vanished, with certificates."""

from __future__ import annotations

from datetime import timedelta

from connectors.jira.wire import millis
from connectors.sandbox.world import Worklog
from tests.connectors.jira.flavours import datacenter
from tests.connectors.jira.syncing import collect, site
from tests.fixtures.sandbox import make_issue, small_world


def test_everything_comes_once_through_version_2_with_certificates_and_honest_request_counts():
    with datacenter(small_world(110), page_size=25, in_flight=2) as acme:
        synced = acme.sync()
        asked = dict(acme.jira.sandbox.requests)
        assert synced.outcome.requests == acme.jira.requests
    assert synced.outcome.status == "complete"
    assert sorted(map(int, synced.keys("issue"))) == list(range(10_001, 10_111))
    assert not [path for path in asked if "/rest/api/3" in path or "bulkfetch" in path]
    assert asked["/rest/api/2/search"] <= 1 + 5 + 1  # census, pages, edges of ranges
    proof = synced.certificate("ALFA")
    assert (proof.source_count, proof.held_count, proof.changelog_total, proof.changelog_held) == (55, 55, 110, 110)


def test_the_same_world_gives_the_same_keys_as_cloud_and_quiet_syncs_bring_nothing():
    with site() as cloud, datacenter() as server:
        there, here = cloud.sync(), server.sync()
        again = server.sync(here.checkpoint)
    for stream in ("issue", "project", "sprint", "board", "version", "worklog", "link_type", "status"):
        assert sorted(here.keys(stream)) == sorted(there.keys(stream))
    assert all(key.startswith("JIRAUSER") for key in here.keys("user"))
    assert (again.count(), again.outcome.status) == (0, "complete")


def test_what_changed_comes_and_a_long_changelog_is_whole_in_the_page():
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=300)
    with datacenter(world) as acme:
        first = acme.sync()
        acme.jira.advance(2)
        second = acme.sync(first.checkpoint)
    long = next(record for record in first.records["issue"] if record.key == "10002")
    assert len({one["id"] for one in long.payload["changelog"]["histories"]}) == 300
    assert "issue_changelog" not in first.records
    assert second.keys("issue") == ["10025", "10026"]


def test_a_deleted_issue_is_asked_for_by_itself_and_gets_one_tombstone():
    with datacenter() as acme:
        first = acme.sync()
        acme.edit(lambda world: world.issues.pop(10_020))
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
        asked = acme.jira.sandbox.requests["/rest/api/2/issue/{issue}"]
    (tombstone,) = second.records["issue"]
    assert (tombstone.key, tombstone.deleted, asked) == ("10020", True, 2)  # two looks before it is buried
    assert second.outcome.status == "complete"
    assert third.count() == 0


def test_worklogs_come_through_the_feeds_with_tombstones():
    with datacenter() as acme:
        first = acme.sync()
        at = acme.jira.site.now - timedelta(minutes=2)
        acme.edit(lambda world: world.worklogs.update({1: Worklog(1, 10_003, "acc-2", at, 60, at, at)}))
        acme.edit(lambda world: world.worklogs.pop(2))
        acme.jira.site._inner.catalog.worklogs_gone["2"] = millis(at)
        second = acme.sync(first.checkpoint)
    assert {record.key: record.deleted for record in second.records["worklog"]} == {"1": False, "2": True}


def test_an_older_server_without_the_feeds_is_complete_and_says_so():
    with datacenter(faults=("403@/worklog/updated:1+",)) as acme:
        synced = acme.sync()
    assert (synced.outcome.status, synced.certificate("*", "worklog").status) == ("complete", "unavailable")


def test_archived_projects_are_listed_and_keep_their_last_known_state():
    with datacenter() as acme:
        first = acme.sync()
        gone = [issue.id for issue in acme.jira.site.world.issues.values() if issue.project_id == 10_200]

        def archive(world):
            world.projects[10_200].archived = True
            for issue in gone:
                world.issues.pop(issue)
            world.links.clear()

        acme.edit(archive)
        second = acme.sync(first.checkpoint)
    assert "issue" not in second.records
    assert "archived" in second.certificate("ALFA").detail


def test_chosen_projects_and_the_change_sensor_work_here_too():
    with datacenter(projects=["ALFA"]) as acme:
        first = acme.sync()
        before = acme.jira.requests
        assert not acme.source.changed(first.checkpoint)
        assert acme.jira.requests == before + 1
        acme.jira.advance(1)
        assert acme.source.changed(first.checkpoint)
    assert {record.payload["key"].split("-")[0] for record in first.records["issue"]} == {"ALFA"}


def _in_mid_read(acme, edit):
    items, before = acme.source.sync(None), []
    for item in items:
        before.append(item)
        if getattr(item, "stream", "") == "issue":
            acme.edit(edit)
            break
    return collect(iter([*before, *items]))


def test_rows_that_vanish_between_two_pages_pull_no_issue_past_the_reader():
    """The oldest come first; as they go, all that follow move up."""
    with datacenter(small_world(60), page_size=5, in_flight=1) as acme:
        oldest = sorted(acme.jira.site.world.issues.values(), key=lambda issue: issue.created)
        removed = {issue.id for issue in oldest[:3]}
        synced = _in_mid_read(acme, lambda world: [world.issues.pop(issue) for issue in removed])
    held = set(map(int, synced.keys("issue")))
    assert held >= set(range(10_001, 10_061)) - removed


def test_a_quota_in_mid_read_goes_on_at_the_row_where_it_stood():
    world = small_world(60)
    with datacenter(world, faults=("429_quota@/rest/api/2/search:4",), page_size=10, in_flight=1) as acme:
        stopped = acme.sync()
    with datacenter(world, page_size=10, in_flight=1) as acme:
        resumed = acme.sync(stopped.checkpoint)
    assert stopped.outcome.status == "deferred"
    issues = stopped.keys("issue") + resumed.keys("issue")
    assert sorted(map(int, issues)) == list(range(10_001, 10_061))
    assert resumed.outcome.status == "complete"


def test_issues_that_the_index_names_and_the_site_has_no_more_end_no_read_early():
    with datacenter(small_world(60), page_size=7, in_flight=1) as acme:
        ghosts = (10_001, 10_030, 10_031, 10_060)
        index = acme.jira.site.index

        def lose():
            for ghost in ghosts:
                acme.jira.site.shown.issues.pop(ghost)

        acme.jira.change(lose)  # the index stays as it was
        assert acme.jira.site.index is index
        synced = acme.sync()
    assert set(map(int, synced.keys("issue"))) == set(range(10_001, 10_061)) - set(ghosts)
