"""Dynamic webhooks are kept alive in time, and what cannot be kept alive is told."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.jira import registrations

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
URL = "https://slipstream.test/jira/acme"


class Registered:
    """Answers as Jira's list of webhooks and their refresh would."""

    def __init__(self, *hooks: Any, refreshed: Any = None) -> None:
        self.answers = {"/rest/api/3/webhook": {"values": hooks, "isLast": True}}
        self.answers["/rest/api/3/webhook/refresh"] = {"expirationDate": refreshed}
        self.bodies: list[Any] = []

    async def fetch(self, call: Any, decode: Any) -> Any:
        self.bodies += [json.loads(call.body)] if call.body else []
        return decode(json.dumps(self.answers[call.path]).encode())


def hook(number: int, days: float, url: str = URL) -> dict[str, Any]:
    return {"id": number, "url": url, "expirationDate": int((NOW + timedelta(days=days)).timestamp() * 1000)}


def tend(session: Registered) -> registrations.Tended:
    return asyncio.run(registrations.tend(session, URL, NOW))  # type: ignore[arg-type]


def test_only_our_own_webhooks_near_their_end_are_refreshed() -> None:
    text = {"id": 4, "url": URL, "expirationDate": "2026-03-11T00:00:00.000+0000"}
    later = "2026-04-01T00:00:00.000+0000"
    session = Registered(hook(1, 9), hook(2, 11), hook(3, 1, "https://other.test"), text, hook(5, -1), refreshed=later)
    assert tend(session) == registrations.Tended(True, "2 of 3 dynamic webhooks refreshed, until 2026-04-01")
    assert session.bodies == [{"webhookIds": [1, 4]}]


def test_webhooks_that_lapsed_or_do_not_live_on_are_told() -> None:
    for session in (Registered(), Registered(hook(1, -0.001)), Registered(hook(1, 5, "https://other.test"))):
        assert "has lapsed; polling fills the gap" in tend(session).detail
        assert session.bodies == []
    stuck = tend(Registered(hook(1, 1), refreshed=int(NOW.timestamp() * 1000)))
    assert (stuck.ok, "did not prolong" in stuck.detail) == (False, True)
    strange = tend(Registered({"url": URL}))
    assert (strange.ok, "unexpected shape" in strange.detail) == (False, True)
