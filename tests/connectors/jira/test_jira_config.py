"""Settings are checked as a whole: one message names everything that is wrong."""

from __future__ import annotations

import pytest

from connectors.errors import ConfigurationError
from connectors.jira.config import read
from connectors.source import SiteConfig

GOOD = {"url": "https://acme.atlassian.net/", "email": "pmo@acme.example", "api_token": "secret-token"}


def _read(**options):
    return read(SiteConfig("jira", "acme", {**GOOD, **options}))


def test_defaults_and_a_trailing_slash():
    settings = _read()
    assert (settings.url, settings.page_size, settings.in_flight) == ("https://acme.atlassian.net", 100, 8)
    assert "secret-token" not in repr(settings)


@pytest.mark.parametrize("projects", [["ALFA", "BRAVO"], "ALFA, BRAVO", ("ALFA", "BRAVO", "ALFA")])
def test_projects_may_be_a_list_or_text(projects):
    assert _read(projects=projects).projects == ("ALFA", "BRAVO")


def test_all_problems_come_in_one_message():
    options = {"url": "acme", "page_size": 1000, "in_flight": "many", "projects": ['A" OR x'], "colour": "red"}
    with pytest.raises(ConfigurationError) as error:
        read(SiteConfig("jira", "acme", options))
    for part in (
        "url must",
        "email is missing",
        "api_token is missing",
        "page_size",
        "in_flight",
        "projects",
        "colour",
    ):
        assert part in error.value.message


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://jira.acme.example", "https"),
        ("https://me:secret@acme.atlassian.net", "user name"),
        ("ftp://acme", "must look like"),
        ("https://[broken", "must look like"),
    ],
)
def test_unsafe_or_broken_addresses_are_refused_without_repeating_them(url, said):
    with pytest.raises(ConfigurationError, match=said) as error:
        _read(url=url)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_plain_http_is_for_this_machine_only(url):
    assert _read(url=url).url == url
