"""Case 27 where the feed names a worklog before its issue is held: it comes with the issue, and only once."""

from __future__ import annotations

import pytest

from tests.connectors.jira.mirror import Mirror
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import make_issue, small_world

ALFA, BRAVO = 10_200, 10_201


def _asked(acme, path):
    return sum(count for name, count in acme.jira.sandbox.requests.items() if name.endswith(path))


def _worked_on(acme, project=ALFA):
    """A new issue on which work was logged more than a minute ago, so that the feed tells of it."""
    issue = acme.do("create_issue", project=project, summary="New")["issue"]
    worklog = acme.do("add_worklog", issue=issue, seconds=600)["worklog"]
    acme.do("pass_time", seconds=61)
    return issue, str(worklog)


def test_case_27_work_on_an_issue_made_after_the_census_comes_with_the_issue():
    world = small_world()
    make_issue(world, 2, world.projects[ALFA], histories=120)
    with site(world, projects=["ALFA"]) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("update_issue", issue=10_002, field="summary", value="A long changelog to read")
        items, before = acme.source.sync(mirror.checkpoint), []
        for item in items:
            before.append(item)
            if getattr(item, "stream", "") == "issue_changelog":
                issue, worklog = _worked_on(acme)
                break
        during = mirror.take(collect(iter([*before, *items])))
        after, quiet = mirror.sync(), mirror.sync()
    assert [(str(issue) in one.keys("issue"), one.keys("worklog")) for one in (during, after)] == [
        (False, []),
        (True, [worklog]),
    ]
    assert quiet.count() == 0


def _lags(acme):
    acme.do("set_index_lag", seconds=120)
    return _worked_on(acme)[1], lambda: acme.do("pass_time", seconds=121)


def _moves(acme):
    issue, worklog = _worked_on(acme, BRAVO)
    return worklog, lambda: acme.do("move_issue", issue=issue, project=ALFA)


def _moves_later(acme):
    """Made in the minute in which the next look back begins, and before its second."""
    acme.do("pass_time", seconds=10)
    issue, worklog = _worked_on(acme, BRAVO)
    acme.do("pass_time", seconds=569)
    return worklog, lambda: acme.do("move_issue", issue=issue, project=ALFA)


@pytest.mark.parametrize("happen", [_lags, _moves, _moves_later])
def test_case_27_work_on_a_young_issue_that_comes_into_sight_later_comes_with_it(happen):
    with site(projects=["ALFA"]) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        worklog, come = happen(acme)
        unseen = mirror.sync()
        come()
        seen, quiet = mirror.sync(), mirror.sync()
    assert (unseen.keys("worklog"), seen.keys("worklog"), quiet.count()) == ([], [worklog], 0)


def test_case_27_work_in_other_projects_is_not_kept_and_asked_for_no_longer_than_the_look_back():
    with site(projects=["ALFA"]) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        kept = mirror.checkpoint["worklogs"]
        _worked_on(acme, BRAVO)
        mirror.sync()
        assert mirror.checkpoint["worklogs"] == kept
        acme.do("pass_time", seconds=700)
        mirror.sync()  # looks back from the sync before, and asks once more
        asked = _asked(acme, "/worklog/list")
        mirror.sync()
        assert _asked(acme, "/worklog/list") == asked


def test_case_27_a_project_that_is_chosen_later_brings_its_worklogs_of_all_times():
    with site(projects=["ALFA"]) as acme:
        first = acme.sync()
        wider = connect(acme.jira.url, [], acme.jira.email, acme.jira.token, projects=["ALFA", "BRAVO"])
        second = collect(wider.sync(first.checkpoint))
    assert (first.keys("worklog"), sorted(second.keys("worklog"))) == ([], ["1", "2"])


def test_case_27_a_sync_that_is_put_off_at_its_last_step_leaves_no_gap_between_issues_and_worklogs():
    world, chosen = small_world(), {"projects": ["ALFA"], "webhook_url": "https://acme.test/hook"}
    with site(world, faults=("429_quota@/rest/api/3/webhook:2",), **chosen) as acme:
        first = acme.sync()
        issue, worklog = _worked_on(acme, BRAVO)
        acme.do("pass_time", seconds=700)
        stopped = acme.sync(first.checkpoint)
    with site(world, **chosen) as acme:
        acme.do("move_issue", issue=issue, project=ALFA)
        resumed = acme.sync(stopped.checkpoint)
    assert stopped.outcome.status == "deferred"
    assert (str(issue) in resumed.keys("issue"), resumed.keys("worklog")) == (True, [worklog])
