"""Issues a second, CPU and memory of every peer: rounds in which all take their turn, so that all share the noise."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers import outcome, running, sandboxes
from benchmarks.peers.environments import Peer

Line = dict[str, Any]


def measure(peer: Peer, sandbox: sandboxes.Sandbox) -> Line:
    """One run of one peer against one sandbox, from an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        requests, _, cpu = sandbox.used()
        ran = running.run(peer, sandbox.login, out, peer.limit)
        requests_after, _, cpu_after = sandbox.used()
        counted = running.count(peer, out)
        said = running.last_words(out) if ran.status else ""
    line: Line = {"peer": peer.name, "version": peer.version, "issues": sandbox.there[0]}
    if isinstance(counted, str):
        return {**line, "verdict": counted, "said": said}
    delivered = outcome.Delivered.of(sandbox.there, counted)
    return {
        **line,
        "seconds": round(ran.seconds, 3),
        "rate": round(delivered.issues / ran.seconds, 1),
        "cpu_us_per_issue": round(ran.cpu_seconds / sandbox.there[0] * 1e6, 1),
        "server_cpu_us_per_issue": round((cpu_after - cpu) / sandbox.there[0] * 1e6, 1),
        "peak_memory_mb": round(ran.peak_memory_mb, 1),
        "requests": requests_after - requests,
        "exit": ran.status,
        "verdict": outcome.verdict(ran.status, delivered, ran.stopped, histories=True),
        "said": said,
        "delivered": outcome.figures(delivered),
    }


def bulk(peers: Sequence[Peer], size: int | None, rounds: int, tell: Callable[[str], None]) -> Iterator[Line]:
    """The median of each peer at each of its sizes; every other round goes backwards."""
    work = {issues: [p for p in peers if issues in sizes(p, size)] for issues in all_sizes(peers, size)}
    taken: dict[tuple[int, str], list[Line]] = {}
    for number in range(rounds):
        for issues, those in work.items():
            turn = [peer for peer in (those if number % 2 == 0 else those[::-1]) if number < (peer.repeats or rounds)]
            if not turn:
                continue
            with sandboxes.alone(issues) as sandbox:
                for peer in turn:
                    tell(f"{peer.title}: {issues:,} issues, round {number + 1} of {rounds}")
                    taken.setdefault((issues, peer.name), []).append(measure(peer, sandbox))
    for lines in taken.values():
        yield {"benchmark": "peers_speed", **outcome.middle(lines)}


def sizes(peer: Peer, size: int | None) -> list[int]:
    return [size] if size else peer.issues


def all_sizes(peers: Sequence[Peer], size: int | None) -> list[int]:
    return sorted({issues for peer in peers for issues in sizes(peer, size)})


def simulated(peers: Sequence[Peer], tell: Callable[[str], None]) -> Iterator[Line]:
    """Once against the simulated portfolio, whose issues have sprints, work logs, links and long histories."""
    with sandboxes.faulty(None) as sandbox:
        for peer in peers:
            if peer.faults or peer.is_ours:
                tell(f"{peer.title}: the simulated portfolio, {sandbox.there[0]:,} issues")
                yield {"benchmark": "peers_simulated", **measure(peer, sandbox)}
