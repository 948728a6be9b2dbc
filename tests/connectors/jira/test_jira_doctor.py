"""`slipstream doctor`: every step says what holds, and how to mend what does not."""

from __future__ import annotations

from tests.connectors.jira.syncing import connect, site
from tests.fixtures.sandbox import Client


def _findings(source):
    return {finding.check: finding for finding in source.check()}


def test_a_healthy_site_passes_every_step():
    with site() as acme:
        findings = _findings(acme.source)
    assert list(findings) == ["address", "jira", "credentials", "projects", "search", "time", "boards", "fields"]
    assert all(finding.ok for finding in findings.values())
    assert "Europe/Berlin" in findings["time"].detail
    assert "story points, sprint" in findings["fields"].detail


def test_a_wrong_token_ends_at_credentials_with_a_remedy():
    with site() as acme:
        findings = _findings(connect(acme.jira.url, [], acme.jira.email, "wrong"))
    assert not findings["credentials"].ok
    assert "token" in findings["credentials"].remedy
    assert "search" not in findings


def test_a_server_that_is_down_is_an_address_that_does_not_answer():
    with site() as acme:
        pass
    (finding,) = acme.source.check()
    assert (finding.check, finding.ok) == ("address", False)
    assert "whether the site is up" in finding.remedy


def test_something_that_is_not_jira_is_named_so():
    with site(faults=("html200@1+",)) as acme:
        findings = _findings(acme.source)
    assert findings["address"].ok
    assert not findings["jira"].ok


def test_a_chosen_project_that_is_not_visible_is_named():
    with site(projects=["ALFA", "GHOST"]) as acme:
        findings = _findings(acme.source)
        synced = acme.sync()
    assert "GHOST" in findings["projects"].detail
    assert "Browse Projects" in findings["projects"].remedy
    assert synced.outcome.status == "partial"
    assert synced.certificate("GHOST", "project").status == "partial"


def test_missing_boards_are_no_fault():
    with site(faults=("403@/rest/agile:1+",)) as acme:
        boards = _findings(acme.source)["boards"]
    assert boards.ok
    assert "not offered" in boards.detail


def test_dynamic_webhooks_are_looked_after_and_a_lapse_has_a_remedy():
    address = "http://127.0.0.1:9/jira/acme"
    hooks = [{"events": ["jira:issue_updated"], "jqlFilter": "project = ALFA"}]
    with site(webhook_url=address) as acme:
        lapsed = _findings(acme.source)["webhooks"]
        Client(acme.jira).post("/rest/api/3/webhook", {"url": address, "webhooks": hooks})
        fresh = _findings(acme.source)["webhooks"]
        acme.jira.advance(21)
        refreshed = _findings(acme.source)["webhooks"]
    assert (lapsed.ok, "POST /rest/api/3/webhook" in lapsed.remedy) == (False, True)
    assert (fresh.ok, fresh.detail) == (True, "1 dynamic webhooks, until 2026-04-01")
    assert (refreshed.ok, refreshed.detail) == (True, "1 of 1 dynamic webhooks refreshed, until 2026-04-22")
