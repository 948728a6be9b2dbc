"""Runs a command as a child and prints one JSON line: work, seconds, rate, CPU, peak memory, peer."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measured:
    """What the operating system accounted to one finished child."""

    seconds: float
    cpu_seconds: float
    peak_memory_mb: float
    output: str


def child(command: Sequence[str], environment: Mapping[str, str]) -> Measured:
    """Run to the end; a failing child ends the benchmark, with what it printed."""
    start = time.perf_counter()
    with subprocess.Popen(command, env=dict(environment), stdout=subprocess.PIPE, text=True) as process:
        output = process.stdout.read() if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}\n{output}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)


def report(benchmark: str, work: int, unit: str, measured: Measured, **more: Any) -> None:
    """Print the one JSON line of a benchmark; `peer` in `more` names what it was compared with in the same run."""
    seconds = more.pop("seconds", measured.seconds)
    line = {
        "benchmark": benchmark,
        "work": work,
        "unit": unit,
        "seconds": round(seconds, 3),
        "rate": round(work / seconds, 1) if seconds else None,
        "cpu_seconds": round(measured.cpu_seconds, 3),
        "cpu_us_per_unit": round(measured.cpu_seconds / work * 1e6, 1) if work else None,
        "peak_memory_mb": round(measured.peak_memory_mb, 1),
        **more,
    }
    print(json.dumps(line), flush=True)
