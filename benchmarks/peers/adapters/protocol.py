"""The one protocol of all adapters, standard library only, since each runs in its peer's own environment.

python ADAPTER run URL EMAIL TOKEN OUT     read the whole site into the folder OUT; exit as the peer itself does
python ADAPTER count OUT                   one JSON object: what is in OUT, as `tally` counts it
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn


@dataclass(frozen=True)
class Jira:
    """Where to read, and as whom."""

    url: str
    email: str
    token: str


Row = tuple[str, Sequence[str]]
"""A landed issue: its id, and the ids of its history entries."""


def tally(rows: Iterable[Row]) -> dict[str, int]:
    """How many rows there are and how many different ones; the same of the history entries they hold."""
    issues, histories = set[str](), set[str]()
    issue_rows = history_rows = 0
    for issue, entries in rows:
        issue_rows += 1
        history_rows += len(entries)
        issues.add(issue)
        histories.update(entries)
    return {
        "issue_rows": issue_rows,
        "issues": len(issues),
        "history_rows": history_rows,
        "histories": len(histories),
    }


def become(command: Sequence[str], **environment: str) -> NoReturn:
    """Go on as the peer's own command, so that nothing of ours is measured with it."""
    os.execve(command[0], list(command), {**os.environ, **environment})  # noqa: S606


def main(run: Callable[[Jira, Path], int], count: Callable[[Path], Iterable[Row]]) -> None:
    """Do what the command line asks."""
    verb, *words = sys.argv[1:]
    if verb == "run":
        sys.exit(run(Jira(*words[:3]), Path(words[3])))
    print(json.dumps(tally(count(Path(words[0])))))
