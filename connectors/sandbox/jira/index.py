"""What a search can see, as columns: one array a field, so that a query over a million issues is a few masks.

The index is apart from the issues themselves, as Jira's is: a search may lag behind what a fetch shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass
class Facet:
    """A field with few values: a code a row, and what may be written for each code (id, key, name)."""

    codes: NDArray[Any]
    names: dict[str, set[int]]

    @staticmethod
    def of(rows: Iterable[int], labels: dict[int, tuple[str, ...]]) -> Facet:
        names: dict[str, set[int]] = {}
        for code, texts in labels.items():
            for text in texts:
                names.setdefault(text.lower(), set()).add(code)
        return Facet(np.fromiter(rows, dtype=np.int64), names)


@dataclass
class Index:
    """Rows in ascending order of id; times in epoch milliseconds."""

    ids: Numbers
    numbers: Numbers  # the number within the key
    created: Numbers
    updated: Numbers
    facets: dict[str, Facet]  # project, issuetype, status, statuscategory
    version: int = 0
    cache: dict[str, Numbers] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def changed(self) -> None:
        """Call after an edit in place: what was found before no longer holds."""
        self.version += 1
        self.cache.clear()
