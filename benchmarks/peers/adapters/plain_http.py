"""Lets peers that insist on https speak to the sandbox, which is plain http on loopback: no encryption to pay for."""

from __future__ import annotations

from typing import Any

from requests.adapters import HTTPAdapter

_send = HTTPAdapter.send


def _plainly(self: HTTPAdapter, request: Any, *args: Any, **kwargs: Any) -> Any:
    request.url = request.url.replace("https://127.0.0.1", "http://127.0.0.1", 1)
    return _send(self, request, *args, **kwargs)


def allow() -> None:
    """Every `requests` session of this process from now on."""
    HTTPAdapter.send = _plainly  # type: ignore[method-assign]
