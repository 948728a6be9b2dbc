"""A private event loop, so that a plain generator can drive many requests at once with back-pressure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Coroutine, Iterable, Iterator
from types import TracebackType
from typing import Any, Generic, TypeAlias, TypeVar

T = TypeVar("T")
U = TypeVar("U")
Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
Chains: TypeAlias = Iterable[AsyncIterator[T]] | AsyncIterator[AsyncIterator[T]]


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
            self.still()
            self.run(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    def still(self) -> None:
        """End whatever is under way, before it asks for more."""
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self.run(_ended(tasks))

    def merge(self, chains: Chains[T], workers: int, ahead: int, beside: Work | None = None) -> Iterator[T]:
        """Items of all chains as they arrive: `workers` chains at a time, at most `ahead` items waiting here.

        Chains may become known one by one, to the work `beside`. All of it begins at once and goes on whenever the
        loop runs. The first error ends the stream, after the items that arrived before it.
        """
        queue: asyncio.Queue[T | _End[T]] = asyncio.Queue(maxsize=ahead)
        feeding = self._loop.create_task(_feed(chains, workers, queue, beside))
        return self._taken(queue, feeding)

    def _taken(self, queue: asyncio.Queue[T | _End[T]], feeding: asyncio.Task[None]) -> Iterator[T]:
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


async def _feed(chains: Chains[T], workers: int, queue: asyncio.Queue[T | _End[T]], beside: Work | None) -> None:
    known = chains if isinstance(chains, AsyncIterator) else _one_by_one(chains)
    turn = asyncio.Lock()  # one worker at a time waits for the next chain

    async def work() -> None:
        while True:
            async with turn:
                chain = await anext(known, None)
            if chain is None:
                return
            async for item in chain:
                await queue.put(item)

    error: BaseException | None = None
    try:
        async with asyncio.TaskGroup() as group:
            if beside is not None:
                group.create_task(beside())
            for _ in range(workers):
                group.create_task(work())
    except BaseExceptionGroup as trouble:
        error = trouble.exceptions[0]
    await queue.put(_End(error))


async def _one_by_one(chains: Iterable[AsyncIterator[T]]) -> AsyncIterator[AsyncIterator[T]]:
    for chain in chains:
        yield chain


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


async def _ended(tasks: Collection[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
