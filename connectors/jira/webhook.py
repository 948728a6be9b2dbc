"""What a webhook from Jira is worth: whether it is genuine, and which issues it hints at. Pure: no I/O, no clock.

A webhook is a hint, polling is the truth: nothing out of its body ever lands as data. An administrator's webhook
signs its body (`X-Hub-Signature`); an app's dynamic webhook brings a token that vouches for the sender alone.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from connectors.errors import HookError, HookFormError
from connectors.jira import config, jwt, wire
from connectors.source import Delivery, Heard, Hint, SiteConfig

FRESH: Final = timedelta(hours=24)
"""Older ones are refused as replays. Jira's own five tries are over after an hour and a half; clocks differ too."""

_object: Final = wire.decoder(dict[str, Any])
_SIGNATURE: Final = re.compile(r"([A-Za-z0-9-]+)=([0-9A-Fa-f]+)")
_NUMBER: Final = re.compile(r"\d{1,18}")
_LATEST: Final = 253_402_300_799_999  # the end of the year 9999, in millis
_ISSUE_OF: Final = {
    # where the body names an issue, besides under `issue`
    "worklog": ("issueId",),
    "issueLink": ("sourceIssueId", "destinationIssueId"),
    "attachment": ("issueId",),
    "comment": ("issueId",),
}


def receive(site: SiteConfig, delivery: Delivery, now: datetime) -> Heard:
    """The hint of a genuine delivery; a HookError for everything else, before its body is looked into."""
    settings = config.read(site)
    _authenticate(settings, delivery, now)
    body = _body(delivery.body)
    at = _moment(body.get("timestamp"))
    if at < now - FRESH:
        raise HookError(f"it is of {at:%Y-%m-%d %H:%M} UTC: a replay, or a clock is wrong", is_late=True)
    digest = hashlib.sha256(delivery.body).hexdigest()
    identifier = _one(delivery, "x-atlassian-webhook-identifier") or digest
    return Heard(classify(body, at), hashlib.sha256(identifier.encode()).hexdigest(), digest)


def classify(body: Mapping[str, Any], at: datetime) -> Hint:
    """What an event hints at; one that names no issue (sprint, version, project, board …) only says: look again."""
    event = body.get("webhookEvent")
    if not isinstance(event, str) or not event.isprintable() or not 0 < len(event) <= 100:
        raise HookFormError("it names no event")
    user = body.get("user")
    actor = user.get("accountId") if isinstance(user, dict) else None
    keys = tuple(dict.fromkeys(_issues(body)))
    return Hint(event, at, keys, event == "jira:issue_deleted" and bool(keys), actor if isinstance(actor, str) else "")


def _issues(body: Mapping[str, Any]) -> Iterator[str]:
    for part, names in {"issue": ("id",), **_ISSUE_OF}.items():
        told = body.get(part)
        values = [str(told.get(name)) for name in names] if isinstance(told, dict) else []
        for value in values:
            if _NUMBER.fullmatch(value):
                yield value


def _authenticate(settings: config.Settings, delivery: Delivery, now: datetime) -> None:
    """A signature that is there must hold, whatever else vouches for the sender."""
    signature, sign_in = _one(delivery, "x-hub-signature"), _one(delivery, "authorization")
    if signature is not None:
        _check_signature(signature, settings.webhook_secret, delivery.body)
    elif sign_in is not None:
        _check_token(sign_in, settings, delivery, now)
    else:
        raise HookError("it is not signed")


def _check_signature(given: str, secret: str, body: bytes) -> None:
    found = _SIGNATURE.fullmatch(given)
    if found is None:
        raise HookError("the signature has no method before it")
    method, told = found.groups()
    if method != "sha256":
        raise HookError(f"it is signed by {method[:20]!r}, not by sha256")
    if not secret:
        raise HookError("it is signed, but the site has no webhook_secret")
    if not hmac.compare_digest(hmac.new(secret.encode(), body, hashlib.sha256).hexdigest(), told.lower()):
        raise HookError("the signature does not fit the body")


def _check_token(sign_in: str, settings: config.Settings, delivery: Delivery, now: datetime) -> None:
    """`JWT` is how Connect apps are called, with a hash of the address; `Bearer` is for OAuth 2.0 apps."""
    scheme, _, token = sign_in.partition(" ")
    if scheme not in ("Bearer", "JWT"):
        raise HookError("it is not signed")
    if not settings.webhook_app_secret:
        raise HookError("it brings a JWT, but the site has no webhook_app_secret")
    told = jwt.claims(token.strip(), settings.webhook_app_secret, now)
    issuer, address = told.get("iss"), told.get("qsh")
    if not isinstance(issuer, str) or not issuer or issuer != (settings.webhook_issuer or issuer):
        raise HookError("the JWT is of another issuer")
    if address is None and scheme == "Bearer":
        return
    expected = jwt.query_hash(delivery.method, delivery.path, delivery.query)
    if not isinstance(address, str) or not hmac.compare_digest(expected.encode(), address.encode()):
        raise HookError("the JWT is for another address (qsh)")


def _one(delivery: Delivery, name: str) -> str | None:
    values = delivery.headers.get(name, ())
    if len(values) > 1:
        raise HookError(f"it has several {name} headers")
    return values[0] if values else None


def _body(raw: bytes) -> dict[str, Any]:
    try:
        return _object(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise HookFormError("its body is no JSON object") from None


def _moment(value: Any) -> datetime:
    """Every webhook of Jira tells its time; without one, a replay could not be told from news."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _LATEST:
        raise HookFormError("its timestamp is no time")
    return datetime.fromtimestamp(value // 1000, UTC) + timedelta(milliseconds=value % 1000)
