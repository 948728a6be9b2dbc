"""Signing in: which flavour and which credentials the settings ask for, and what is wrong where they do not work.

A refused sign-in says little, so the site is asked, without credentials, what it is: a personal access token on
Cloud, a token with scopes on the site's own address and a wrong site id each get their own advice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from connectors.errors import AuthenticationError, ConfigurationError, NotFoundError, ProtocolError, SourceError
from connectors.http import Pause, Policy, Session, get
from connectors.jira.client import Client
from connectors.jira.cloud import Cloud
from connectors.jira.config import GATEWAY, Settings
from connectors.jira.datacenter import DataCenter
from connectors.jira.flavour import Flavour
from connectors.jira.oauth import OAuth, RefreshRefusedError
from connectors.signing import Signer, basic, bearer
from connectors.source import Clock, TokenStore

T = TypeVar("T")

_FOR_DATA_CENTER: Final = (
    "The site is a Jira Data Center: set `auth: pat`, with a personal access token (profile > Personal Access Tokens) "
    "as api_token."
)
_FOR_CLOUD: Final = (
    "The site is Jira Cloud, which knows no personal access tokens: set `auth: token` with the account's email and an "
    "API token of it, or `auth: scoped` or `auth: oauth` with cloud_id."
)
_CHECKS: Final = {
    "token": "Check the e-mail address and the token: it may be mistyped, expired or revoked; a token with scopes "
    "works only at the gateway: set `auth: scoped` and `cloud_id{}`.",
    "pat": "Check the personal access token: it may be mistyped, expired or revoked.",
    "scoped": "Check that the token has scopes (read:jira-work, read:jira-user and the read scopes of boards and "
    "sprints) and is not expired or revoked; a token without scopes works only on the site's own address: "
    "set `auth: token`.",
    "oauth": "Check that the app was authorised for this site, with the scopes read:jira-work, read:jira-user, "
    "offline_access and the read scopes of boards and sprints.",
}


def flavour_of(settings: Settings) -> Flavour:
    return DataCenter() if settings.is_datacenter else Cloud()


def signer_of(settings: Settings, tokens: TokenStore | None, clock: Clock, policy: Policy, pause: Pause) -> Signer:
    if settings.auth == "oauth":
        return OAuth(settings, tokens, clock, policy, pause)
    if settings.auth == "pat" or not settings.email:  # a service account's token has no e-mail address
        return bearer(settings.api_token)
    return basic(settings.email, settings.api_token)


class _Info(Struct):
    deploymentType: str = ""  # noqa: N815 - Jira's word


class _Tenant(Struct):
    cloudId: str = ""  # noqa: N815 - Jira's word


@dataclass(frozen=True)
class Seen:
    """What a site tells everybody of itself; empty where it tells nothing."""

    is_datacenter: bool | None = None
    cloud_id: str = ""


_info: Final = msgspec.json.Decoder(_Info).decode
_tenant: Final = msgspec.json.Decoder(_Tenant).decode
_anything: Final = msgspec.json.Decoder(dict[str, Any]).decode
_ONE_TRY: Final = Policy(attempts=1, first_contact_attempts=1, read_seconds=20.0)


async def look(settings: Settings, clock: Clock) -> Seen:
    """Asked without credentials, on the site's own address."""
    async with Session(settings.url, {}, clock, _ONE_TRY) as session:
        for version in (2, 3):
            told = await _told(session, f"/rest/api/{version}/serverInfo", _info)
            if told is not None and told.deploymentType:
                break
        else:
            return Seen()
        if told.deploymentType.lower() != "cloud":
            return Seen(is_datacenter=True)
        tenant = await _told(session, "/_edge/tenant_info", _tenant)
        return Seen(is_datacenter=False, cloud_id=tenant.cloudId if tenant else "")


async def _told(session: Session, path: str, decode: Callable[[bytes], T]) -> T | None:
    try:
        return await session.fetch(get(path), decode)
    except SourceError:
        return None


async def works_elsewhere(settings: Settings, seen: Seen, clock: Clock) -> str:
    """The advice for a Cloud token that is refused where it is used, and taken at the other of the two addresses."""
    if settings.auth == "token" and seen.cloud_id and _is_atlassian(settings):
        address = f"{settings.gateway}/ex/jira/{seen.cloud_id}"
        advice = "This is a token with scopes, which works only at the gateway: set `auth: scoped` and `cloud_id: {}`."
    elif settings.auth == "scoped" and settings.email:
        address, advice = settings.url, "This is a token without scopes: set `auth: token` and leave cloud_id out."
    else:
        return ""
    identity = basic(settings.email, settings.api_token)
    async with Session(address, {}, clock, _ONE_TRY, signer=identity) as session:
        works = await _told(session, "/rest/api/3/myself", _anything)
    return advice.format(seen.cloud_id) if works else ""


def _is_atlassian(settings: Settings) -> bool:
    """Whether the token may be shown to the gateway: it is Atlassian's already, or the settings name the gateway."""
    return (urlsplit(settings.url).hostname or "").endswith(".atlassian.net") or settings.gateway != GATEWAY


def enter(settings: Settings, client: Client, look_at: Callable[[], Seen]) -> dict[str, Any]:
    """Sign in; what the site says of itself, or an error that tells which setting to change."""
    try:
        info = client.server_info()
        check(settings, info)
        client.myself()
    except RefreshRefusedError:
        raise
    except (AuthenticationError, NotFoundError) as error:
        error.remedy = advice(settings, look_at()) or error.remedy
        raise
    return info


def check(settings: Settings, info: dict[str, Any]) -> None:
    """Whether it is a Jira, and of the flavour that the settings are for."""
    if not info.get("version") or "baseUrl" not in info:
        raise ProtocolError(f"{settings.address} does not describe itself as a Jira.", "Check the address.")
    is_datacenter = str(info.get("deploymentType", "Cloud")).lower() != "cloud"
    if is_datacenter != settings.is_datacenter:
        kind = "a Jira Data Center" if is_datacenter else "Jira Cloud"
        wanted = f"`auth: {settings.auth}`"
        remedy = _FOR_DATA_CENTER if is_datacenter else _FOR_CLOUD
        raise ConfigurationError(f"{settings.url} is {kind}, which {wanted} does not fit.", remedy)


def advice(settings: Settings, seen: Seen) -> str:
    """How to mend a refused sign-in, as far as what the site tells of itself shows it."""
    if seen.is_datacenter is not None and seen.is_datacenter != settings.is_datacenter:
        return _FOR_DATA_CENTER if seen.is_datacenter else _FOR_CLOUD
    if settings.address != settings.url and seen.cloud_id and seen.cloud_id != settings.cloud_id:
        return f"cloud_id is {settings.cloud_id}, but {settings.url} has {seen.cloud_id}: correct it."
    return _CHECKS[settings.auth].format(f": {seen.cloud_id}" if seen.cloud_id else "")
