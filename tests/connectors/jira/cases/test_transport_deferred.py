"""Case 2, a sync that a quota stops proves nothing, says so of every project, and moves no clock."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pyarrow.parquet as pq
import pytest

from connectors.source import offset_of
from pipelines.line import Line
from pipelines.stages.build import builder
from tests.connectors.jira.homes import Home, fake_time
from tests.connectors.jira.syncing import site
from tests.fixtures.sandbox import running_world, small_world
from tests.fixtures.warehouse import parsed_target

SEARCH = "/search/jql"
QUOTA = "the request quota is used up. Sync again after 2026-03-02 10:30:00 UTC"
HOURS = timedelta(hours=8)


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


def _said(outcome):
    return {(one.scope_key, one.stream, one.status, one.source_count, one.held_count) for one in outcome.certificates}


def test_case_02_a_first_sync_put_off_midway_vouches_for_no_project_and_says_until_when():
    with site(small_world(60), faults=(f"429_quota@{SEARCH}:5",), page_size=10, in_flight=1) as acme:
        outcome = acme.sync().outcome
    assert {(one.scope_key, one.stream, one.status) for one in outcome.certificates} == {
        ("ALFA", "issue", "deferred"),
        ("BRAVO", "issue", "deferred"),
    }
    assert {one.source_count for one in outcome.certificates} == {None}
    assert 0 < sum(one.held_count for one in outcome.certificates) < 60
    assert all(QUOTA in one.detail for one in outcome.certificates)


def test_case_02_a_later_sync_put_off_at_the_door_speaks_of_every_project_held():
    with site() as acme:
        whole = acme.sync()
    with site(faults=("429_quota@1",)) as acme:
        assert _said(acme.sync(whole.checkpoint).outcome) == {
            ("ALFA", "issue", "deferred", None, 12),
            ("BRAVO", "issue", "deferred", None, 12),
        }


def test_case_02_a_first_sync_put_off_at_the_door_speaks_of_the_whole_site():
    with site(faults=("429_quota@1",)) as acme:
        assert _said(acme.sync().outcome) == {("*", "issue", "deferred", None, 0)}


def test_case_02_what_was_put_off_is_in_the_ledger_beside_the_proof_that_came_before(home):
    with running_world(small_world()) as jira:
        home.point_at(jira)
        home.sync()
    with running_world(small_world(), faults=(f"429_quota@{SEARCH}:1",)) as jira:
        home.point_at(jira)
        report = home.sync()
    rows = pq.read_table(home.settings.ledger_dir / "completeness" / f"{report.sync_id}.parquet").to_pylist()
    assert {(row["scope_id"], row["stream"], row["completeness_status"]) for row in rows} == {
        ("acme:10200", "issue", "deferred"),
        ("acme:10201", "issue", "deferred"),
    }
    assert all("quota is used up" in row["detail"] for row in rows)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_case_02_downstream_a_quota_is_told_and_costs_no_trust_that_was_proved(home, request):
    parsed_target(request.config, home.folder)
    with running_world(small_world()) as jira:
        home.point_at(jira)
        home.sync()
    with running_world(small_world(60), faults=(f"429_quota@{SEARCH}:5",)) as jira:
        home.point_at(jira, page_size=10, in_flight=1)
        assert home.sync(full=True).status == "deferred"
    builder.build_warehouse(Line.of(home.settings))
    with duckdb.connect(str(home.settings.warehouse_path), read_only=True) as db:
        said = db.execute(
            "select scope_key, completeness_status from marts.fct_completeness where is_current"
        ).fetchall()
        trust = db.execute("select trust_status, reasons from intermediate.int_governance__project_trust").fetchall()
    assert set(said) == {("ALFA", "deferred"), ("BRAVO", "deferred")}
    assert {status for status, _ in trust} == {"trusted"}
    assert all("deferred: issue" in reasons and "Sync again after" in reasons for _, reasons in trust)
    assert len(trust) == 2


def test_case_02_a_sync_taken_up_hours_later_keeps_the_clock_and_vouches_from_when_it_was_begun(home):
    with fake_time() as waits, running_world(small_world(60), faults=(f"429_quota@{SEARCH}:5",)) as jira:
        home.point_at(jira, page_size=10, in_flight=1)
        assert home.sync().status == "deferred"
        stopped, ahead = home.last, offset_of(home.landing.clock())
        waits.append(3600)
        jira.do("pass_time", seconds=int(HOURS.total_seconds()))
        report = home.sync()
    resumed = home.last
    assert report.status == "complete"
    moved = offset_of(home.landing.clock()) - ahead
    assert HOURS - timedelta(minutes=1) < moved < HOURS + timedelta(minutes=1)
    assert resumed.known_at - stopped.known_at > HOURS - timedelta(minutes=1)
    assert all(file.path.endswith("-0000.parquet") for file in resumed.files)  # written once
    assert resumed.server_time == stopped.server_time  # as of when everything is here
    assert all(one.lag_seconds >= HOURS.total_seconds() for one in report.certificates if one.stream == "issue")
