"""The sandboxes the peers read, and what is in them: a process of its own where speed counts, else a thread of ours."""

from __future__ import annotations

import json
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from benchmarks.bulk_sandbox import bulk_sandbox
from connectors.sandbox.jira.factory import build
from connectors.sandbox.jira.options import SandboxOptions
from connectors.sandbox.jira.site import Site
from connectors.sandbox.server import running


@dataclass(frozen=True)
class Sandbox:
    """A running one, and the issues and history entries it holds."""

    login: tuple[str, str, str]
    there: tuple[int, int]

    def used(self) -> tuple[int, int, float]:
        """Requests answered so far, those of them that were searches, and the CPU seconds it took."""
        told = self._ask("/sandbox/requests")
        searches = sum(count for path, count in told["paths"].items() if path.endswith("/search/jql"))
        return int(told["total"]), searches, float(told["cpu_seconds"])

    def _ask(self, path: str) -> dict[str, Any]:
        url, email, token = self.login
        request = urllib.request.Request(url + path)
        request.add_header("Authorization", "Basic " + b64encode(f"{email}:{token}".encode()).decode())
        with urllib.request.urlopen(request) as answer:
            told: dict[str, Any] = json.loads(answer.read())
        return told


def held(site: Site) -> tuple[int, int]:
    ids = site.index.ids.tolist()
    return len(ids), sum(len(site.histories(number)) for number in ids)


@lru_cache
def _held(issues: int) -> tuple[int, int]:
    return held(build(SandboxOptions(issues=issues))[0])


@contextmanager
def alone(issues: int) -> Iterator[Sandbox]:
    """In a process of its own, so that its CPU is told apart."""
    there = _held(issues)
    with bulk_sandbox(issues) as site:
        yield Sandbox((site.url, site.email, site.token), there)


@contextmanager
def faulty(issues: int | None, *faults: str) -> Iterator[Sandbox]:
    """In a thread; without a number of issues it is the simulated portfolio."""
    with running(SandboxOptions(issues=issues, faults=faults)) as jira:
        yield Sandbox((jira.url, jira.email, jira.token), held(jira.site))
