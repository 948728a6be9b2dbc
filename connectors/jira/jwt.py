"""The tokens that Atlassian signs for an app: HS256 by the shared secret, read strictly; everything else is refused.

Only what a webhook needs: no other algorithm, no keys by reference, no token without an end.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

import msgspec

from connectors.errors import HookError

_LONGEST: Final = 8_192
_LEEWAY: Final = timedelta(minutes=1)  # clocks differ


def claims(token: str, secret: str, now: datetime) -> dict[str, Any]:
    """What the token says, or a HookError: it must be signed by this secret, and not too old."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > _LONGEST:
        raise HookError("the bearer token is no JWT")
    header = _object(parts[0])
    if header.get("alg") != "HS256" or "crit" in header:
        raise HookError(f"the JWT is signed by {str(header.get('alg'))[:20]!r}, not by HS256")
    signed = hmac.new(secret.encode(), f"{parts[0]}.{parts[1]}".encode(), hashlib.sha256).digest()
    if not hmac.compare_digest(signed, _bytes(parts[2])):
        raise HookError("the JWT's signature does not hold")
    told = _object(parts[1])
    _check_times(told, now)
    return told


def query_hash(method: str, path: str, query: Iterable[tuple[str, str]]) -> str:
    """Atlassian's `qsh`: the hash of method, path and sorted query, which ties a token to one address."""
    values: dict[str, list[str]] = {}
    for name, value in query:
        if name != "jwt":
            values.setdefault(_encoded(name), []).append(_encoded(value))
    pairs = (f"{name}={','.join(sorted(found))}" for name, found in sorted(values.items()))
    place = ("/" + path.strip("/")).replace("&", "%26")
    return hashlib.sha256(f"{method.upper()}&{place}&{'&'.join(pairs)}".encode()).hexdigest()


def _check_times(told: Mapping[str, Any], now: datetime) -> None:
    ends, begins = _seconds(told, "exp"), _seconds(told, "nbf")
    if ends is None:
        raise HookError("the JWT has no end (exp)")
    present, leeway = now.timestamp(), _LEEWAY.total_seconds()
    if ends + leeway <= present:
        raise HookError("the JWT has expired", is_late=True)
    if begins is not None and begins - leeway > present:
        raise HookError("the JWT is not valid yet", is_late=True)


def _seconds(told: Mapping[str, Any], name: str) -> float | None:
    value = told.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise HookError(f"the JWT's {name} is no time")
    return float(value)


def _object(part: str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(_bytes(part), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HookError("the bearer token is no JWT") from None


def _bytes(part: str) -> bytes:
    """Base64 for addresses, without padding, and nothing that only a lenient reader would take."""
    try:
        found = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise HookError("the bearer token is no JWT") from None
    if base64.urlsafe_b64encode(found).decode().rstrip("=") != part:
        raise HookError("the bearer token is no JWT")
    return found


def _encoded(text: str) -> str:
    return quote(text, safe="-._~")
