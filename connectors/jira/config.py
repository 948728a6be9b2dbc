"""The settings of one Jira site, checked as a whole so that one message names everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from connectors.errors import ConfigurationError
from connectors.source import SiteConfig

_PROJECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[0-9]+")
_NUMBERS: Final[Mapping[str, tuple[float, float, float]]] = {
    # option: default, least, most
    "page_size": (100, 1, 100),  # Jira gives no more than 100 full issues a page
    "in_flight": (8, 1, 64),
    "timeout_seconds": (90, 1, 3600),
    "longest_wait_seconds": (120, 0, 3600),
    "lookback_minutes": (10, 1, 1440),  # index lag is seconds to minutes; five were seen
}
_HOOKS: Final = ("webhook_secret", "webhook_app_secret", "webhook_issuer", "webhook_url")
_SECRETS: Final = ("webhook_secret", "webhook_app_secret")
_SHORTEST_SECRET: Final = 16
_KNOWN: Final = frozenset({"url", "email", "api_token", "projects", "allow_http", *_NUMBERS, *_HOOKS})


@dataclass(frozen=True)
class Settings:
    """A validated site. The token is in no repr."""

    site: str
    url: str
    email: str
    api_token: str = field(repr=False)
    projects: tuple[str, ...] = ()
    page_size: int = 100
    in_flight: int = 8
    timeout_seconds: float = 90.0
    longest_wait_seconds: float = 120.0
    lookback_minutes: float = 10.0
    webhook_secret: str = field(default="", repr=False)  # of an administrator's webhook
    webhook_app_secret: str = field(default="", repr=False)  # of the app whose dynamic webhooks come
    webhook_issuer: str = ""  # who signs them; empty: whoever has the secret
    webhook_url: str = ""  # where they are sent; given, they are kept alive


def read(config: SiteConfig) -> Settings:
    """The settings of a site, or one ConfigurationError that lists every problem."""
    options, problems = config.options, list[str]()
    url = _url(options, problems)
    email = _text(options, "email", "the account's e-mail address (JIRA_EMAIL)", problems)
    token = _text(options, "api_token", "an API token of that account (JIRA_API_TOKEN)", problems)
    numbers = {name: _number(options, name, problems) for name in _NUMBERS}
    projects = _projects(options.get("projects"), problems)
    hooks = _webhooks(options, problems)
    unknown = sorted(set(options) - _KNOWN)
    if unknown:
        problems.append(f"unknown: {', '.join(unknown)} (known: {', '.join(sorted(_KNOWN))})")
    if problems:
        raise ConfigurationError(
            f"Jira site {config.site!r}: " + "; ".join(problems) + ".",
            "Mend the site's YAML in SLIPSTREAM_SOURCES, or JIRA_URL, JIRA_EMAIL and JIRA_API_TOKEN.",
        )
    return Settings(
        site=config.site,
        url=url,
        email=email,
        api_token=token,
        projects=projects,
        page_size=int(numbers["page_size"]),
        in_flight=int(numbers["in_flight"]),
        timeout_seconds=numbers["timeout_seconds"],
        longest_wait_seconds=numbers["longest_wait_seconds"],
        lookback_minutes=numbers["lookback_minutes"],
        **hooks,
    )


def _text(options: Mapping[str, Any], name: str, what: str, problems: list[str]) -> str:
    value = options.get(name)
    if not isinstance(value, str) or not value.strip():
        problems.append(f"{name} is missing: {what}")
        return ""
    if not value.strip().isprintable():
        problems.append(f"{name} holds a line break or control character")
    return value.strip()


def _url(options: Mapping[str, Any], problems: list[str]) -> str:
    text = _text(options, "url", "the site's address, https://<name>.atlassian.net (JIRA_URL)", problems)
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        problems.append("url must look like https://<name>.atlassian.net")
        return ""
    if parts.username or parts.password:
        problems.append("url must not hold a user name or password")
        return ""
    if parts.scheme == "http" and not (_is_loopback(host) or options.get("allow_http") is True):
        problems.append("url must begin with https, or the token would travel in the clear")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _number(options: Mapping[str, Any], name: str, problems: list[str]) -> float:
    default, least, most = _NUMBERS[name]
    value = options.get(name, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = least - 1
    if isinstance(value, bool) or not least <= number <= most:
        problems.append(f"{name} must be a number from {least:g} to {most:g}")
        return default
    return number


def _webhooks(options: Mapping[str, Any], problems: list[str]) -> dict[str, str]:
    found = {name: _text(options, name, "leave the line out", problems) for name in _HOOKS if name in options}
    for name in _SECRETS:
        if 0 < len(found.get(name, "")) < _SHORTEST_SECRET:
            problems.append(f"{name} is shorter than {_SHORTEST_SECRET} characters and could be guessed")
    return found


def _projects(value: Any, problems: list[str]) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    keys = value.split(",") if isinstance(value, str) else value
    names = [str(key).strip() for key in keys] if isinstance(keys, list | tuple) else [""]
    if not all(_PROJECT.fullmatch(name) for name in names):
        problems.append("projects must be a list of project keys, such as [APOLLO, GEMINI]")
        return ()
    return tuple(dict.fromkeys(names))
