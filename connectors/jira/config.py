"""The settings of one Jira site, checked as a whole so that one message names everything that is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from connectors.errors import ConfigurationError
from connectors.source import SiteConfig

_CLOUD_ID: Final = re.compile(r"[A-Za-z0-9-]+")
_PROJECT: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*|[0-9]+")
_NUMBERS: Final[Mapping[str, tuple[float, float, float]]] = {
    # option: default, least, most
    "page_size": (100, 1, 100),  # Jira gives no more than 100 full issues a page
    "in_flight": (8, 1, 64),
    "timeout_seconds": (90, 1, 3600),
    "longest_wait_seconds": (120, 0, 3600),
    "lookback_minutes": (10, 1, 1440),  # index lag is seconds to minutes; five were seen
}
Auth: TypeAlias = Literal["token", "pat", "scoped", "oauth"]
GATEWAY: Final = "https://api.atlassian.com"
_TOKEN_URL: Final = "https://auth.atlassian.com/oauth/token"  # noqa: S105 - an address
_WANTED: Final[Mapping[str, str]] = {
    "email": "the account's e-mail address (JIRA_EMAIL)",
    "api_token": "an API token of that account (JIRA_API_TOKEN)",
    "cloud_id": "the site's id at the gateway; <url>/_edge/tenant_info shows it",
    "client_id": "the client id of the OAuth app",
    "client_secret": "the secret of the OAuth app",
    "refresh_token": "the refresh token that the authorisation gave (scope offline_access)",
}
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("email", "api_token"),
    "pat": ("api_token",),
    "scoped": ("cloud_id", "api_token"),
    "oauth": ("cloud_id", "client_id", "client_secret", "refresh_token"),
}
_HOOKS: Final = ("webhook_secret", "webhook_app_secret", "webhook_issuer", "webhook_url")
_SECRETS: Final = ("webhook_secret", "webhook_app_secret")
_SHORTEST_SECRET: Final = 16
_KNOWN: Final = frozenset(
    {
        *("url", "projects", "allow_http", "auth", "flavour", "gateway", "token_url", "sees_all_issues"),
        *_WANTED,
        *_NUMBERS,
        *_HOOKS,
    }
)


@dataclass(frozen=True)
class Settings:
    """A validated site; no secret is in its repr. `url` is where people open it, `address` where we ask.

    `auth` is how we sign in: with an API token of an account, a personal access token (Data Center), a token with
    scopes, or OAuth; the last two work at the gateway only. `is_datacenter` follows from it unless it was said.
    """

    site: str
    url: str
    email: str = ""
    api_token: str = field(default="", repr=False)
    auth: Auth = "token"
    is_datacenter: bool = False
    cloud_id: str = ""
    gateway: str = GATEWAY
    token_url: str = _TOKEN_URL
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    projects: tuple[str, ...] = ()
    page_size: int = 100
    in_flight: int = 8
    timeout_seconds: float = 90.0
    longest_wait_seconds: float = 120.0
    lookback_minutes: float = 10.0
    sees_all_issues: bool = False  # the operator's word: no issue of a browsable project is hidden from the account
    webhook_secret: str = field(default="", repr=False)  # of an administrator's webhook
    webhook_app_secret: str = field(default="", repr=False)  # of the app whose dynamic webhooks come
    webhook_issuer: str = ""  # who signs them; empty: whoever has the secret
    webhook_url: str = ""  # where they are sent; given, they are kept alive

    @property
    def address(self) -> str:
        return f"{self.gateway}/ex/jira/{self.cloud_id}" if self.auth in ("scoped", "oauth") else self.url


def read(config: SiteConfig) -> Settings:
    """The settings of a site, or one ConfigurationError that lists every problem."""
    options, problems = config.options, list[str]()
    url = _url(options, problems)
    auth = _choice(options, "auth", tuple(_NEEDED), problems) or "token"
    flavour = _choice(options, "flavour", ("cloud", "datacenter"), problems)
    if flavour == "datacenter" and auth in ("scoped", "oauth"):
        problems.append(f"auth {auth} is of Jira Cloud; a Data Center takes auth pat")
    identity = {name: _text(options, name, _WANTED[name], problems, needed=name in _NEEDED[auth]) for name in _WANTED}
    if identity["cloud_id"] and not _CLOUD_ID.fullmatch(identity["cloud_id"]):
        problems.append("cloud_id may have letters, digits and '-' only")
    addresses = {
        name: _url(options, problems, name, usual) for name, usual in (("gateway", GATEWAY), ("token_url", _TOKEN_URL))
    }
    numbers = {name: _number(options, name, problems) for name in _NUMBERS}
    projects = _projects(options.get("projects"), problems)
    if not isinstance(options.get("sees_all_issues", False), bool):
        problems.append("sees_all_issues must be true or false")
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
        auth=cast(Auth, auth),
        is_datacenter=(flavour or ("datacenter" if auth == "pat" else "cloud")) == "datacenter",
        **addresses,
        **identity,
        projects=projects,
        page_size=int(numbers["page_size"]),
        in_flight=int(numbers["in_flight"]),
        timeout_seconds=numbers["timeout_seconds"],
        longest_wait_seconds=numbers["longest_wait_seconds"],
        lookback_minutes=numbers["lookback_minutes"],
        sees_all_issues=options.get("sees_all_issues") is True,
        **hooks,
    )


def _choice(options: Mapping[str, Any], name: str, allowed: tuple[str, ...], problems: list[str]) -> str:
    value = options.get(name) or ""
    if value and value not in allowed:
        problems.append(f"{name} must be one of {', '.join(allowed)}")
        return ""
    return str(value)


def _text(options: Mapping[str, Any], name: str, what: str, problems: list[str], *, needed: bool = True) -> str:
    value = options.get(name)
    if not isinstance(value, str) or not value.strip():
        if needed:
            problems.append(f"{name} is missing: {what}")
        return ""
    if not value.strip().isprintable():
        problems.append(f"{name} holds a line break or control character")
    return value.strip()


def _url(options: Mapping[str, Any], problems: list[str], name: str = "url", default: str = "") -> str:
    wanted = "the site's address, https://<name>.atlassian.net (JIRA_URL)"
    text = _text(options, name, wanted, problems, needed=not default) or default
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        problems.append(f"{name} must look like https://<name>.atlassian.net")
        return ""
    if parts.username or parts.password:
        problems.append(f"{name} must not hold a user name or password")
        return ""
    if parts.scheme == "http" and not (_is_loopback(host) or options.get("allow_http") is True):
        problems.append(f"{name} must begin with https, or the token would travel in the clear")
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
