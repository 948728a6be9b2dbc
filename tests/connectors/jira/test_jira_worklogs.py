"""Worklogs: the exact set through Jira's own feeds, deletions as tombstones."""

from __future__ import annotations

from tests.connectors.jira.syncing import site


def test_a_site_without_the_feeds_is_complete_and_says_so():
    with site(faults=("403@/worklog/updated:1+",)) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert synced.certificate("*", "worklog").status == "unavailable"
