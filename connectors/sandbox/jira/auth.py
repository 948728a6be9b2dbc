"""Who may ask: Basic `email:token` or Bearer `token`; the server information is open to all, as at Jira."""

from __future__ import annotations

import base64
import hmac

from aiohttp import web

from connectors.sandbox.jira.errors import UNAUTHENTICATED, JiraError
from connectors.sandbox.jira.options import SandboxOptions

_OPEN = "/rest/api/3/serverInfo"


class Gate:
    def __init__(self, options: SandboxOptions) -> None:
        pair = f"{options.email}:{options.token}".encode()
        self._accepted = ("Basic " + base64.b64encode(pair).decode(), f"Bearer {options.token}")

    def check(self, request: web.Request) -> None:
        """Raises JiraError 401."""
        given = request.headers.get("Authorization")
        if given is None and request.path == _OPEN:
            return
        if given is None or not any(hmac.compare_digest(given.encode(), one.encode()) for one in self._accepted):
            raise JiraError(401, UNAUTHENTICATED)
