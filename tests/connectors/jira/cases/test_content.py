"""Cases 28 and 30 to 36 as the connector meets them: what issues hold, however odd, arrives whole or is told."""

from __future__ import annotations

import pytest

from connectors.jira import wire
from connectors.jira.held import Held
from connectors.sandbox.jira import hostile, removals
from connectors.sandbox.world import Comment
from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import make_issue, small_world

SEARCH, BULK = "/search/jql", "/issue/bulkfetch"


def _world(*numbers, histories):
    world = small_world()
    for number in numbers:
        make_issue(world, number, world.projects[10_200 + number % 2], histories=histories)
    return world


def _rows(synced, issue):
    logs = [record.payload for record in synced.records["issue_changelog"] if record.payload["issueId"] == issue]
    return [row["id"] for log in logs for row in log["changeHistories"]]


def _talkative(issue, count):
    world = small_world()
    for number in range(100, 100 + count):
        world.comments[number] = Comment(number, issue, "acc-1", f"Remark {number}", world.now, world.now)
    return world


def _said(synced, issue):
    pages = [record.payload for record in synced.records.get("issue_comment", []) if record.key.startswith(f"{issue}/")]
    return [comment["id"] for page in pages for comment in page["comments"]]


def _asked(acme, path):
    return sum(count for name, count in acme.jira.sandbox.requests.items() if name.endswith(path))


@pytest.mark.parametrize(
    ("remove", "what", "issues"),
    [
        (lambda world: removals.remove_comment(world, 1), "comment", ["10003"]),
        (lambda world: removals.remove_attachment(world, 1), "attachment", ["10003"]),
        (lambda world: removals.remove_link(world, 1), "issuelinks", ["10003", "10004"]),
    ],
    ids=["comment", "attachment", "link"],
)
def test_case_28_what_was_removed_is_missing_from_the_next_version_of_the_issue(remove, what, issues):
    with site() as acme:
        first = acme.sync()
        acme.edit(remove)
        second = acme.sync(first.checkpoint)
    assert sorted(second.keys("issue")) == issues

    def held(synced):
        fields = next(record.payload["fields"] for record in synced.records["issue"] if record.key == "10003")
        found = fields[what]["comments"] if what == "comment" else fields[what]
        return {one["id"] for one in found}

    assert held(first) - held(second) == {"1"}


def test_case_30_a_changelog_of_three_hundred_entries_arrives_whole_and_counted():
    with site(_world(2, 7, histories=300)) as acme:
        synced = acme.sync()
    assert {key.split("/")[0] for key in synced.keys("issue_changelog")} == {"10002", "10007"}
    assert len(_rows(synced, "10002")) == len(set(_rows(synced, "10002"))) == 300
    proof = synced.certificate("ALFA")
    assert proof.changelog_total == proof.changelog_held == 300 + 11 * 2
    assert synced.outcome.status == "complete"


def test_case_31_a_hub_with_thousands_of_links_comes_alone_and_its_neighbours_in_full_pages():
    world = small_world(120)
    hub = hostile.add(world, links=3_000)["hub"]
    with site(world, largest_answer=5_000_000, in_flight=1) as acme:
        synced = acme.sync()
        pages = _asked(acme, SEARCH)
    links = next(record for record in synced.records["issue"] if record.key == str(hub.id)).payload["fields"][
        "issuelinks"
    ]
    assert len(links) == 3_000
    assert len(synced.keys("issue")) == len(set(synced.keys("issue"))) == len(world.issues)
    assert synced.outcome.status == "complete"
    assert len(acme.waits) <= 3, "an answer that is too much is soon recognised"
    assert pages < 60


def test_case_31_an_outage_is_no_hub_and_still_ends_the_sync():
    with site(faults=(f"504@{SEARCH}:2+",), in_flight=1) as acme, pytest.raises(Exception, match="answered 504"):
        acme.sync()


def test_case_31_a_hub_fetched_by_id_comes_alone_too():
    world = small_world()
    hub = hostile.add(world, links=2_000)["hub"]
    with site(world, largest_answer=3_500_000) as acme:
        first = acme.sync()
        second = acme.sync({**first.checkpoint, "held": {**first.checkpoint["held"], **_emptied()}})
    assert str(hub.id) in second.keys("issue")
    assert second.outcome.status == "complete"


def _emptied():
    """As if nothing were held: the census then asks for every issue by its id."""
    return {name: value for name, value in Held().dump().items() if name != "short"}


def test_case_32_comments_beyond_those_an_issue_shows_are_fetched_and_counted():
    with site(_talkative(10_002, 250)) as acme:
        synced = acme.sync()
        again = acme.sync(synced.checkpoint)
        single = _asked(acme, "/issue/{issue}/comment")
    assert len(_said(synced, "10002")) == len(set(_said(synced, "10002"))) == 250
    assert {key.split("/")[0] for key in synced.keys("issue_comment")} == {"10002"}
    proof = synced.certificate("ALFA", "issue_comment")
    assert (proof.source_count, proof.held_count, proof.status) == (250, 250, "complete")
    assert (single, again.count()) == (3, 0), "only that issue takes calls of its own, and only once"


def test_case_32_comments_that_stay_out_of_reach_make_the_sync_partial_and_are_asked_for_again():
    with site(_talkative(10_002, 50), faults=("403@/issue/10002/comment:1",)) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    proof = first.certificate("ALFA")
    assert (first.outcome.status, proof.status) == ("partial", "partial")
    assert [(entry["id"], entry["class"]) for entry in proof.missing] == [("10002", "comments_short")]
    assert len(_said(second, "10002")) == 50
    assert "issue" not in second.records
    assert second.outcome.status == "complete"


def test_case_32_comments_that_a_search_leaves_out_are_asked_for_a_hundred_issues_at_a_time():
    with site(_talkative(10_002, 3), faults=(f"no_comments@{SEARCH}:1+",)) as acme:
        synced = acme.sync()
        bulk, single = _asked(acme, BULK), _asked(acme, "/issue/{issue}/comment")
    assert _said(synced, "10002") == ["100", "101", "102"]
    assert _said(synced, "10003") == ["1", "2"]
    assert (bulk, single) == (1, 0)
    assert synced.outcome.status == "complete"


def test_case_32_where_bulk_is_not_offered_missing_comments_come_issue_by_issue():
    with site(_talkative(10_002, 130), faults=(f"403@{BULK}:1+",)) as acme:
        synced = acme.sync()
    assert len(_said(synced, "10002")) == 130
    assert synced.outcome.status == "complete"


def test_case_32_a_changelog_that_a_search_leaves_out_is_fetched():
    with site(_world(2, histories=5), faults=(f"no_changelog@{SEARCH}:1+",)) as acme:
        synced = acme.sync()
    assert len(_rows(synced, "10002")) == 5
    proof = synced.certificate("ALFA")
    assert proof.changelog_total == proof.changelog_held == 5 + 11 * 2


def test_case_33_fields_of_both_lists_arrive_by_id_with_their_scope():
    with site() as acme:
        records = {record.key: record.payload for record in acme.sync().records["field"]}
    assert records["customfield_10033"]["scope"]["project"]["id"] == "10201", "told by the plain list only"
    assert records["customfield_10034"]["name"] == "Unseen", "told by the search only"
    assert records["customfield_10030"]["name"] == records["customfield_10031"]["name"] == "Value"


def test_case_35_lone_surrogates_are_mended_for_readers_and_kept_as_they_came():
    world = small_world()
    odd = hostile.add(world, links=0)
    with site(world) as acme:
        synced = acme.sync()
    fields = next(r.payload["fields"] for r in synced.records["issue"] if r.key == str(odd["surrogate"].id))
    assert fields["summary"] == "Odd: half \ufffd of a pair"
    assert fields[hostile.LETTERS.key] == "low \ufffd first"
    assert [(item.location, item.reason) for item in synced.rejected] == [
        (f"issue '{odd['surrogate'].id}'", "half of a surrogate pair: kept with U+FFFD in its place")
    ]
    assert r"half \ud83d of a pair" in synced.rejected[0].raw
    assert r"low \ude00 first" in synced.rejected[0].raw


def test_case_35_only_the_mended_issue_of_a_page_is_told():
    whole, half = rb'{"id":"1","fields":{"a":"\ud83d\ude00"}}', rb'{"id":"2","fields":{"a":"\ud83d"}}'
    page = b'{"issues":[%b,%b,{"id":"3","fields":{}}]}' % (whole, half)
    read = wire.issue_page(page)
    assert read.mended == {1: half}
    assert bytes(read.raws[1]) == rb'{"id":"2","fields":{"a":"\ufffd"}}'


def test_case_36_an_issue_with_an_impossible_time_is_landed_and_not_fetched_for_ever():
    world = small_world()
    world.issues[10_005].extra = {"updated": "51502-01-01T00:00:00.000+0000"}
    with site(world) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
    assert first.records["issue"][[r.key for r in first.records["issue"]].index("10005")].updated is None
    assert (second.count(), second.outcome.status) == (0, "complete")
