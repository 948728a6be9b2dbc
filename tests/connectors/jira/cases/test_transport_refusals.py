"""Cases 5 to 9: answers that are none, and refusals: of a page, of one child, of an interface that is gone."""

from __future__ import annotations

import json

import pytest

from connectors.errors import (
    DeferredError,
    GoneError,
    ProtocolError,
    RefusedError,
    SourceError,
    UnreachableError,
)
from connectors.jira import issues
from connectors.sandbox.world import Board
from pipelines.line import Line
from tests.connectors.jira.homes import Home, slipstream
from tests.connectors.jira.syncing import connect, site
from tests.fixtures.sandbox import make_issue, running_world, small_world
from tests.fixtures.warehouse import parsed_target

SEARCH = "/search/jql"


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path / "home")


# 5: 200 with something else

ENDPOINTS = (
    *("serverInfo:1+", "myself:1+", "/project/search:1", "/api/3/field:1", "/field/search:1"),
    *("/api/3/status:1", "/users/search:1", "/issueLinkType:1", "/1.0/board:1", "/board/200/sprint:1", "/versions:1"),
    *("/search/jql:1", "/search/jql:2", "/issue/bulkfetch:1", "/changelog/bulkfetch:1", "/worklog/updated:1"),
    "/worklog/list:1",
)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html200", "text/html instead of JSON|not Jira's JSON"),
        ("empty200", "an empty body|not Jira's JSON|does not describe itself"),
        ("text200", "text/plain instead of JSON|not Jira's JSON"),
    ],
)
def test_case_05_a_body_that_is_no_json_fails_at_once_wherever_it_comes(fault, said):
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=120)
    for endpoint in ENDPOINTS:
        with site(world, faults=(f"{fault}@{endpoint}",), page_size=10, in_flight=1) as acme:
            with pytest.raises(ProtocolError, match=said):
                acme.sync()
            assert acme.waits == [], endpoint


@pytest.mark.parametrize("endpoint", ["serverInfo:1", "/project/search:1", SEARCH + ":1", "/worklog/updated:1"])
def test_case_05_json_of_another_product_is_not_taken_for_an_empty_answer(endpoint):
    with site(faults=(f"json200@{endpoint}",)) as acme, pytest.raises(ProtocolError):
        acme.sync()


def test_case_05_nothing_is_committed_and_the_exit_code_is_1(home, monkeypatch, capsys):
    with running_world(small_world(60), faults=(f"html200@{SEARCH}:3",)) as jira:
        home.point_at(jira, page_size=10)
        code, said = slipstream(home, monkeypatch, "sync", "jira", "--json"), capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "text/html instead of JSON" in " ".join(said.err.split())
    assert home.landing.commit_ids() == []


# 7: 400 in mid-paging


@pytest.mark.parametrize("when", ["3", "3+", "7"])
def test_case_07_a_400_in_mid_paging_fails_with_jiras_own_words(home, when):
    with running_world(small_world(60), faults=(f"400@{SEARCH}:{when}",)) as jira:
        source = connect(jira.url, [], jira.email, jira.token, page_size=10, in_flight=1)
        home.point_at(jira)
        with pytest.raises(RefusedError, match="Error in the JQL Query: the page could not be read"):
            home.sync(source)
    assert home.landing.commit_ids() == []


# 8: one child refused

CHILDREN = {
    "sprint": ("/board/201/sprint:1+",),
    "version": ("/project/10201/versions:1+",),
    "worklog": ("/worklog/list:1+",),
    "issue": ("/changelog/bulkfetch:1+", "/issue/10002/changelog:1+"),
}


@pytest.mark.parametrize("status", [403, 404, 422])
@pytest.mark.parametrize("stream", CHILDREN)
def test_case_08_a_refused_child_is_a_recorded_skip_and_the_sync_partial(stream, status):
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=120)
    with site(world, faults=tuple(f"{status}@{path}" for path in CHILDREN[stream])) as acme:
        synced = acme.sync()
        second = acme.sync(synced.checkpoint)
    assert len(synced.keys("issue")) == 24
    assert not any(record.deleted for records in second.records.values() for record in records)
    for one in (synced, second):
        (proof,) = [proof for proof in one.outcome.certificates if proof.status == "partial"]
        assert (one.outcome.status, proof.stream) == ("partial", stream)
        (missing,) = proof.missing
        assert missing["class"] == ("changelog_short" if stream == "issue" else "skipped")
        assert stream == "issue" or str(status) in missing["evidence"]


def test_case_08_a_child_that_is_no_longer_refused_is_made_good():
    faults = ("403@/changelog/bulkfetch:1", "422@/issue/10002/changelog:1", "422@/worklog/list:1")
    world = small_world()
    make_issue(world, 2, world.projects[10_200], histories=250)
    with site(world, faults=faults) as acme:
        first = acme.sync()
        second = acme.sync(first.checkpoint)
        third = acme.sync(second.checkpoint)
    assert first.outcome.status == "partial"
    assert second.outcome.status == third.outcome.status == "complete"
    logs = [record.payload for record in second.records["issue_changelog"]]
    assert len({row["id"] for log in logs for row in log["changeHistories"]}) == 250
    assert sorted(second.keys("worklog")) == ["1", "2"]
    assert third.count() == 0


def test_case_08_a_board_without_sprints_is_no_skip():
    with site(faults=("400@/board/201/sprint:1+",)) as acme:
        assert acme.sync().outcome.status == "complete"


def test_case_08_an_interface_that_the_site_does_not_offer_is_unavailable_not_partial():
    with site(faults=("403@/rest/agile:1+", "404@/worklog/updated:1+")) as acme:
        synced = acme.sync()
    assert synced.outcome.status == "complete"
    assert {synced.certificate("*", name).status for name in ("board", "sprint", "worklog")} == {"unavailable"}
    assert "board" not in synced.records


def test_case_08_the_command_line_ends_with_3_and_lists_the_skip(home, monkeypatch, capsys):
    with running_world(faults=("403@/board/200/sprint:1+",)) as jira:
        jira.change(lambda: jira.site.world.boards.setdefault(7, Board(7, "Seventh", 10_200)))
        home.point_at(jira)
        code, said = slipstream(home, monkeypatch, "sync", "jira", "--json"), capsys.readouterr()
    told = json.loads(said.out)
    (proof,) = [proof for proof in told["certificates"] if proof["status"] == "partial"]
    assert (code, told["status"], proof["missing"][0]["id"]) == (3, "partial", "board/200")


@pytest.mark.slow
def test_case_08_the_completeness_check_warns_names_the_stream_and_the_run_goes_on(home, request, monkeypatch):
    import dagster as dg

    from pipelines import dagster_home
    from pipelines.run import run_job

    parsed_target(request.config, home.folder)
    with running_world(faults=("422@/board/200/sprint:1+",)) as jira:
        home.point_at(jira)
        run = run_job("sync_acme", Line.of(home.settings))
    assert (run.ok, run.exit_code) == (True, 3)
    with dagster_home.instance(home.folder / "dagster") as instance:
        records = instance.get_records_for_run(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION).records
    checks = [record.event_log_entry.dagster_event.asset_check_evaluation_data for record in records]
    failed = [check for check in checks if not check.passed]
    assert [(check.check_name, check.severity) for check in failed] == [("complete", dg.AssetCheckSeverity.WARN)]
    (told,) = failed[0].metadata["partial"].value
    assert told.startswith("sprint of *: 1 left out: GET /rest/agile/1.0/board/200/sprint")


# 9: 410


def test_case_09_a_withdrawn_interface_is_told_at_once(monkeypatch):
    monkeypatch.setattr(issues, "SEARCH", "/rest/api/3/search")
    with site() as acme:
        with pytest.raises(GoneError, match=r"410.*Please migrate.*update Slipstream"):
            acme.sync()
        assert acme.waits == []


def test_case_09_a_410_in_mid_search_is_told_at_once():
    with site(small_world(60), faults=(f"410@{SEARCH}:4+",), page_size=10, in_flight=1) as acme:
        with pytest.raises(GoneError):
            acme.sync()
        assert acme.jira.sandbox.requests["/rest/api/3/search/jql"] == 4
        assert acme.waits == []


def test_every_error_of_the_family_reads_as_text_with_remedy():
    assert issubclass(DeferredError, SourceError)
    assert str(UnreachableError("what.", "do this.")) == "what. do this."
