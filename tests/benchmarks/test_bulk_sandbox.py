"""The sandbox that benchmarks start: what it prints for a shell is how they sign in."""

from __future__ import annotations

import json
import urllib.request
from base64 import b64encode
from pathlib import Path

from benchmarks.bulk_sandbox import BulkSandbox, bulk_sandbox


def serving(site: BulkSandbox, path: str) -> dict[str, object]:
    request = urllib.request.Request(site.url + path)
    request.add_header("Authorization", "Basic " + b64encode(f"{site.email}:{site.token}".encode()).decode())
    with urllib.request.urlopen(request) as answer:
        return dict(json.loads(answer.read()))


def test_benchmarks_sign_in_with_what_the_sandbox_prints_and_can_have_issues_changed(tmp_path: Path) -> None:
    with bulk_sandbox(20) as site:
        before = serving(site, "/rest/api/3/serverInfo")["serverTime"]
        site.touch(3)
        assert serving(site, "/rest/api/3/serverInfo")["serverTime"] != before
        assert site.environment(tmp_path)["JIRA_API_TOKEN"] == site.token
        assert site.cpu() > 0
