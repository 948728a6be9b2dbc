"""OAuth 2.0 with a rotating refresh token: each refresh gives the next one and uses up the one before it.

So the new one is stored before the access token that came with it is used, one process at a time refreshes, and
within a process all requests wait for the same refresh. A crash between the answer and the store is covered only
by the minutes of grace that Atlassian gives the old token.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from connectors.errors import AuthenticationError, ConfigurationError, RefusedError
from connectors.http import Pause, Policy, Session, post
from connectors.jira.config import Settings
from connectors.source import Clock, TokenStore

_EARLY: Final = timedelta(seconds=60)  # an access token this close to its end is not begun with
_AGAIN: Final = (
    "Authorise the app again (scope offline_access) and set the new refresh token: one that was used, was revoked "
    "or lay idle for 90 days cannot be used again."
)


class RefreshRefusedError(AuthenticationError):
    """The refresh token is of no use any more: only a person can give a new one."""


class Grant(Struct, omit_defaults=True):
    """What is kept between runs; `seed` tells which configured token it grew from, so that a new one replaces it."""

    seed: str
    refresh_token: str
    access_token: str = ""
    good_until: float = 0.0


class _Answer(Struct):
    access_token: str
    expires_in: float = 3600.0
    refresh_token: str = ""


_answer: Final = msgspec.json.Decoder(_Answer).decode
_grant: Final = msgspec.json.Decoder(Grant).decode


class OAuth:
    """A signer (see `connectors.signing`) that lives inside one event loop."""

    def __init__(
        self, settings: Settings, store: TokenStore | None, clock: Clock, policy: Policy, pause: Pause
    ) -> None:
        if store is None:
            raise ConfigurationError(
                f"Jira site {settings.site!r}: auth oauth needs a place to keep its refresh token.",
                "Run it through Slipstream's own commands, which keep it in SLIPSTREAM_HOME.",
            )
        self._settings, self._store, self._clock, self._pause = settings, store, clock, pause
        self._policy = replace(policy, first_contact_attempts=policy.attempts)
        self._seed = hashlib.sha256(settings.refresh_token.encode()).hexdigest()[:16]
        self._grant: Grant | None = None
        self._one_at_a_time = asyncio.Lock()
        self.requests = 0

    async def header(self) -> str:
        async with self._one_at_a_time:
            if self._grant is None or not self._is_good(self._grant):
                self._grant = await asyncio.to_thread(self._renewed, "")
            return f"Bearer {self._grant.access_token}"

    async def renew(self, refused: str) -> bool:
        """Whoever comes second with the same refused token finds it replaced already."""
        async with self._one_at_a_time:
            if self._grant is None or refused == f"Bearer {self._grant.access_token}":
                self._grant = await asyncio.to_thread(self._renewed, refused.removeprefix("Bearer "))
        return True

    def _is_good(self, grant: Grant) -> bool:
        return bool(grant.access_token) and datetime.fromtimestamp(grant.good_until, UTC) - _EARLY > self._clock()

    def _renewed(self, refused: str) -> Grant:
        """In a thread of its own, because a lock between processes blocks."""
        with self._store.locked():
            held = self._held()
            if held.access_token != refused and self._is_good(held):
                return held  # another process was here first
            given = asyncio.run(self._ask(held.refresh_token))
            grant = Grant(
                seed=self._seed,
                refresh_token=given.refresh_token or held.refresh_token,
                access_token=given.access_token,
                good_until=self._clock().timestamp() + given.expires_in,
            )
            self._store.write(msgspec.json.encode(grant).decode())
            return grant

    def _held(self) -> Grant:
        try:
            held = _grant(self._store.read() or "")
        except msgspec.MsgspecError:
            held = None
        if held is not None and held.seed == self._seed:
            return held
        return Grant(seed=self._seed, refresh_token=self._settings.refresh_token)

    async def _ask(self, refresh_token: str) -> _Answer:
        settings, parts = self._settings, urlsplit(self._settings.token_url)
        body = {
            "grant_type": "refresh_token",
            "client_id": settings.client_id,
            "client_secret": settings.client_secret,
            "refresh_token": refresh_token,
        }
        session = Session(f"{parts.scheme}://{parts.netloc}", {}, self._clock, self._policy, self._pause)
        try:
            async with session:
                return await session.fetch(post(parts.path, body), _answer)
        except (AuthenticationError, RefusedError) as refused:
            message = f"Jira site {settings.site!r}: the OAuth refresh token is not accepted ({refused.message})"
            raise RefreshRefusedError(message.rstrip(".") + ".", _AGAIN) from None
        finally:
            self.requests += session.requests
