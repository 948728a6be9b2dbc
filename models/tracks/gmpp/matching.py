"""Recognises a project in the next year's publication, though names are respelled and departments renamed.

A row is linked to one row of the year before, by what stands in the two rows alone. So no later publication can
change who a project was, and a row's own past is known at its own time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

IntArray = npt.NDArray[np.int64]

_ASIDE = re.compile(r"\([^)]*\)")
_FILLER = {"the", "a", "of", "and", "for", "to", "programme", "programmes", "program", "project", "projects"}
LIKE_NAMES = 0.5  # Jaccard index of the words, where the start date is the same
_SAME_START_DAYS = 45


def words(name: str, *, asides: bool = False) -> tuple[str, ...]:
    """The telling words of a name: no asides in brackets, no filler, digits joined ("100,000" is "100000")."""
    plain = (
        (name if asides else _ASIDE.sub(" ", name))
        .lower()
        .replace("&", " and ")
        .replace(",", "")
        .replace("'", "")
        .replace(".", "")
    )
    found = tuple(word for word in re.findall(r"[a-z0-9]+", plain) if word not in _FILLER)
    return found or tuple(re.findall(r"[a-z0-9]+", name.lower()))


def previous_rows(names: Sequence[str], starts: pd.Series, years: IntArray) -> IntArray:
    """For each row the position of the same project's row of the year before, or -1."""
    told, in_full = [words(name) for name in names], [words(name, asides=True) for name in names]
    start = starts.to_numpy().astype("datetime64[D]").astype(np.int64)  # a missing date is the least integer
    start = np.where(starts.isna().to_numpy(), np.iinfo(np.int64).min // 2, start)
    found = np.full(len(names), -1, dtype=np.int64)
    for year in np.unique(years):
        before, now = np.flatnonzero(years == year - 1), np.flatnonzero(years == year)
        _link_same_words(told, before, now, found)
        _link_like_words(in_full, start, before, now, found)
    return found


def _link_same_words(told: list[tuple[str, ...]], before: IntArray, now: IntArray, found: IntArray) -> None:
    """Only where exactly one row of each year has these words: two of a name cannot be told apart."""
    earlier: dict[tuple[str, ...], list[int]] = {}
    later: dict[tuple[str, ...], list[int]] = {}
    for rows, index in ((before, earlier), (now, later)):
        for row in rows:
            index.setdefault(tuple(sorted(told[row])), []).append(int(row))
    for key, rows_now in later.items():
        if len(rows_now) == 1 and len(earlier.get(key, [])) == 1:
            found[rows_now[0]] = earlier[key][0]


def _link_like_words(
    told: list[tuple[str, ...]], start: IntArray, before: IntArray, now: IntArray, found: IntArray
) -> None:
    """Of those left: the same start date and like words, the likest pair first."""
    taken = set(found[now].tolist())
    pairs = [
        (-_likeness(told[row], told[old]), int(row), int(old))
        for row in now
        if found[row] < 0
        for old in before
        if int(old) not in taken
        and abs(int(start[row]) - int(start[old])) <= _SAME_START_DAYS
        and start[row] > -(10**9)
    ]
    for likeness, row, old in sorted(pairs):
        if -likeness >= LIKE_NAMES and found[row] < 0 and old not in taken:
            found[row] = old
            taken.add(old)


def _likeness(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Jaccard index of the words; 1 where the shorter name is all in the longer, or is the initials of the longer."""
    first, second = set(one), set(other)
    shared = len(first & second)
    if shared == min(len(first), len(second)) >= 2 or _initials(one) in second or _initials(other) in first:
        return 1.0
    return shared / len(first | second)


def _initials(name: tuple[str, ...]) -> str:
    """An abbreviation of three letters or more; of fewer words none."""
    return "".join(word[0] for word in name) if len(name) >= 3 else "-"


def roots(previous: IntArray, years: IntArray) -> IntArray:
    """The project's number: the position of its first row."""
    root = np.arange(len(previous), dtype=np.int64)
    for row in np.argsort(years, kind="stable"):
        if previous[row] >= 0:
            root[row] = root[previous[row]]
    return root
