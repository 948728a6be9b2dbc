"""Faults on the way: what passes is tried again and delivers everything, what does not fails at once and clearly."""

from __future__ import annotations

import pytest

from connectors.errors import (
    AuthenticationError,
    DeferredError,
    GoneError,
    ProtocolError,
    RefusedError,
    SourceError,
    UnreachableError,
)
from connectors.jira import issues
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import small_world

SEARCH = "/search/jql"


@pytest.mark.parametrize(
    "fault", ["500", "502", "503", "504", "reset", "truncated", "429_no_header", "429_http_date", "429_garbage"]
)
def test_a_passing_fault_costs_a_wait_and_loses_nothing(fault):
    with site(small_world(60), faults=(f"{fault}@{SEARCH}:3",), page_size=10, in_flight=2) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert sorted(map(int, synced.keys("issue"))) == list(range(10_001, 10_061))
    assert acme.waits or fault == "429_http_date"  # a date long past asks for no wait


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("502", UnreachableError, "answered 502"),
        ("truncated", UnreachableError, "cut off"),
        ("html200", ProtocolError, "text/html instead of JSON"),
        ("empty200", ProtocolError, "an empty body"),
        ("401", AuthenticationError, "token"),
        ("400", RefusedError, "the page could not be read"),
    ],
)
def test_a_lasting_fault_in_mid_search_fails_with_its_reason_and_no_outcome(fault, error, said):
    with (
        site(small_world(60), faults=(f"{fault}@{SEARCH}:3+",), page_size=10, in_flight=2) as acme,
        pytest.raises(error, match=said),
    ):
        acme.sync()


def test_html_is_not_asked_for_again():
    with site(faults=(f"html200@{SEARCH}:1+",)) as acme:
        with pytest.raises(ProtocolError):
            acme.sync()
        assert acme.waits == []


def test_a_repeated_page_token_ends_the_sync_instead_of_looping():
    with (
        site(small_world(60), faults=(f"repeated_token@{SEARCH}:2",), page_size=10, in_flight=1) as acme,
        pytest.raises(ProtocolError, match="same page token"),
    ):
        acme.sync()


@pytest.mark.parametrize("fault", ["is_last_missing@1", "short_pages@1", f"empty_page@{SEARCH}:4-9"])
def test_odd_but_legal_pages_deliver_every_issue_once(fault):
    with site(small_world(61), faults=(fault,), page_size=7, in_flight=2) as acme:
        first = acme.sync()
    assert sorted(map(int, first.keys("issue"))) == list(range(10_001, 10_062))


def test_endless_empty_pages_are_given_up():
    with (
        site(small_world(60), faults=(f"empty_page@{SEARCH}:3+",), page_size=4, in_flight=1) as acme,
        pytest.raises(ProtocolError, match="empty pages"),
    ):
        acme.sync()


def test_a_wrong_token_is_told_with_its_remedy():
    with site() as acme:
        source = connect(acme.jira.url, acme.waits, acme.jira.email, "wrong")
        with pytest.raises(AuthenticationError, match="token: it may be mistyped"):
            collect(source.sync(None))


def test_a_server_that_is_down_is_told_after_a_bounded_number_of_tries():
    with site() as acme:
        pass
    with pytest.raises(UnreachableError, match="failed 3 times"):
        acme.sync()
    assert len(acme.waits) == 2


def test_a_withdrawn_interface_is_told_at_once(monkeypatch):
    monkeypatch.setattr(issues, "SEARCH", "/rest/api/3/search")
    with site() as acme:
        with pytest.raises(GoneError, match="410"):
            acme.sync()
        assert acme.waits == []


def test_every_error_of_the_family_reads_as_text_with_remedy():
    assert issubclass(DeferredError, SourceError)
    assert str(UnreachableError("what.", "do this.")) == "what. do this."
