"""Keeps an app's dynamic webhooks alive: they expire after 30 days, and a lapsed one is silent.

Silence costs nothing but time, because polling finds what webhooks do not tell: trouble here never fails a sync.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from connectors.errors import DeferredError, SourceError
from connectors.http import Call, Session
from connectors.jira import wire
from connectors.jira.config import Settings
from connectors.jira.pages import by_offset

PATH: Final = "/rest/api/3/webhook"
NEAR: Final = timedelta(days=10)
"""So long before the end they are refreshed: even a sync once a week comes in time."""

_GAP: Final = "polling fills the gap"


class _Webhook(Struct):
    id: int
    url: str = ""
    expirationDate: int | str | None = None  # noqa: N815 - Jira's word


class _Refreshed(Struct):
    expirationDate: int | str  # noqa: N815 - Jira's word


_webhook: Final = msgspec.json.Decoder(_Webhook).decode
_refreshed: Final = msgspec.json.Decoder(_Refreshed).decode


@dataclass(frozen=True)
class Tended:
    """How the webhooks stand: for a person."""

    ok: bool
    detail: str


async def tend(session: Session, url: str, now: datetime) -> Tended:
    """Refresh what is near its end of the webhooks that are sent to `url`; one that lapsed is told."""
    try:
        hooks = [hook for raw in await by_offset(session, PATH) if (hook := _webhook(bytes(raw))).url == url]
        ends = {hook.id: end for hook in hooks if (end := _time(hook.expirationDate)) is None or end > now}
        if not ends:
            return Tended(False, f"no dynamic webhook is registered for {url}, or it has lapsed; {_GAP}")
        near = sorted(number for number, end in ends.items() if end is not None and end <= now + NEAR)
        if not near:
            return Tended(True, f"{len(ends)} dynamic webhooks, until {_least(ends.values())}")
        body = msgspec.json.encode({"webhookIds": near})
        until = _time((await session.fetch(Call("PUT", f"{PATH}/refresh", body=body), _refreshed)).expirationDate)
    except DeferredError:
        raise
    except (SourceError, msgspec.MsgspecError) as error:
        told = error.message.rstrip(".") if isinstance(error, SourceError) else "their list has an unexpected shape"
        return Tended(False, f"the dynamic webhooks cannot be looked after: {told}; {_GAP}")
    if until is None or until <= now + NEAR:
        return Tended(
            False, f"Jira did not prolong the dynamic webhooks {', '.join(map(str, near))}; {_GAP} when they end"
        )
    return Tended(True, f"{len(near)} of {len(ends)} dynamic webhooks refreshed, until {until:%Y-%m-%d}")


async def troubles(session: Session, settings: Settings, now: datetime) -> list[str]:
    """What a sync tells of the webhooks, where the settings say at which address they are sent."""
    if not settings.webhook_url:
        return []
    tended = await tend(session, settings.webhook_url, now)
    return [] if tended.ok else [tended.detail]


def _time(value: int | str | None) -> datetime | None:
    """The schema says millis, the examples show text: both are read."""
    if isinstance(value, int):
        try:
            return datetime.fromtimestamp(value / 1000, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return wire.moment(value)


def _least(ends: Iterable[datetime | None]) -> str:
    known = [end for end in ends if end is not None]
    return f"{min(known):%Y-%m-%d}" if known else "unknown"
