"""Cases 10 to 16: every legal form of a page and a last page, tokens that lie or expire, syncs that end in mid-page."""

from __future__ import annotations

import pytest

from connectors.errors import ProtocolError
from tests.connectors.jira.homes import Home
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import running_world, small_world

SEARCH = "/search/jql"
EVERY = list(range(10_001, 10_061))
LAST_PAGES = ("is_last_missing", "is_last_true", "is_last_false", "is_last_null")
LAST_TOKENS = ("last_token_null", "last_token_empty", "last_page_empty")
TOGETHER = (("is_last_true", "last_token_null"), ("is_last_false", "last_token_empty"))


def _issues(synced):
    return sorted(map(int, synced.keys("issue")))


def _told(synced):
    """All that a sync delivered and vouches for, the order of arrival and its own time apart."""
    records = {
        (name, record.key, repr(record.payload)) for name, records in synced.records.items() for record in records
    }
    proofs = {(one.scope_key, one.status, one.source_count, one.held_count) for one in synced.outcome.certificates}
    return records, synced.count(), synced.outcome.status, proofs


@pytest.fixture(scope="module")
def plain():
    """What a site without faults gives, for a whole number of pages and for one with a rest."""
    found = {}
    for size in (6, 7):
        with site(small_world(30), page_size=size, in_flight=2) as acme:
            found[size] = _told(acme.sync())
    return found


@pytest.mark.parametrize("size", [6, 7])
@pytest.mark.parametrize(
    "faults", [*((one,) for one in (*LAST_PAGES, *LAST_TOKENS)), *TOGETHER], ids=lambda faults: "+".join(faults)
)
def test_case_10_whatever_form_the_last_page_takes_the_result_is_the_same(plain, faults, size):
    with site(small_world(30), faults=tuple(f"{one}@1" for one in faults), page_size=size, in_flight=2) as acme:
        synced = acme.sync()
        again = acme.sync(synced.checkpoint)
    assert _told(synced) == plain[size]
    assert again.count() == 0


def test_case_11_a_repeated_page_token_ends_the_sync_instead_of_looping():
    with site(small_world(60), faults=(f"repeated_token@{SEARCH}:2",), page_size=10, in_flight=1) as acme:
        with pytest.raises(ProtocolError, match="same page token"):
            acme.sync()
        assert acme.jira.sandbox.requests["/rest/api/3/search/jql"] <= 5


def test_case_11_a_repeated_page_token_commits_nothing(tmp_path):
    home = Home(tmp_path / "home")
    with running_world(small_world(60), faults=(f"repeated_token@{SEARCH}:2",)) as jira:
        home.point_at(jira, page_size=10, in_flight=1)
        with pytest.raises(ProtocolError):
            home.sync()
    assert home.landing.commit_ids() == []


def test_case_12_an_empty_page_with_a_token_is_passed_over():
    with site(small_world(61), faults=(f"empty_page@{SEARCH}:4-9",), page_size=7, in_flight=2) as acme:
        first = acme.sync()
    assert _issues(first) == list(range(10_001, 10_062))
    assert first.outcome.status == "complete"


def test_case_12_endless_empty_pages_are_given_up():
    with site(small_world(60), faults=(f"empty_page@{SEARCH}:3+",), page_size=4, in_flight=1) as acme:
        with pytest.raises(ProtocolError, match="empty pages"):
            acme.sync()
        assert acme.jira.sandbox.requests["/rest/api/3/search/jql"] < 120


@pytest.mark.parametrize("when", ["1", f"{SEARCH}:3"])
def test_case_13_short_pages_are_complete(when):
    with site(small_world(61), faults=(f"short_pages@{when}",), page_size=7, in_flight=2) as acme:
        first = acme.sync()
    assert _issues(first) == list(range(10_001, 10_062))
    assert first.outcome.status == "complete"


@pytest.mark.parametrize("how", ["by_fault", "by_age"])
def test_case_14_a_sync_put_off_in_page_k_whose_token_expired_meanwhile_reads_its_range_again(how):
    world = small_world(60)
    with running_world(world, faults=("429_quota@/rest/api/3/search/jql:4",)) as jira:
        stopped = collect(connect(jira.url, [], jira.email, jira.token, page_size=10, in_flight=1).sync(None))
    assert 0 < len(stopped.keys("issue")) < 60
    assert any(token for _, token, *_ in stopped.checkpoint["unfinished"]["ranges"])
    faults = (f"token_expired@{SEARCH}:1-1",) if how == "by_fault" else ()
    with site(world, faults=faults, page_size=10, in_flight=1) as acme:
        if how == "by_age":
            acme.jira.advance(8)
        resumed = acme.sync(stopped.checkpoint)
    assert set(stopped.keys("issue") + resumed.keys("issue")) >= {str(number) for number in EVERY}
    assert resumed.outcome.status == "complete"
    assert resumed.outcome.server_time == stopped.outcome.server_time  # it vouches from when it was begun


def test_case_14_a_token_refused_in_the_middle_is_an_error_not_a_new_start():
    with (
        site(small_world(60), faults=(f"token_expired@{SEARCH}:4",), page_size=10, in_flight=1) as acme,
        pytest.raises(Exception, match="invalid or has expired"),
    ):
        acme.sync()
