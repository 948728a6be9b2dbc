"""Slipstream beside other ways to get Jira's issues, against the same sandbox: `make bench-peers`.

    python -m benchmarks.peers [--peers dlt,slipstream] [--only speed|simulated|faults] [--issues N] [--rounds 2]

Prints a JSON line for each finding as it comes, then the tables. What each peer needs is installed under .dev/peers.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from benchmarks.peers import environments, faults, speed, table
from benchmarks.peers.environments import Peer

_PARTS = ("speed", "simulated", "faults")
_STARTED = time.monotonic()


def tell(text: str) -> None:
    print(f"{time.monotonic() - _STARTED:6.1f} s  {text}", file=sys.stderr, flush=True)


def ready(chosen: list[Peer]) -> tuple[list[Peer], list[dict[str, Any]]]:
    """The peers that can run, and a line for each that cannot: none is left out silently."""
    able, unable = [], []
    for peer in chosen:
        tell(f"{peer.title}: environment")
        trouble = environments.install(peer)
        if trouble:
            unable.append({"benchmark": "peers_speed", "peer": peer.name, "version": peer.version, "verdict": trouble})
        else:
            able.append(peer)
    return able, unable


def findings(parts: list[str], able: list[Peer], asked: argparse.Namespace) -> Iterator[dict[str, Any]]:
    if "speed" in parts:
        yield from speed.bulk(able, asked.issues, asked.rounds, tell)
    if "simulated" in parts:
        yield from speed.simulated(able, tell)
    if "faults" in parts:
        yield from faults.all_of(able, tell)


def main() -> None:
    known = environments.read()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", default=",".join(peer.name for peer in known), help="names in peers.toml")
    parser.add_argument("--only", choices=_PARTS)
    parser.add_argument("--issues", type=int, help="one size for all, instead of each peer's own")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--pin", action="store_true", help="keep the installed versions in pins/, and measure nothing")
    asked = parser.parse_args()
    names = asked.peers.split(",")
    able, lines = ready([peer for peer in known if peer.name in names])
    if asked.pin:
        for peer in able:
            environments.pin(peer)
        return
    for line in lines:
        print(json.dumps(line), flush=True)
    for line in findings([asked.only] if asked.only else list(_PARTS), able, asked):
        print(json.dumps(line), flush=True)
        lines.append(line)
    show(lines, known)


def show(lines: list[dict[str, Any]], known: list[Peer]) -> None:
    titles = {peer.name: peer.title for peer in known}
    for peer in known:
        print(f"- {peer.title}: {peer.version}" + (f" ({peer.published})" if peer.published else ""))
    for benchmark, draw in (("speed", table.speed), ("simulated", table.speed), ("fault", table.faults)):
        found = [line for line in lines if line["benchmark"] == f"peers_{benchmark}"]
        if found:
            print(f"\n{benchmark}\n\n{draw(found, titles)}")


if __name__ == "__main__":
    main()
