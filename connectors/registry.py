"""The one list of connectors: what a site's YAML may name as its `type`, and how to make it a Source.

A connector is imported only when one of its sites is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Final, TypeAlias, cast

from connectors.errors import ConfigurationError
from connectors.source import Clock, Receive, SiteConfig, Source, Stream

Factory: TypeAlias = Callable[[SiteConfig, Clock], Source]

CONNECTORS: Final[Mapping[str, str]] = {
    "jira": "connectors.jira.source:JiraSource",
    "registers": "connectors.registers.source:RegistersSource",
}
RECEIVERS: Final[Mapping[str, str]] = {"jira": "connectors.jira.webhook:receive"}
"""Who reads the webhooks of a source that sends any; apart from the connector, so that a receiver starts light."""


def factory(type_name: str) -> Factory:
    """The connector of that name, as a function of a site's settings and a clock."""
    address = CONNECTORS.get(type_name)
    if address is None:
        raise ConfigurationError(
            f"There is no connector {type_name!r}.", f"Use one of: {', '.join(sorted(CONNECTORS))} (the site's `type`)."
        )
    module, _, name = address.partition(":")
    return cast(Factory, getattr(import_module(module), name))


def create(config: SiteConfig, clock: Clock) -> Source:
    """A configured site, ready to sync; no I/O happens here."""
    return factory(config.type)(config, clock)


def streams(type_name: str) -> tuple[Stream, ...]:
    """What a connector offers, known without any site."""
    return cast(tuple[Stream, ...], factory(type_name).streams)  # type: ignore[attr-defined]


def receiver(type_name: str) -> Receive:
    """How to read a webhook of that kind of source."""
    module, _, name = RECEIVERS[type_name].partition(":")
    return cast(Receive, getattr(import_module(module), name))
