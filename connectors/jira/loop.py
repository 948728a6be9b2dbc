"""A private event loop, so that a plain generator can drive many requests at once with back-pressure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class _End(Generic[T]):
    """Closes a stream: with the error that ended it, if one did."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


class Loop:
    """Runs coroutines for a synchronous caller; leaving the context cancels whatever is still under way.

    It has no thread: requests go on while the caller waits here for the next item, and meanwhile the sockets take in
    what arrives. A thread of its own would make two of them pass Python's lock to and fro, once or twice a page.
    """

    def __enter__(self) -> Loop:
        self._loop = asyncio.new_event_loop()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.run(_cancel_others())
            self.run(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def merge(self, chains: Iterable[AsyncIterator[T]], workers: int, ahead: int) -> Iterator[T]:
        """Items of all chains as they arrive: `workers` chains at a time, at most `ahead` items waiting here.

        The first error ends the stream, after the items that arrived before it.
        """
        queue: asyncio.Queue[T | _End[T]] = asyncio.Queue(maxsize=ahead)
        feeding = self._loop.create_task(_feed(iter(chains), workers, queue))
        try:
            while True:
                item = self.run(queue.get())
                if not isinstance(item, _End):
                    yield item
                elif item.error is None:
                    return
                else:
                    raise item.error
        finally:
            feeding.cancel()


async def _feed(chains: Iterator[AsyncIterator[T]], workers: int, queue: asyncio.Queue[T | _End[T]]) -> None:
    async def work() -> None:
        for chain in chains:
            async for item in chain:
                await queue.put(item)

    error: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(work())
    except BaseExceptionGroup as trouble:
        error = trouble.exceptions[0]
    await queue.put(_End(error))


async def together(*works: Coroutine[Any, Any, T]) -> list[T]:
    """All results in order; the first error cancels the rest, so that nothing asks on behind our back."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work) for work in works]
    except BaseExceptionGroup as trouble:
        raise trouble.exceptions[0] from None
    return [task.result() for task in tasks]


async def both(first: Coroutine[Any, Any, T], second: Coroutine[Any, Any, U]) -> tuple[T, U]:
    """As `together`, for two results of different kinds."""
    found: list[Any] = await together(first, second)
    return found[0], found[1]


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
