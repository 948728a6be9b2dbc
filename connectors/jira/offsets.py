"""Paging by position, as Jira Data Center searches: rows that vanish or appear meanwhile shift all that follow.

So each page begins one row early, with the last row of the page before. Where that row stands elsewhere by now, it
is looked for, and reading goes on behind it; where it is gone, reading begins again. Whoever takes the rows knows
what came before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeAlias, TypeVar

from connectors.errors import ProtocolError

_RESTARTS: Final = 5


class Rows(Protocol):
    """A page as it came; `total` is how many the search finds in all."""

    @property
    def total(self) -> int: ...

    def row_ids(self) -> list[str]: ...

    def drop_rows(self, count: int) -> None:
        """Forget that many from the front."""
        ...


R = TypeVar("R", bound=Rows)
Ask: TypeAlias = Callable[[int, int], Awaitable[R]]
"""From position, at most so many rows."""


@dataclass
class Slice(Generic[R]):
    """New rows, and the token with which to go on behind them; None at the end."""

    rows: R
    token: str | None


async def walk(ask: Ask[R], size: int, token: str | None = None) -> AsyncIterator[Slice[R]]:
    start, anchor = _place(token)
    restarts = 0
    while True:
        rows, end, is_anew = await _behind(ask, size, start, anchor)
        restarts += is_anew
        if restarts > _RESTARTS:
            raise ProtocolError(
                f"The search gave other rows at each of {restarts} beginnings.",
                "A re-index may be under way: sync again once it is through.",
            )
        ids = rows.row_ids()
        # positions without rows are issues that the index still names and the site has no more: go past them
        start, anchor = (end, ids[-1]) if ids else (max(end, start) + size, "")
        more = start < rows.total
        yield Slice(rows, f"{start}:{anchor}" if more else None)
        if not more:
            return


async def _behind(ask: Ask[R], size: int, start: int, anchor: str) -> tuple[R, int, bool]:
    """The rows behind the anchor, the position they end at, and whether the anchor was nowhere to be found."""
    if not anchor:
        rows = await ask(start, size)
        return rows, start + len(rows.row_ids()), False
    at, step = max(0, start - 1), size
    while True:
        rows = await ask(at, size + 1)
        ids = rows.row_ids()
        end = at + len(ids)
        if anchor in ids:
            rows.drop_rows(ids.index(anchor) + 1)
            return rows, end, False
        if at == 0:
            return rows, end, True
        at, step = max(0, at - step), 2 * step


def _place(token: str | None) -> tuple[int, str]:
    position, _, anchor = (token or "0:").partition(":")
    return (int(position), anchor) if position.isdigit() else (0, "")
