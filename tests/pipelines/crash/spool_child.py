"""The process that is killed: it takes a webhook in, or syncs a site that hears one (started by the spool's tests)."""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.source import Batch, Delivery, Finding, Hint, Item, Outcome, SiteConfig, Stream
from pipelines.receiver import Door
from pipelines.resources.spool import Spool
from pipelines.settings import Settings, load
from pipelines.stages.sync import sync_site

SECRET = "a-secret-of-the-administrator"
OPTIONS = {"url": "http://127.0.0.1:9", "email": "a@acme.test", "api_token": "t", "webhook_secret": SECRET}
SITE = SiteConfig("jira", "acme", OPTIONS)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Hearing:
    """Lands one record for each issue that a hint names."""

    type, site = "jira", "acme"
    streams = (Stream("issue", "id", {}),)
    hints: Sequence[Hint] = ()

    def hear(self, hints: Sequence[Hint]) -> None:
        self.hints = hints

    def sync(self, checkpoint: Mapping[str, Any] | None, *, full: bool = False) -> Iterator[Item]:
        batch = Batch("issue")
        for key in sorted({key for hint in self.hints for key in hint.keys}):
            batch.add(key, b"{}")
        yield batch
        yield Outcome({}, "complete", server_time=NOW)

    def changed(self, checkpoint: Mapping[str, Any] | None) -> bool:
        return False

    def check(self) -> list[Finding]:
        return []


def delivery(number: int) -> Delivery:
    told = {"timestamp": int(NOW.timestamp() * 1000), "webhookEvent": "jira:issue_updated", "issue": {"id": number}}
    body = json.dumps(told).encode()
    signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature": (f"sha256={signed}",), "x-atlassian-webhook-identifier": (f"id-{number}",)}
    return Delivery("POST", "/jira/acme", (), headers, body)


def spool(settings: Settings) -> Spool:
    return Spool(settings.webhooks_dir, "jira", "acme")


def receive(settings: Settings, number: int) -> bool:
    return Door(SITE, spool(settings)).admit(delivery(number), NOW)


def sync(settings: Settings, _number: int) -> None:
    sync_site(settings, SITE, source=Hearing())


if __name__ == "__main__":
    config = load({"SLIPSTREAM_HOME": str(Path(sys.argv[2])), "SLIPSTREAM_LOCK_WAIT": "30"})
    {"receive": receive, "sync": sync}[sys.argv[1]](config, int(sys.argv[3]))
