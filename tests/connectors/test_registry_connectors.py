"""The one list of connectors."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors import registry
from connectors.errors import ConfigurationError
from connectors.jira.source import JiraSource
from connectors.source import SiteConfig


def test_every_listed_connector_can_be_loaded_and_names_its_streams():
    for name in registry.CONNECTORS:
        streams = registry.streams(name)
        assert len({stream.name for stream in streams}) == len(streams) > 0


def test_a_site_becomes_a_source_of_its_type():
    options = {"url": "https://acme.atlassian.net", "email": "pmo@acme.example", "api_token": "t"}
    source = registry.create(SiteConfig("jira", "acme", options), lambda: datetime(2026, 1, 1, tzinfo=UTC))
    assert isinstance(source, JiraSource)
    assert (source.type, source.site) == ("jira", "acme")


def test_an_unknown_type_is_told_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="jira, registers"):
        registry.factory("trello")
