"""The loop: items of many chains as they come, chains that become known meanwhile, and errors that end it all."""

from __future__ import annotations

import asyncio

import pytest

from connectors.jira.loop import Loop


async def numbers(*values):
    for value in values:
        await asyncio.sleep(0)
        yield value


async def failing(*values):
    for value in values:
        yield value
    raise ValueError("broken")


class Growing:
    """Chains that become known while others are read, and the work that makes them known."""

    def __init__(self, *chains, error=None):
        self.chains_, self.error = chains, error
        self.known = asyncio.Queue(1)

    async def work(self):
        for chain in self.chains_:
            await self.known.put(chain)
        if self.error:
            raise self.error
        await self.known.put(None)

    async def chains(self):
        while (chain := await self.known.get()) is not None:
            yield chain


def test_all_items_of_all_chains_come_whether_known_at_once_or_one_by_one():
    with Loop() as loop:
        assert sorted(loop.merge([numbers(1, 2), numbers(3), numbers()], 2, 1)) == [1, 2, 3]
        growing = Growing(numbers(1, 2), numbers(), numbers(3), numbers(4, 5))
        assert sorted(loop.merge(growing.chains(), 2, 1, beside=growing.work)) == [1, 2, 3, 4, 5]


def test_no_more_chains_are_read_at_a_time_than_there_are_workers():
    reading, most = 0, 0

    async def chain():
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        async for value in numbers(1, 2, 3):
            yield value
        reading -= 1

    growing = Growing(*(chain() for _ in range(6)))
    with Loop() as loop:
        assert len(list(loop.merge(growing.chains(), 2, 1, beside=growing.work))) == 18
    assert most == 2


def test_the_first_error_comes_after_what_arrived_before_it_whoever_fails():
    growing = Growing(numbers(1, 2), error=ValueError("broken"))
    with Loop() as loop:
        for stream in (loop.merge([failing(1, 2)], 1, 8), loop.merge(growing.chains(), 1, 8, beside=growing.work)):
            came = []
            with pytest.raises(ValueError, match="broken"):
                came.extend(stream)
        stream = loop.merge([failing(1, 2)], 1, 8)
        assert [next(stream), next(stream)] == [1, 2]
        with pytest.raises(ValueError, match="broken"):
            next(stream)


def test_work_begins_at_once_goes_on_while_the_loop_runs_and_no_further():
    asked = []

    async def asking():
        for number in range(1_000):
            asked.append(number)
            await asyncio.sleep(0)
            yield number

    async def turns():
        for _ in range(20):
            await asyncio.sleep(0)

    with Loop() as loop:
        stream = loop.merge([asking()], 1, 3)
        assert asked == []
        loop.run(turns())
        assert asked == [0, 1, 2, 3]  # three wait here, and one for room among them
        assert next(stream) == 0
        loop.run(turns())
        loop.still()
        assert asked == [0, 1, 2, 3, 4]
        loop.run(turns())
    assert asked == [0, 1, 2, 3, 4]
