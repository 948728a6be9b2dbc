"""Sends webhooks as Jira does: signed, at least once, in no order, up to five tries; and worse on demand.

An administrator's webhook goes to the address of the options and is signed over its body; those of an app bring a
token. `held` keeps everything back until `flush`, so that a test decides when and in which order it arrives.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field

import aiohttp
import orjson

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.happenings import Happening, Watcher
from connectors.sandbox.jira.options import SandboxOptions
from connectors.sandbox.jira.references import Doc
from connectors.sandbox.jira.site import Site
from connectors.sandbox.jira.subscriptions import Subscriptions

_TRIES = 5
_TRIED_AGAIN = frozenset({408, 409, 425, 429})  # besides 5xx and no answer at all
_TOKEN_SECONDS = 180
_ANSWER_WITHIN = 20.0


@dataclass(frozen=True)
class Parcel:
    """One webhook on its way; a second try carries the same identifier."""

    url: str
    event: str
    body: bytes
    identifier: str
    is_admin: bool


@dataclass
class Emitter:
    site: Site
    options: SandboxOptions
    held: bool = False
    waiting: list[Parcel] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)  # arrived, dropped, refused

    def __post_init__(self) -> None:
        self.subscriptions = Subscriptions(self.site)
        self._watcher: Watcher | None = None
        self._random = random.Random(self.options.seed)
        self._wake = asyncio.Event()
        self.look()

    def look(self) -> None:
        """Called after whatever moved or changed the site."""
        if self.options.webhook_url is None and not self.subscriptions.alive():
            self._watcher = None
            return
        if self._watcher is None:
            self._watcher = Watcher(self.site)
            return
        for happening in self._watcher.look():
            self.waiting += self._parcels(happening)
        self._wake.set()

    def _parcels(self, happening: Happening) -> list[Parcel]:
        told: Doc = {"timestamp": clock.millis(happening.at), "webhookEvent": happening.event, **happening.body}
        parcels = []
        if self.options.webhook_url is not None:
            parcels.append(self._parcel(self.options.webhook_url, happening, told, is_admin=True))
        for url, matched in self.subscriptions.of(happening).items():
            parcels.append(self._parcel(url, happening, told | {"matchedWebhookIds": matched}, is_admin=False))
        return parcels

    def _parcel(self, url: str, happening: Happening, told: Doc, *, is_admin: bool) -> Parcel:
        identifier = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        return Parcel(url, happening.event, orjson.dumps(told), identifier, is_admin)

    async def run(self) -> None:
        """Send what happens, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self.held:
                await self.flush()

    async def flush(self) -> None:
        """Send everything that waits, as the options have it spoiled."""
        parcels, self.waiting = self._spoiled(self.waiting), []
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_ANSWER_WITHIN)) as session:
            for parcel in parcels:
                self.counts[await self._deliver(session, parcel)] += 1

    def _spoiled(self, parcels: list[Parcel]) -> list[Parcel]:
        kept = [parcel for parcel in parcels if self._random.random() >= self.options.webhook_drop]
        self.counts["dropped"] += len(parcels) - len(kept)
        kept += [parcel for parcel in kept if self._random.random() < self.options.webhook_duplicate]
        if self.options.webhook_reorder:
            self._random.shuffle(kept)
        return kept

    async def _deliver(self, session: aiohttp.ClientSession, parcel: Parcel) -> str:
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(self.options.webhook_retry_seconds)
            status = await self._post(session, parcel, attempt)
            if status is not None and 200 <= status < 300:
                return "arrived"
            if status is not None and status < 500 and status not in _TRIED_AGAIN:
                return "refused"
        return "refused"

    async def _post(self, session: aiohttp.ClientSession, parcel: Parcel, attempt: int) -> int | None:
        try:
            async with session.post(parcel.url, data=parcel.body, headers=self.headers(parcel, attempt)) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    def headers(self, parcel: Parcel, attempt: int = 0) -> dict[str, str]:
        told = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Atlassian Webhook HTTP Client"}
        told |= {"X-Atlassian-Webhook-Identifier": parcel.identifier, "X-Atlassian-Webhook-Flow": "Primary"}
        told |= {"X-Atlassian-Webhook-Retry": str(attempt)} if attempt else {}
        if parcel.is_admin:
            signed = hmac.new(self.options.webhook_secret.encode(), parcel.body, hashlib.sha256)
            return told | {"X-Hub-Signature": f"sha256={signed.hexdigest()}"}
        return told | {"Authorization": f"Bearer {self._token()}"}

    def _token(self) -> str:
        now = int(self.site.now.timestamp())
        claims = {"iss": self.options.webhook_issuer, "iat": now, "exp": now + _TOKEN_SECONDS}
        text = f"{_part({'typ': 'JWT', 'alg': 'HS256'})}.{_part(claims)}"
        signed = hmac.new(self.options.webhook_app_secret.encode(), text.encode(), hashlib.sha256).digest()
        return f"{text}.{base64.urlsafe_b64encode(signed).decode().rstrip('=')}"


def _part(value: Doc) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")
