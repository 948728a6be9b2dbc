"""Cases 29, 30 and 32 where bulk leaves an issue out or calls it an error: asked for singly, never taken for whole."""

from __future__ import annotations

import pytest

from connectors.sandbox.world import Comment
from tests.connectors.jira.flavours import datacenter
from tests.connectors.jira.mirror import Mirror, buried, classes, evidence
from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import make_issue, small_world

ALFA = 10_200
SEARCH, BULK = "/search/jql", "/issue/bulkfetch"
BARE = f"no_comments@{SEARCH}:1+"
NO_LOG, NO_BULK_LOG = f"no_changelog@{SEARCH}:1+", "no_histories@/changelog/bulkfetch:1+"


def _talkative():
    """The first, the middle and the last issue each hold comments: those that the faults strike."""
    world = small_world()
    for number, issue in enumerate((10_001, 10_013, 10_024), 100):
        world.comments[number] = Comment(number, issue, "acc-1", "Remark", world.now, world.now)
    return world


def _said(synced):
    pages = [record.payload for record in synced.records.get("issue_comment", [])]
    return sorted(int(comment["id"]) for page in pages for comment in page["comments"])


def _rows(synced, issue):
    logs = [record.payload for record in synced.records.get("issue_changelog", [])]
    return [row["id"] for log in logs if log["issueId"] == issue for row in log["changeHistories"]]


def _asked(acme, path):
    return sum(count for name, count in acme.jira.sandbox.requests.items() if name.endswith(path))


@pytest.mark.parametrize("fault", ["issue_errors", "omit"])
def test_case_32_comments_of_issues_that_bulk_does_not_give_are_asked_for_one_by_one(fault):
    with site(_talkative(), faults=(BARE, f"{fault}@{BULK}:1+")) as acme:
        synced = acme.sync()
        singly = _asked(acme, "/issue/{issue}/comment")
    assert _said(synced) == [1, 2, 100, 101, 102]
    assert (singly, synced.outcome.status) == (3, "complete")
    assert synced.certificate("ALFA", "issue_comment").source_count == 1
    assert synced.certificate("BRAVO", "issue_comment").source_count == 4


@pytest.mark.parametrize("fault", ["issue_errors", "omit"])
def test_case_32_comments_that_neither_bulk_nor_the_issue_gives_stay_due_and_the_sync_partial(fault):
    faults = (BARE, f"{fault}@{BULK}:1", "404@/issue/10024/comment:1")
    with site(_talkative(), faults=faults) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    assert (first.outcome.status, classes(first, "ALFA")) == ("partial", {"comments_short": [10_024]})
    assert (_said(second), second.outcome.status) == ([102], "complete")


def test_case_32_comments_that_stay_due_are_due_no_longer_once_their_issue_is_gone():
    with site(_talkative(), faults=(BARE, f"omit@{BULK}:1", "404@/issue/10024/comment:1")) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("delete_issue", issue=10_024)
        gone, quiet = mirror.sync(), mirror.sync()
    assert (buried(gone), gone.outcome.status) == ([("issue", "10024")], "complete")
    assert (quiet.count(), quiet.outcome.status) == (0, "complete")


def test_case_29_an_absent_issue_that_bulk_calls_an_error_is_asked_for_by_itself_before_it_is_judged():
    with site(faults=(f"issue_errors@{BULK}:1+", "403@/rest/api/3/issue/10002:1")) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("archive_issue", issue=10_002)
        doubtful, settled = mirror.sync(), mirror.sync()
    assert (buried(doubtful), doubtful.outcome.status) == ([], "partial")
    assert classes(doubtful, "ALFA") == {"unresolved": [10_002]}
    assert (classes(settled, "ALFA"), settled.outcome.status) == ({"archived": [10_002]}, "complete")
    assert "archived on" in evidence(settled, "ALFA", 10_002)


def _long(number=2, histories=5):
    world = small_world()
    make_issue(world, number, world.projects[10_200 + number % 2], histories=histories)
    return world


def test_case_30_a_changelog_that_neither_page_nor_bulk_tells_of_is_asked_for_by_itself():
    with site(_long(histories=250), faults=(NO_LOG, NO_BULK_LOG)) as acme:
        synced = acme.sync()
        again = acme.sync(synced.checkpoint)
    assert len(_rows(synced, "10002")) == 250
    proof = synced.certificate("ALFA")
    assert proof.changelog_total == proof.changelog_held == 250 + 11 * 2
    assert (synced.outcome.status, again.count()) == ("complete", 0)


def test_case_30_a_changelog_of_unknown_length_that_is_refused_is_not_taken_for_empty():
    with site(_long(), faults=(NO_LOG, NO_BULK_LOG, "403@/issue/10002/changelog:1")) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    assert (first.outcome.status, classes(first, "ALFA")) == ("partial", {"changelog_short": [10_002]})
    proof = first.certificate("ALFA")
    assert proof.changelog_total == proof.changelog_held == 11 * 2
    assert (len(_rows(second, "10002")), second.outcome.status) == (5, "complete")


def test_case_30_an_issue_that_never_changed_is_whole_when_it_says_so_itself():
    with site(_long(histories=0), faults=(NO_LOG,)) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    assert (first.outcome.status, second.count()) == ("complete", 0)


@pytest.mark.parametrize("code", [403, 404, 422])
def test_case_30_on_data_center_a_changelog_that_is_refused_is_not_taken_for_empty(code):
    faults = ("no_changelog@/rest/api/2/search:1+", f"{code}@/rest/api/2/issue/10002:1")
    with datacenter(_long(), faults=faults) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    assert (first.outcome.status, classes(first, "ALFA")) == ("partial", {"changelog_short": [10_002]})
    assert (len(_rows(second, "10002")), second.outcome.status) == (5, "complete")


@pytest.mark.parametrize("code", [403, 422])
def test_case_29_on_data_center_an_issue_that_is_refused_by_id_is_not_buried(code):
    with datacenter(faults=(f"{code}@/rest/api/2/issue/10020:1+",)) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        acme.do("hide_issue", issue=10_020)
        synced = mirror.sync()
    assert (buried(synced), classes(synced, "ALFA")) == ([], {"unresolved": [10_020]})


def test_case_29_on_data_center_issues_that_are_refused_in_masses_are_not_buried_on_the_operators_word():
    with datacenter(small_world(104), faults=("403@/rest/api/2/issue/:1+",), sees_all_issues=True) as acme:
        mirror = Mirror(acme)
        mirror.sync()
        gone = [issue.id for issue in acme.jira.site.shown.issues.values() if issue.project_id == ALFA][:51]
        for issue in gone:
            acme.do("archive_issue", issue=issue)
        synced = mirror.sync()
    assert (buried(synced), classes(synced, "ALFA")) == ([], {"unresolved": sorted(gone)})
