"""The warehouse: a full build of N issues, the build after 1,000 of them changed, and a full rebuild beside it.

    python benchmarks/warehouse.py [100000] [--changed 1000] [--rounds 1]

One JSON line each. The issues come from the bulk sandbox, about 20 history rows each. `model_seconds` is the sum of
dbt's own times of the models, tests apart, and what the shares are of; CPU is that of the build alone (dbt loaded and
the project parsed beforehand), memory the peak of its process. `heaviest` names the models that take longest.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from bulk_sandbox import BulkSandbox, bulk_sandbox
from jira_speed import synced
from measure import Measured, child, report

BUILD = """
import json, resource, sys, time
from pipelines import settings
from pipelines.line import Line
from pipelines.stages.build import project
from pipelines.stages.build.builder import build_layer
from pipelines.warmup import SLOW

def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime

for name in SLOW:
    __import__(name)
line = Line.of(settings.load())
project.manifest(line)
start, clock = cpu(), time.perf_counter()
report = build_layer(line, "core", full_refresh="--full-refresh" in sys.argv)
report.raise_if_failed()
used, seconds = cpu() - start, time.perf_counter() - clock
models = {node.name: node.seconds for node in report.nodes if node.resource_type == "model"}
tests = {node.name: node.seconds for node in report.nodes if node.resource_type == "test"}
rows = {node.name: node.row_count for node in report.nodes if node.resource_type == "model"}
print(json.dumps({"cpu": used, "seconds": seconds, "models": models, "tests": tests, "rows": rows}))
"""


def built(site: BulkSandbox, home: str, *arguments: str) -> tuple[Measured, dict[str, Any]]:
    """One build in a process of its own; the figures leave out its start."""
    ran = child([sys.executable, "-c", BUILD, *arguments], site.environment(home))
    told = json.loads(ran.output.splitlines()[-1])
    return Measured(told["seconds"], told["cpu"], ran.peak_memory_mb, ran.output), told


def tell(name: str, issues: int, measured: Measured, told: dict[str, Any], **more: Any) -> float:
    """The sum of the models' seconds, which is what shares are taken of."""
    seconds = sum(told["models"].values())
    ranked = sorted(told["models"].items(), key=lambda one: -one[1])
    report(
        name,
        issues,
        "issues",
        measured,
        history_rows=told["rows"].get("fct_issue_field_history"),
        model_seconds=round(seconds, 2),
        test_seconds=round(sum(told["tests"].values()), 2),
        tables_built=sum(took > 0 for took in told["models"].values()),
        heaviest=dict(ranked[:10]),
        **more,
    )
    return seconds


def rounds(issues: int, changed: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as home, bulk_sandbox(issues) as site:
        synced(site, home)
        whole, told = built(site, home)
        full = tell("warehouse_full", issues, whole, told)
        for _ in range(times):
            site.touch(changed)
            child([sys.executable, "-m", "pipelines.cli", "sync", "jira"], site.environment(home))
            some, told = built(site, home)
            share = sum(told["models"].values()) / full
            more = {"changed": changed, "share_of_full": round(share, 4)}
            more["cpu_share_of_full"] = round(some.cpu_seconds / whole.cpu_seconds, 4)
            tell("warehouse_changed", issues, some, told, **more)
        anew, told = built(site, home, "--full-refresh")
        tell("warehouse_rebuilt", issues, anew, told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[100_000])
    parser.add_argument("--changed", type=int, default=1_000, help="how many issues change between two builds")
    parser.add_argument("--rounds", type=int, default=1, help="how many times that many change")
    args = parser.parse_args()
    for issues in args.sizes:
        rounds(issues, args.changed, args.rounds)


if __name__ == "__main__":
    main()
