"""The sandbox's part of auth.atlassian.com: access tokens that end, refresh tokens that rotate.

Follows Atlassian's pages on OAuth 2.0 (3LO): a refresh answers with a new refresh token and uses up the old one,
which is still taken for some minutes (`oauth_grace_minutes`), for answers lost on the way; later use ends them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connectors.sandbox.jira.options import SandboxOptions

_LIFE = timedelta(hours=1)


@dataclass
class TokenOffice:
    """`now` is the site's clock; `log` tells in order what was issued, and which access tokens were used."""

    options: SandboxOptions
    now: Callable[[], datetime]
    refresh_tokens: dict[str, datetime | None] = field(default_factory=dict)  # token → when it was used up
    access_tokens: dict[str, datetime] = field(default_factory=dict)  # token → its end
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.refresh_tokens[self.options.refresh_token] = None

    def accepts(self, token: str) -> bool:
        good = self.access_tokens.get(token, self.now()) > self.now()
        if good and f"used {token}" not in self.log:
            self.log.append(f"used {token}")
        return good

    def expire(self) -> None:
        """All access tokens end now."""
        self.access_tokens.clear()

    def refresh(self, asked: dict[str, Any]) -> dict[str, Any] | None:
        """A new pair of tokens; None where the old one is of no use."""
        app = (asked.get("client_id"), asked.get("client_secret"))
        token = str(asked.get("refresh_token"))
        if app != (self.options.client_id, self.options.client_secret) or asked.get("grant_type") != "refresh_token":
            return None
        if token not in self.refresh_tokens:
            return None
        used_up = self.refresh_tokens[token]
        if used_up is not None and self.now() - used_up >= timedelta(minutes=self.options.oauth_grace_minutes):
            self.refresh_tokens.clear()  # someone has a copy: nobody gets in any more
            self.expire()
            return None
        self.refresh_tokens[token] = used_up or self.now()
        return self._pair()

    def _pair(self) -> dict[str, Any]:
        number = len(self.refresh_tokens)
        access, refresh = f"sandbox-access-{number}", f"sandbox-refresh-{number}"
        self.refresh_tokens[refresh], self.access_tokens[access] = None, self.now() + _LIFE
        self.log.append(f"issued {access}")
        return {
            "access_token": access, "refresh_token": refresh, "expires_in": int(_LIFE.total_seconds()),
            "token_type": "Bearer", "scope": "offline_access read:jira-work read:jira-user",
        }  # fmt: skip
