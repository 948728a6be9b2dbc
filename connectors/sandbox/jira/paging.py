"""Opaque page tokens: a place in an ordered result that survives changes of the data between two pages.

A token holds the query, the last row's sort values and the moment. While nothing changed it is a plain
offset; afterwards the place is found again by the sort values, so an issue that moved to the end
under `ORDER BY updated` comes again there and none is lost.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import orjson

from connectors.sandbox.jira import clock
from connectors.sandbox.jira.errors import BAD_TOKEN, JiraError
from connectors.sandbox.jira.index import Numbers
from connectors.sandbox.jira.jql import Sort
from connectors.sandbox.jira.search import Searcher

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class Page:
    ids: list[int]
    token: str | None


def encode(value: object) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


def decode(token: str) -> dict[str, object]:
    try:
        value = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except ValueError as error:
        raise JiraError(400, BAD_TOKEN) from error
    if not isinstance(value, dict):
        raise JiraError(400, BAD_TOKEN)
    return value


def page(searcher: Searcher, jql: str, token: str | None, limit: int, bound: str = "") -> Page:
    """The next `limit` ids of the query after `token`, and the token of the page after, absent on the last.

    `bound` is what must be the same on every page besides the query.
    """
    rows, query = searcher.run(jql)
    asked = zlib.crc32(f"{jql}\n{bound}".encode())
    start = _start(searcher, asked, rows, query.order, token) if token else 0
    chosen = rows[start : start + limit]
    end = start + len(chosen)
    ids: list[int] = searcher.index.ids[chosen].tolist()
    if end >= len(rows):
        return Page(ids, None)
    last = [int(column[0]) for column in searcher.sort_columns(query.order, rows[end - 1 : end])]
    place = {"q": asked, "v": searcher.index.version, "o": end, "k": last, "i": ids[-1]}
    return Page(ids, encode({**place, "t": clock.millis(searcher.now)}))


def _start(searcher: Searcher, asked: int, rows: Numbers, order: tuple[Sort, ...], token: str) -> int:
    place = decode(token)
    offset, version, issued = place.get("o"), place.get("v"), place.get("t")
    if place.get("q") != asked or not isinstance(offset, int) or not isinstance(issued, int):
        raise JiraError(400, BAD_TOKEN)
    if searcher.now - clock.from_millis(issued) > LIFETIME:
        raise JiraError(400, BAD_TOKEN)
    return offset if version == searcher.index.version else _after(searcher, rows, order, place)


def _after(searcher: Searcher, rows: Numbers, order: tuple[Sort, ...], place: dict[str, object]) -> int:
    keys, last_id = place.get("k"), place.get("i")
    if not isinstance(keys, list) or not isinstance(last_id, int) or len(keys) != len(order):
        raise JiraError(400, BAD_TOKEN)
    columns = [*searcher.sort_columns(order, rows), searcher.index.ids[rows]]
    before = np.zeros(len(rows), dtype=bool)
    equal = np.ones(len(rows), dtype=bool)
    for values, value in zip(columns, [*keys, last_id], strict=True):
        before |= equal & (values < value)
        equal &= values == value
    return int(np.count_nonzero(before | equal))
