"""Case 6: a 401 in mid-run; OAuth refreshed once for all, and the new refresh token kept before anything is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.errors import AuthenticationError, ConfigurationError
from connectors.sandbox.server import Running
from tests.connectors.jira.flavours import Store, at_gateway, settle
from tests.connectors.jira.syncing import collect, site
from tests.fixtures.sandbox import running_world, small_world


@contextmanager
def _gateway(issues: int = 24, **options: object) -> Iterator[Running]:
    with running_world(small_world(issues), **options) as jira:
        yield jira
        settle(jira)


def _log(jira):
    return jira.sandbox.oauth.log


def test_case_06_a_401_in_mid_run_with_a_fixed_token_fails_and_commits_no_checkpoint():
    with (
        site(small_world(60), faults=("401@/search/jql:3+",), page_size=10, in_flight=2) as acme,
        pytest.raises(AuthenticationError, match="token"),
    ):
        acme.sync()


def test_case_06_access_tokens_that_end_in_mid_run_cost_one_refresh_and_nothing_else():
    with _gateway() as jira:
        store = Store()
        items = at_gateway(jira, "oauth", store, page_size=5, in_flight=8).sync(None)
        before = []
        for item in items:
            before.append(item)
            if getattr(item, "stream", "") == "project":
                jira.change(jira.sandbox.oauth.expire)  # now dimensions and pages run into a 401 side by side
                break
        synced = collect(iter([*before, *items]))
        log = list(_log(jira))
    assert synced.outcome.status == "complete"
    assert sorted(map(int, synced.keys("issue"))) == list(range(10_001, 10_025))
    assert log == [
        "issued sandbox-access-1",
        "used sandbox-access-1",
        "issued sandbox-access-2",
        "used sandbox-access-2",
    ]
    assert [json.loads(text)["refresh_token"] for text in store.writes] == ["sandbox-refresh-1", "sandbox-refresh-2"]


def test_case_06_eight_requests_refused_at_once_refresh_once():
    with _gateway(90) as jira:
        store = Store()
        items, before = at_gateway(jira, "oauth", store, page_size=5, in_flight=8).sync(None), []
        for item in items:
            before.append(item)
            if getattr(item, "stream", "") == "issue":
                jira.change(jira.sandbox.oauth.expire)
                break
        synced = collect(iter([*before, *items]))
        assert [line for line in _log(jira) if line.startswith("issued")] == [
            "issued sandbox-access-1",
            "issued sandbox-access-2",
        ]
    assert len(set(synced.keys("issue"))) == 90
    assert store.turns == 2  # the others waited for the one, and asked nobody


def test_case_06_the_new_refresh_token_is_stored_before_its_access_token_is_used():
    with _gateway() as jira:
        store = Store(error=ConfigurationError("tokens/jira-acme.json cannot be written (No space left)."))
        with pytest.raises(ConfigurationError, match="cannot be written"):
            collect(at_gateway(jira, "oauth", store).sync(None))
        assert _log(jira) == ["issued sandbox-access-1"]  # never used
        store.error = None
        assert collect(at_gateway(jira, "oauth", store).sync(None)).outcome.status == "complete"


def test_case_06_a_crash_after_the_token_is_stored_goes_on_with_the_new_one():
    with _gateway(oauth_grace_minutes=0) as jira:
        store = Store()
        items = at_gateway(jira, "oauth", store).sync(None)
        next(items)
        items.close()  # whatever was in memory is gone
        jira.change(jira.sandbox.oauth.expire)
        resumed = collect(at_gateway(jira, "oauth", store).sync(None))
        assert "issued sandbox-access-2" in _log(jira)
    assert resumed.outcome.status == "complete"


def test_case_06_a_crash_between_answer_and_store_is_healed_by_the_grace_of_the_old_token():
    for grace, healed in ((10, True), (0, False)):
        with _gateway(oauth_grace_minutes=grace) as jira:
            with pytest.raises(ConfigurationError):
                collect(at_gateway(jira, "oauth", Store(error=ConfigurationError("killed."))).sync(None))
            again = at_gateway(jira, "oauth", Store())
            if healed:
                assert collect(again.sync(None)).outcome.status == "complete"
                continue
            with pytest.raises(AuthenticationError, match="Authorise the app again"):
                collect(again.sync(None))


def test_case_06_a_run_within_the_hour_refreshes_nothing_and_a_newly_configured_token_replaces_the_stored():
    with _gateway(24) as jira:
        store = Store()
        for _ in range(2):
            collect(at_gateway(jira, "oauth", store).sync(None))
        assert store.writes == [store.text]
        jira.sandbox.oauth.refresh_tokens["given-anew"] = None
        collect(at_gateway(jira, "oauth", store, refresh_token="given-anew").sync(None))
        assert len(store.writes) == 2


def test_case_06_two_processes_that_share_a_store_refresh_once():
    with _gateway(24, oauth_grace_minutes=0) as jira:
        store = Store()
        first, second = (at_gateway(jira, "oauth", store).sync(None) for _ in range(2))
        next(first)
        next(second)
        assert _log(jira) == ["issued sandbox-access-1", "used sandbox-access-1"]
        first.close()
        second.close()


@pytest.mark.parametrize("fault", ["502", "reset", "truncated"])
def test_case_06_a_passing_fault_at_the_token_endpoint_is_tried_again(fault):
    with _gateway(24, faults=(f"{fault}@/oauth/token:1",)) as jira:
        assert collect(at_gateway(jira, "oauth", Store()).sync(None)).outcome.status == "complete"


def test_case_06_no_token_reaches_an_error_a_repr_or_the_checkpoint():
    with _gateway(24, faults=("401@/search/jql:1+",)) as jira:
        source, store = at_gateway(jira, "oauth", (store := Store())), store
        with pytest.raises(AuthenticationError) as error:
            collect(source.sync(None))
        told = repr(error.value) + str(error.value) + repr(source._settings) + repr(source)
    assert store.text is not None
    for secret in ("sandbox-access", "sandbox-refresh", "sandbox-client-secret"):
        assert secret not in told


def test_case_06_without_a_place_for_the_token_oauth_is_refused():
    with _gateway(24) as jira, pytest.raises(ConfigurationError, match="a place to keep"):
        collect(at_gateway(jira, "oauth", None).sync(None))
