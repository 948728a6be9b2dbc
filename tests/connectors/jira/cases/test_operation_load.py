"""Case 44: as many requests as pages, never one an issue; and 100,000 issues in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from math import ceil

import pytest

from connectors.sandbox.server import SandboxOptions, running
from tests.connectors.jira.syncing import collect, connect

ISSUES = 2_000
LONG = ISSUES // 20  # have more histories than a search shows
PROJECTS = 40
MEMORY_MB = 400
_SEARCH, _BULK = "/rest/api/3/search/jql", "/rest/api/3/issue/bulkfetch"
_CHANGELOGS = "/rest/api/3/changelog/bulkfetch"
# a process begins with the peak of the one that started it, which here may be large: so a small one stands between
_WITH_PEAK = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(status)
"""
_OF_PROJECTS = {"/rest/api/3/project/{project}/versions", "/rest/agile/1.0/board/{board}/sprint"}


@pytest.fixture(scope="module")
def synced():
    """A first sync of a bulk site, and which requests the site saw."""
    with running(SandboxOptions(issues=ISSUES)) as jira:
        source = connect(jira.url, [], jira.email, jira.token)
        found = collect(source.sync(None))
        for _ in range(5):  # rounds in which the server sees that our connections are closed, before it stops
            jira.change(lambda: None)
        return found, Counter(jira.sandbox.requests)


def test_case_44_issues_cost_a_request_a_page_and_two_a_page_of_ids(synced):
    found, asked = synced
    assert len(set(found.keys("issue"))) == ISSUES
    assert asked[_SEARCH] + asked[_BULK] <= ceil(ISSUES / 100) + 2 * ceil(ISSUES / 5_000)


def test_case_44_long_changelogs_come_in_bulk_and_all_of_them(synced):
    found, asked = synced
    rows = sum(len(record.payload["changeHistories"]) for record in found.records["issue_changelog"])
    assert {record.payload["issueId"] for record in found.records["issue_changelog"]} == {
        record.key
        for record in found.records["issue"]
        if record.payload["changelog"]["total"] > len(record.payload["changelog"]["histories"])
    }
    assert len({record.payload["issueId"] for record in found.records["issue_changelog"]}) == LONG
    assert asked[_CHANGELOGS] <= 8 + ceil(LONG / 1_000) + ceil(rows / 10_000)  # at most eight in flight
    proofs = [proof for proof in found.outcome.certificates if proof.stream == "issue"]
    assert len(proofs) == PROJECTS
    assert all(proof.changelog_total == proof.changelog_held > 0 for proof in proofs)


def test_case_44_all_else_is_metadata_that_no_number_of_issues_adds_to(synced):
    found, asked = synced
    assert found.outcome.status == "complete"
    assert found.outcome.requests == asked.total()
    rest = {name: count for name, count in asked.items() if name not in {_SEARCH, _BULK, _CHANGELOGS}}
    assert {name: count for name, count in rest.items() if count > 2} == dict.fromkeys(_OF_PROJECTS, PROJECTS)
    assert not [name for name in asked if "{issue}" in name]


@pytest.mark.slow
def test_case_44_a_hundred_thousand_issues_are_landed_in_bounded_memory(tmp_path):
    command = [
        sys.executable,
        "-c",
        _WITH_PEAK,
        sys.executable,
        "-m",
        "pipelines.cli",
        "sync",
        "jira",
        "--full",
        "--json",
    ]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SLIPSTREAM_", "JIRA_"))}
    with running(SandboxOptions(issues=100_000)) as jira:
        told = {"JIRA_URL": jira.url, "JIRA_EMAIL": jira.email, "JIRA_API_TOKEN": jira.token}
        kept |= told | {"SLIPSTREAM_HOME": str(tmp_path)}
        child = subprocess.run(command, capture_output=True, env=kept, check=True)
    report = json.loads(child.stdout)
    assert (report["status"], report["rows"]["issue"]) == ("complete", 100_000)
    assert int(child.stderr.split()[-1]) / 1024 < MEMORY_MB
