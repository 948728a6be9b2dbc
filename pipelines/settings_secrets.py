"""Keeps secrets out of everything that is printed: options that mask them, and a scrubber for messages."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import quote

MASK = "***"
_SECRET_KEY = re.compile(r"token|passw|secret|credential|api_?key|private_?key|authorization", re.IGNORECASE)
_PASSWORD_IN_URL = re.compile(r"://[^/@:\s]*:([^/@\s]+)@")
_SIGN_IN = re.compile(r"\b(Basic|Bearer)\s+[\w.~+/=-]{8,}", re.IGNORECASE)  # tokens that no setting knows, too
_SHORTEST = 4  # replacing shorter texts in a message would shred it


class SecretOptions(dict[str, Any]):
    """A site's options as a plain mapping whose text form never shows a secret."""

    def __init__(self, options: Mapping[str, Any], secrets: Iterable[str] = ()) -> None:
        super().__init__(options)
        self.secrets = frozenset(s for s in (*secrets, *_found(options)) if s)

    def __repr__(self) -> str:
        return repr({k: MASK if _SECRET_KEY.search(k) else _masked(v, self.secrets) for k, v in self.items()})

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        return (SecretOptions, (dict(self), tuple(self.secrets)))


def scrubber(options: Mapping[str, Any]) -> Callable[[str], str]:
    """What takes the secrets of `options` out of texts, in every form in which they travel."""
    secrets = options.secrets if isinstance(options, SecretOptions) else frozenset(_found(options))
    forms = set(secrets)
    for secret in secrets:
        forms |= {quote(secret), quote(secret, safe=""), json.dumps(secret)[1:-1]}
        for user in ("", *(v for v in options.values() if isinstance(v, str))):
            pair = base64.b64encode(f"{user}:{secret}".encode()).decode()
            forms |= {pair, pair.rstrip("=")}
    longest_first = sorted((f for f in forms if len(f) >= _SHORTEST), key=len, reverse=True)

    def clean(text: str) -> str:
        for form in longest_first:
            text = text.replace(form, MASK)
        return _SIGN_IN.sub(rf"\1 {MASK}", text)

    return clean


def scrub(text: str, options: Mapping[str, Any]) -> str:
    """`text` without the secrets of `options`."""
    return scrubber(options)(text)


def _found(value: Any, key: str = "") -> list[str]:
    """Secrets written out in the file: values under telling keys, and passwords in addresses."""
    if isinstance(value, Mapping):
        return [s for k, v in value.items() for s in _found(v, str(k))]
    if isinstance(value, list):
        return [s for v in value for s in _found(v, key)]
    if not isinstance(value, str):
        return []
    return [value] if _SECRET_KEY.search(key) else _PASSWORD_IN_URL.findall(value)


def _masked(value: Any, secrets: frozenset[str]) -> Any:
    if isinstance(value, Mapping):
        return {k: _masked(v, secrets) for k, v in value.items()}
    if isinstance(value, list):
        return [_masked(v, secrets) for v in value]
    if not isinstance(value, str):
        return value
    if value in secrets:
        return MASK
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            value = value.replace(secret, MASK)
    return value
