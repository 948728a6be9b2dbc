"""Shapley values, exactly, of many games with the same players at once; and parts that add up after rounding.

A player's value is what it adds to a coalition, averaged over all orders in which the players may come
(Shapley, Contributions to the Theory of Games II, 1953): the only split that adds up, treats alike players alike,
gives nothing to one that changes nothing, and adds over games.
"""

from __future__ import annotations

from math import factorial

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def shapley(values: FloatArray) -> FloatArray:
    """Players by games, from values of coalitions by games: player k is in coalition c where bit k of c is set."""
    number = len(values).bit_length() - 1
    coalitions = np.arange(len(values))
    size = sum((coalitions >> player) & 1 for player in range(number))
    weight = np.array([factorial(s) * factorial(number - s - 1) for s in range(number)]) / factorial(number)
    parts = np.empty((number, values.shape[1]))
    for player in range(number):
        without = coalitions[(coalitions >> player) & 1 == 0]
        added = values[without | 1 << player] - values[without]
        parts[player] = weight[np.asarray(size)[without]] @ added
    return parts


def reaching(parts: FloatArray, totals: FloatArray) -> FloatArray:
    """The parts with what they lack of the totals laid on in proportion to their sizes: what is none stays none."""
    size = np.abs(parts)
    whole = size.sum(axis=0)
    lacking = totals - parts.sum(axis=0)
    even = np.full_like(parts, 1.0 / len(parts))  # only where no part has any size
    return np.asarray(parts + lacking * np.divide(size, whole, out=even, where=whole > 0))


def rounded(parts: FloatArray, decimals: int) -> FloatArray:
    """Rounded so that each column adds up to its rounded sum: largest remainders first, of equals the first."""
    scale = 10.0**decimals
    exact = parts * scale
    units = np.floor(exact + 1e-9)
    missing = np.rint(exact.sum(axis=0)) - units.sum(axis=0)
    rank = np.argsort(np.argsort(-(exact - units), axis=0, kind="stable"), axis=0, kind="stable")
    return np.asarray((units + (rank < missing)) / scale + 0.0)
