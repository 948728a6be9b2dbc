"""JSON as Jira writes it: any text goes out, lone halves of surrogate pairs among it, which strict encoders refuse."""

from __future__ import annotations

import json
from typing import Any

import orjson


def dumps(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()
