"""From Jira to staged tables: CPU an issue, memory, and what latency leaves of the rate, against the bulk sandbox.

    python benchmarks/jira_speed.py [10000 100000] [--million] [--latency 150]

One JSON line each. Client and load count, the sandbox apart (`server_cpu_us`, and its share of the wall clock, which
says whether it was the ceiling). Staging is measured with dbt warm: what dbt takes to start is `dbt_start_cpu_seconds`.
The peer is a plain page loop of the `jira` library that lands nothing, in the same run.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from bulk_sandbox import BulkSandbox, bulk_sandbox
from line import PLAIN_LOOP
from measure import Measured, child, report

PAGE, IN_FLIGHT = 100, 8

STAGE = """
import json, resource, sys, time
from pipelines import settings
from pipelines.line import Line
from pipelines.stages.build.builder import build_layer

def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

line = Line.of(settings.load())
build_layer(line, "core", ["stg_jira__server"]).raise_if_failed()
start, clock = cpu(), time.perf_counter()
report = build_layer(line, "core", ["stg_jira__issue", "stg_jira__issue_changelog"])
report.raise_if_failed()
used, seconds = cpu() - start, time.perf_counter() - clock
with line.warehouse.read("benchmark") as db:
    held = "SELECT count(*), sum(len(histories)) FROM staging."
    counts = [db.execute(held + table).fetchone() for table in ("stg_jira__issue", "stg_jira__issue_changelog")]
print(json.dumps({"start": start, "cpu": used, "seconds": seconds, "counts": counts}))
"""


def synced(site: BulkSandbox, home: str) -> tuple[Measured, dict[str, Any]]:
    """A first sync, and what it says of itself; an incomplete one is no measurement."""
    measured = child(
        [sys.executable, "-m", "pipelines.cli", "sync", "jira", "--full", "--json"], site.environment(home)
    )
    said = json.loads(measured.output)
    if said["status"] != "complete":
        raise SystemExit(f"the sync was {said['status']}: {said['detail']}")
    return measured, said


def whole_way(issues: int, *, with_peer: bool = True) -> float:
    """Extract, land and stage; the CPU seconds of all three."""
    with tempfile.TemporaryDirectory() as home, bulk_sandbox(issues) as site:
        more: dict[str, Any] = {}
        if with_peer:
            plain = child([sys.executable, "-c", PLAIN_LOOP, site.url, site.email, site.token], site.environment(home))
            more["peer"] = {"name": "plain jira page loop, nothing landed", "rate": round(issues / plain.seconds, 1)}
        before = site.cpu()
        landed, said = synced(site, home)
        server = site.cpu() - before
        staged = child([sys.executable, "-c", STAGE], site.environment(home))
        told = json.loads(staged.output.splitlines()[-1])
        if with_peer:
            more["times_peer"] = round(plain.seconds / landed.seconds, 2)
        report(
            "jira_extract_land",
            issues,
            "issues",
            landed,
            requests=said["requests"],
            landed_bytes=_size(Path(home, "landing")),
            server_cpu_us=round(server / issues * 1e6, 1),
            server_busy=round(server / landed.seconds, 2),
            **more,
        )
        total = landed.cpu_seconds + told["cpu"]
        whole = Measured(
            landed.seconds + told["seconds"], total, max(landed.peak_memory_mb, staged.peak_memory_mb), staged.output
        )
        report(
            "jira_extract_land_stage",
            issues,
            "issues",
            whole,
            stage_cpu_us=round(told["cpu"] / issues * 1e6, 1),
            stage_seconds=round(told["seconds"], 2),
            dbt_start_cpu_seconds=round(told["start"], 2),
            histories_an_issue=round(sum(count[1] or 0 for count in told["counts"]) / issues, 2),
            bytes_an_issue=_bytes_an_issue(site),
        )
    return total


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


def _bytes_an_issue(site: BulkSandbox) -> int:
    asked = {"jql": "created >= 0 ORDER BY created", "fields": ["*all"], "expand": "changelog", "maxResults": PAGE}
    return len(site.ask("/rest/api/3/search/jql", json.dumps(asked).encode())) // PAGE


def far_away(issues: int, latency_ms: int) -> None:
    """All requests of a sync take their latency, as many at a time as may be in flight: no sync can be faster."""
    with tempfile.TemporaryDirectory() as home, bulk_sandbox(issues, latency_ms) as site:
        landed, said = synced(site, home)
        least = math.ceil(said["requests"] / IN_FLIGHT) * latency_ms / 1000
        report(
            "jira_latency",
            issues,
            "issues",
            landed,
            seconds=said["seconds"],
            latency_ms=latency_ms,
            in_flight=IN_FLIGHT,
            requests=said["requests"],
            ceiling_rate=round(issues / least, 1),
            share_of_ceiling=round(least / said["seconds"], 3),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000, 100_000])
    parser.add_argument("--million", action="store_true", help="one million issues too: minutes, and 400 MB of disk")
    parser.add_argument("--latency", type=int, default=150, help="milliseconds at the server; 0: leave out")
    args = parser.parse_args()
    spent = {size: whole_way(size) for size in args.sizes}
    if len(spent) > 1:
        low, high = min(spent), max(spent)
        more = round((spent[high] - spent[low]) / (high - low) * 1e6, 1)
        print(
            json.dumps({"benchmark": "jira_marginal_cpu", "between": [low, high], "cpu_us_per_unit": more}), flush=True
        )
    if args.million:
        whole_way(1_000_000, with_peer=False)
    if args.latency:
        far_away(max(args.sizes), args.latency)


if __name__ == "__main__":
    main()
