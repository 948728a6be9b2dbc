"""Sign-in that fails on the way or from the start: told at once, with its remedy."""

from __future__ import annotations

import pytest

from connectors.errors import AuthenticationError
from tests.connectors.jira.syncing import collect, connect, site
from tests.fixtures.sandbox import small_world


def test_a_401_in_mid_search_fails_with_its_reason_and_no_outcome():
    with (
        site(small_world(60), faults=("401@/search/jql:3+",), page_size=10, in_flight=2) as acme,
        pytest.raises(AuthenticationError, match="token"),
    ):
        acme.sync()


def test_a_wrong_token_is_told_with_its_remedy():
    with site() as acme:
        source = connect(acme.jira.url, acme.waits, acme.jira.email, "wrong")
        with pytest.raises(AuthenticationError, match="token: it may be mistyped"):
            collect(source.sync(None))
