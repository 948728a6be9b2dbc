"""Faults on demand: `NAME@REQUEST` spoils the n-th request, or each from the n-th on (`NAME@3+`), or a range (`3-5`).

`NAME@PATH:3` counts only requests whose path contains PATH. This module holds the schedule; what each
fault does is in `fault_kinds`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from connectors.errors import ConfigurationError
from connectors.sandbox.jira.fault_base import Fault
from connectors.sandbox.jira.fault_kinds import KINDS

_SPEC = re.compile(r"^(?P<name>[a-z0-9_]+)@(?:(?P<path>[^:]+):)?(?P<first>\d+)(?P<rest>\+|-(?P<last>\d+))?$")


@dataclass
class Scheduled:
    """One fault and when it strikes; it counts the requests it may strike by itself."""

    fault: Fault
    path: str
    first: int
    last: float
    seen: int = field(default=0)

    def strikes(self, request: web.Request) -> bool:
        if self.path not in request.path:
            return False
        self.seen += 1
        return self.first <= self.seen <= self.last or self.fault.lasting(request)


def parse(spec: str) -> Scheduled:
    match = _SPEC.match(spec)
    if match is None or match["name"] not in KINDS:
        known = ", ".join(sorted(KINDS))
        raise ConfigurationError(f"'{spec}' is not a fault.", f"Write NAME@REQUEST with NAME one of: {known}.")
    kind = KINDS[match["name"]]
    first = int(match["first"])
    last: float = first
    if match["last"]:
        last = int(match["last"])
    elif match["rest"] or kind.from_then_on:
        last = float("inf")
    return Scheduled(kind(), match["path"] or "", first, last)


class FaultLayer:
    """Several faults at once: the first that answers instead of the site wins, the others may alter the answer."""

    def __init__(self, specs: tuple[str, ...]) -> None:
        self.scheduled = [parse(spec) for spec in specs]

    async def around(
        self, request: web.Request, answer: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        struck = [one.fault for one in self.scheduled if one.strikes(request)]
        for fault in struck:
            instead = await fault.instead(request)
            if instead is not None:
                return instead
        response = await answer()
        for fault in struck:
            response = await fault.alter(request, response)
        return response
