"""Walking by position over rows that move: nothing is passed over, and it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from connectors.errors import ProtocolError
from connectors.jira.offsets import walk


@dataclass
class Page:
    ids: list[str]
    total: int

    def row_ids(self) -> list[str]:
        return self.ids

    def drop_rows(self, count: int) -> None:
        del self.ids[:count]


def _read(rows: list[str], edit: Callable[[int, list[str]], object] = lambda n, rows: None, token=None, ghosts=()):
    """All rows as they came, the tokens, and how often was asked; `edit` runs before the n-th request."""
    asked = [0]

    async def ask(start: int, size: int) -> Page:
        asked[0] += 1
        edit(asked[0], rows)
        assert asked[0] < 500
        return Page([row for row in rows[start : start + size] if row not in ghosts], len(rows))

    async def collect():
        pieces = [piece async for piece in walk(ask, 10, token)]
        return [row for piece in pieces for row in piece.rows.ids], [piece.token for piece in pieces]

    return *asyncio.run(collect()), asked[0]


ROWS = [str(number) for number in range(100)]


def test_still_rows_come_once_each_at_full_pages():
    rows, tokens, asked = _read(list(ROWS))
    assert (rows, asked, tokens[-1]) == (ROWS, 10, None)


@pytest.mark.parametrize("gone", [1, 4, 10, 25, 39])
def test_rows_that_vanish_before_the_reader_pull_none_past_it(gone):
    def edit(request, rows):
        if request == 5:
            del rows[:gone]

    rows, _, _ = _read(list(ROWS), edit)
    assert set(rows) == set(ROWS)


def test_a_row_that_vanishes_before_every_request_costs_no_other():
    rows, _, _ = _read(list(ROWS), lambda request, rows: request > 1 and rows.pop(0))
    assert set(rows) == set(ROWS)


def test_rows_that_appear_before_the_reader_bring_some_again_and_lose_none():
    rows, _, asked = _read(list(ROWS), lambda request, rows: rows.insert(0, f"new {request}"))
    assert set(rows) >= set(ROWS)
    assert asked < 15


def test_the_very_row_it_stood_at_vanishes_and_reading_begins_again():
    rows, _, _ = _read(list(ROWS), lambda request, rows: request == 5 and rows.remove("39"))
    assert set(rows) == set(ROWS)


def test_rows_that_are_other_ones_each_time_are_given_up():
    with pytest.raises(ProtocolError, match="re-index"):
        _read(list(ROWS), lambda request, rows: rows.__setitem__(slice(None), [f"{request}/{row}" for row in ROWS]))


@pytest.mark.parametrize("ghosts", [("99",), ("0",), tuple(ROWS[20:45]), tuple(ROWS[89:]), tuple(ROWS)])
def test_positions_without_rows_are_gone_past(ghosts):
    rows, _, _ = _read(list(ROWS), ghosts=ghosts)
    assert set(rows) == set(ROWS) - set(ghosts)


def test_a_token_goes_on_behind_its_row_wherever_that_is_by_now():
    _, tokens, _ = _read(list(ROWS))
    assert _read(ROWS[5:], token=tokens[3])[0] == ROWS[40:]
    assert _read(list(ROWS), token="garbage")[0] == ROWS
