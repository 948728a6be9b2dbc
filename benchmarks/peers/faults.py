"""What each peer delivers when one answer of the search goes wrong, and whether its next run mends it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.peers import outcome, running, sandboxes
from benchmarks.peers.environments import Peer

THIRD = "@search/jql:3"
FAULTS = {
    "502 once": f"502{THIRD}",
    "400 once": f"400{THIRD}",
    "HTML with 200": f"html200{THIRD}",
    "truncated body": f"truncated{THIRD}",
    "Retry-After as HTTP date": f"429_http_date{THIRD}",
    "`isLast` missing": f"is_last_missing{THIRD}",
    "repeated token": f"repeated_token{THIRD}",
    "429 burst": f"429_burst{THIRD}",
    "connection reset": f"reset{THIRD}",
    "short pages": f"short_pages{THIRD}",
    "empty pages": f"empty_page{THIRD}-12",  # a few, as a peer that reads side by side has no token at its third
}
_LIMIT = 150.0  # seconds: tap-jira waits a minute where it was asked for one second
_SIDE_BY_SIDE = 3  # only the outcome counts here, and much of the time is waiting


def all_of(peers: Sequence[Peer], tell: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    """A line for each fault and peer, in the order of both."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it tells every connection that a fault broke
    pairs = [(name, peer) for name in FAULTS for peer in peers if peer.faults]

    def work(pair: tuple[str, Peer]) -> dict[str, Any]:
        line = struck(*pair)
        tell(f"{pair[1].title}: {pair[0]}: {line['verdict']}")
        return line

    with ThreadPoolExecutor(_SIDE_BY_SIDE) as pool:
        yield from pool.map(work, pairs)


def struck(name: str, peer: Peer) -> dict[str, Any]:
    """One peer against one fault: its first run, and the next where the first was not complete."""
    with tempfile.TemporaryDirectory() as folder, sandboxes.faulty(peer.fault_issues, FAULTS[name]) as sandbox:
        out = Path(folder)
        line = {"benchmark": "peers_fault", "fault": name, "peer": peer.name, "version": peer.version}
        line |= _once(peer, sandbox, out)
        if line["verdict"] != "complete" and line.get("exit") is not None:
            line["next_run"] = _once(peer, sandbox, out)
    return line


def endless(issues: int) -> int:
    """More searches than any way to read them takes: halved pages of 50, and ten empty ones, are 35 for 600 issues."""
    return max(60, issues // 20)


def _once(peer: Peer, sandbox: sandboxes.Sandbox, out: Path) -> dict[str, Any]:
    _, before, _ = sandbox.used()
    most = endless(peer.fault_issues)
    ran = running.run(peer, sandbox.login, out, _LIMIT, lambda: sandbox.used()[1] - before > most)
    counted = running.count(peer, out)
    if isinstance(counted, str):
        return {"verdict": counted, "exit": ran.status}
    delivered = outcome.Delivered.of(sandbox.there, counted)
    return {
        "verdict": outcome.verdict(ran.status, delivered, ran.stopped),
        "exit": ran.status,
        "seconds": round(ran.seconds, 1),
        "said": running.last_words(out) if ran.status else "",
        "searches": sandbox.used()[1] - before,
        "delivered": outcome.figures(delivered),
    }
