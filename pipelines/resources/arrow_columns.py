"""Arrow columns straight from Python's values.

`pa.array` and `pa.scalar` import pandas, which costs every sync half a second and 60 MB, and copy as they grow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import numpy as np
import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST = 2**31 - 1  # bytes that one text column can address


def texts(values: Sequence[bytes | None]) -> pa.Array:
    """A text column; whether its bytes are UTF-8 is asked apart."""
    there = [value or b"" for value in values]
    return joined(b"".join(there), list(accumulate(map(len, there))), _known(values))


def joined(text: bytes | bytearray, ends: Sequence[int], known: pa.Buffer | None = None) -> pa.Array:
    """A text column of values that lie one behind the other; the text is not copied."""
    if len(text) > _MOST:
        raise pa.ArrowCapacityError(f"{len(text)} bytes of text do not fit into one column")
    offsets = np.array([0, *ends], np.int32)
    return pa.Array.from_buffers(pa.string(), len(ends), [known, pa.py_buffer(offsets), pa.py_buffer(text)])


def are_text(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def instants(values: Sequence[datetime | None]) -> pa.Array:
    """UTC without zone, in microseconds; every value must be aware."""
    gaps = [(moment or _EPOCH) - _EPOCH for moment in values]
    micros = [(gap.days * 86_400 + gap.seconds) * 1_000_000 + gap.microseconds for gap in gaps]
    return _numbers(values, micros, pa.timestamp("us"), np.int64)


def flags(values: Sequence[bool | None]) -> pa.Array:
    buffers = [_known(values), _bits([bool(value) for value in values])]
    return pa.Array.from_buffers(pa.bool_(), len(values), buffers)


def plain(values: Sequence[Any]) -> pa.Array | None:
    """A column of plain Python values that are all of one kind, or None."""
    kinds = {type(value) for value in values if value is not None}
    build = _BUILD.get(kinds.pop()) if len(kinds) == 1 else None
    return build(values) if build else None


def _whole(values: Sequence[int | None]) -> pa.Array:
    return _numbers(values, [value or 0 for value in values], pa.int64(), np.int64)


def _fractions(values: Sequence[float | None]) -> pa.Array:
    told = [None if value is None or math.isnan(value) else value for value in values]
    return _numbers(told, [value or 0.0 for value in told], pa.float64(), np.float64)


def _times(values: Sequence[datetime | None]) -> pa.Array | None:
    return instants(values) if all(value is None or value.tzinfo for value in values) else None


_BUILD: dict[type, Callable[[Sequence[Any]], pa.Array | None]] = {
    str: lambda values: texts([None if value is None else value.encode() for value in values]),
    bool: flags,
    int: _whole,
    float: _fractions,
    datetime: _times,
}


def _numbers(values: Sequence[Any], filled: Sequence[float], kind: pa.DataType, width: type) -> pa.Array:
    return pa.Array.from_buffers(kind, len(filled), [_known(values), pa.py_buffer(np.array(filled, width))])


def _known(values: Sequence[Any]) -> pa.Buffer | None:
    """Which values are there; no buffer where all are."""
    return _bits([value is not None for value in values]) if None in values else None


def _bits(values: Sequence[bool]) -> pa.Buffer:
    return pa.py_buffer(np.packbits(np.array(values, bool), bitorder="little").tobytes())
