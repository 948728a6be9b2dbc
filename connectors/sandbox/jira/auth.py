"""Who may ask, and where: each kind of token works at one address only, as at Atlassian's.

Cloud's own address takes Basic `email:token`; the gateway (`/ex/jira/{cloud id}`) takes a token with scopes and
OAuth's access tokens. Data Center takes a personal access token, or Basic `user:password`.
"""

from __future__ import annotations

import base64
import hmac

from aiohttp import web

from connectors.sandbox.jira.errors import UNAUTHENTICATED, JiraError
from connectors.sandbox.jira.oauth import TokenOffice
from connectors.sandbox.jira.options import GATEWAY, SandboxOptions

_OPEN = ("/rest/api/3/serverInfo", "/rest/api/2/serverInfo")
_PUBLIC = ("/oauth/token", "/_edge/tenant_info")  # whoever asks


class Gate:
    def __init__(self, options: SandboxOptions, oauth: TokenOffice) -> None:
        self._oauth = oauth
        own = (_basic(options.email, options.token), f"Bearer {options.token}")
        self._site = own if options.flavour == "cloud" else (own[0], f"Bearer {options.pat}")
        self._gateway = (_basic(options.email, options.scoped_token), f"Bearer {options.scoped_token}")

    def check(self, request: web.Request) -> None:
        """Raises JiraError 401."""
        given = request.headers.get("Authorization")
        if request.path in _PUBLIC or (given is None and request.path in _OPEN):
            return
        if given is None or not self._accepts(given, at_gateway=request.path.startswith(GATEWAY)):
            raise JiraError(401, UNAUTHENTICATED)

    def _accepts(self, given: str, *, at_gateway: bool) -> bool:
        accepted = self._gateway if at_gateway else self._site
        if any(hmac.compare_digest(given.encode(), one.encode()) for one in accepted):
            return True
        return at_gateway and given.startswith("Bearer ") and self._oauth.accepts(given.removeprefix("Bearer "))


def _basic(user: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
