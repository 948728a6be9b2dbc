"""The sandbox that benchmarks start: what it prints for a shell is how they sign in."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.bulk_sandbox import BulkSandbox, bulk_sandbox


def clock(site: BulkSandbox) -> object:
    return json.loads(site.ask("/rest/api/3/serverInfo"))["serverTime"]


def test_benchmarks_sign_in_with_what_the_sandbox_prints_and_can_have_issues_changed(tmp_path: Path) -> None:
    with bulk_sandbox(20) as site:
        before = clock(site)
        site.touch(3)
        assert clock(site) != before
        assert site.environment(tmp_path)["JIRA_API_TOKEN"] == site.token
        assert site.cpu() > 0
