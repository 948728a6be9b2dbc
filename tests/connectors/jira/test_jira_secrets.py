"""The token and the address's account never leave the session: not in errors, reprs, logs or checkpoints."""

from __future__ import annotations

import logging
import traceback
from base64 import b64encode

import pytest

from connectors.errors import SourceError
from tests.connectors.jira.syncing import collect, connect, site

TOKEN = "ATATT-very-secret-token"
FAULTS = ["401@2+", "502@2+", "html200@3+", "truncated@4+", "reset@2+", "429_garbage@3+", "400@/search/jql:1+"]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_log_or_traceback_holds_a_secret(fault, caplog):
    caplog.set_level(logging.DEBUG)
    with site(faults=(fault,)) as acme:
        source = connect(acme.jira.url, [], acme.jira.email, acme.jira.token)
        secrets = _spellings(acme.jira.email, acme.jira.token)
        try:
            told = collect(source.sync(None)).outcome.detail
        except SourceError as error:
            told = "".join(traceback.format_exception(error)) + repr(error) + str(error)
    for secret in secrets:
        assert secret not in told
        assert secret not in caplog.text


def test_reprs_of_settings_and_source_hold_no_secret():
    source = connect("https://acme.atlassian.net", [], "pmo@acme.example", TOKEN)
    for thing in (source, source._settings):
        assert TOKEN not in repr(thing)


def test_the_checkpoint_holds_no_secret():
    with site() as acme:
        text = str(acme.sync().checkpoint)
        assert not any(secret in text for secret in _spellings(acme.jira.email, acme.jira.token))


def _spellings(email, token):
    return [token, b64encode(f"{email}:{token}".encode()).decode()]
