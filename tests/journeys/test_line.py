"""From a source to what a BI tool and an executive read: the whole line over real HTTP.

One run of a small simulated portfolio serves most tests of this file; the others follow a week later.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import openpyxl
import pandas as pd
import pytest
import yaml

from connectors.sandbox import workbook
from connectors.sandbox.jira.world_site import WorldSite
from connectors.sandbox.portfolio.simulator import Simulator
from connectors.sandbox.server import Running, SandboxOptions, running
from pipelines import dagster_home, settings
from pipelines.assembly import LINE_JOB
from pipelines.line import Line
from pipelines.run import RunOutcome, run_job
from pipelines.settings import Settings
from tests.fixtures.warehouse import parsed_target

# third-party warnings of libraries the line loads (dbt, Great Expectations, Prophet), none of them ours to mend
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


@dataclass
class Week:
    """One run: how it ended, what it told, and the released tables as they stood after it."""

    outcome: RunOutcome
    line: Line
    told: list[str]
    issues: pd.DataFrame
    health: pd.DataFrame
    forecasts: pd.DataFrame
    manifest: dict[str, object]
    source_ids: set[str]


@dataclass
class Journey:
    config: Settings
    simulator: Simulator
    jira: Running
    first: Week

    @property
    def inbox(self) -> Path:
        return self.config.home / "inbox" / "pmo"


@dataclass
class Later(Journey):
    """The same journey a week on."""

    second: Week


def _sites(home: Path, jira: Running) -> Settings:
    (home / "sources").mkdir(parents=True)
    sites = [
        {"type": "jira", "site": "acme", "url": jira.url, "email": jira.email, "api_token": jira.token},
        {"type": "registers", "site": "pmo", "folder": str(home / "inbox" / "pmo"), "project_site": "acme"},
    ]
    for site in sites:
        (home / "sources" / f"{site['site']}.yaml").write_text(yaml.safe_dump(site))
    return settings.load({"SLIPSTREAM_HOME": str(home), "SLIPSTREAM_LOCK_WAIT": "30"})


def _run(config: Settings, simulator: Simulator) -> Week:
    told: list[str] = []
    line = Line.of(config, progress=told.append)
    outcome = run_job(LINE_JOB, line)
    assert outcome.ok, outcome.errors
    current = config.published_dir / "current"
    read = {name: pd.read_parquet(current / "parquet" / f"{name}.parquet") for name in TABLES}
    manifest = json.loads((current / "manifest.json").read_text())
    ids = {f"acme:{number}" for number in simulator.world.issues}
    return Week(outcome, line, told, *(read[name] for name in TABLES), manifest, ids)


def _write_register(simulator: Simulator, inbox: Path) -> None:
    """The simulated register, with the sponsor of the first active project struck out: a critical finding."""
    path = workbook.write(simulator, inbox)
    book = openpyxl.load_workbook(path)
    rows = book["Projects"].iter_rows()
    columns = [cell.value for cell in next(rows)]
    active = next(row for row in rows if row[columns.index("phase")].value == "active")
    active[columns.index("sponsor_name")].value = None
    active[columns.index("sponsor_email")].value = None
    book.save(path)


TABLES = ("marts/dim_issue", "reporting/rpt_portfolio_health", "reporting/rpt_schedule_forecast")


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Journey]:
    home = tmp_path_factory.mktemp("home")
    parsed_target(request.config, home)
    simulator = Simulator(seed=11, projects=6, days=300)
    site = WorldSite(simulator, ZoneInfo("Europe/Berlin"))
    with running(SandboxOptions(), site) as jira:
        config = _sites(home, jira)
        (home / "inbox" / "pmo").mkdir(parents=True)
        _write_register(simulator, home / "inbox" / "pmo")
        yield Journey(config, simulator, jira, _run(config, simulator))


@pytest.fixture(scope="module")
def later(journey: Journey) -> Later:
    journey.jira.advance(7)
    _write_register(journey.simulator, journey.inbox)
    return Later(
        journey.config, journey.simulator, journey.jira, journey.first, _run(journey.config, journey.simulator)
    )


def test_every_issue_of_the_source_is_in_the_published_warehouse(journey: Journey) -> None:
    held = journey.first.issues[~journey.first.issues["is_deleted"]]
    assert set(held["issue_id"]) == journey.first.source_ids
    assert held["issue_id"].is_unique


def test_each_project_has_one_current_forecast_and_a_sentence(journey: Journey) -> None:
    rows = journey.first.forecasts
    current = rows[rows["is_current"] & (rows["subject_type"] == "project")]
    projects = {f"acme:{number}" for number in journey.simulator.world.projects}
    assert set(current["project_id"]) == projects
    assert current["project_id"].is_unique
    assert current["sentence"].str.len().min() > 20
    likely = current[current["forecast_status"] == "ok"]
    assert len(likely) >= 1
    assert (likely["finish_on_p10"] <= likely["finish_on_p50"]).all()
    assert (likely["finish_on_p50"] <= likely["finish_on_p95"]).all()


def test_bad_register_rows_are_set_aside_with_their_place_and_reason_and_good_ones_load(journey: Journey) -> None:
    report = next(r for r in journey.first.line.syncs if r.type == "registers")
    refused = [json.loads(text) for text in Path(report.quarantine or "").read_text().splitlines()]
    assert len(refused) == report.rejected > 0
    assert all("portfolio.xlsx#" in row["location"] and row["reason"] for row in refused)
    assert report.rows["project"] > 0


def test_findings_reach_the_release_with_reason_and_remedy(journey: Journey) -> None:
    quality = pd.read_parquet(journey.config.published_dir / "parquet" / "reporting" / "rpt_data_quality.parquet")
    assert len(quality) > 0
    assert quality["why"].str.len().min() > 10
    assert quality["fix"].str.len().min() > 10


def test_a_finding_on_one_project_does_not_stop_the_others(journey: Journey) -> None:
    trust = journey.first.health.set_index("project_key")["trust_status"]
    assert set(trust) == {"trusted", "not_trusted"}
    assert len(trust) == len(journey.simulator.world.projects)


def test_the_dashboard_shows_every_project(journey: Journey) -> None:
    page = (journey.config.published_dir / "index.html").read_text()
    for project in journey.simulator.world.projects.values():
        assert project.key in page


def test_a_bi_tool_reads_the_published_database_while_the_working_file_is_locked(journey: Journey) -> None:
    with duckdb.connect(str(journey.config.published_dir / "portfolio.duckdb"), read_only=True) as db:
        count = db.execute("select count(*) from marts.dim_issue").fetchone()
        clashes = db.execute(
            "select count(*) from reporting.rpt_schedule_forecast where finish_on_p10 > finish_on_p95"
        ).fetchone()
    assert count == (len(journey.first.issues),)
    assert clashes == (0,)


def test_history_intervals_meet_end_to_end(journey: Journey) -> None:
    with duckdb.connect(str(journey.config.published_dir / "portfolio.duckdb"), read_only=True) as db:
        gaps = db.execute(
            """
            select count(*) from (
                select
                    valid_to,
                    lead(valid_from) over (partition by issue_id order by valid_from, valid_to) as next_from
                from marts.fct_issue_status_interval)
            where next_from is not null and valid_to <> next_from
            """
        ).fetchone()
        current = db.execute(
            """
            select count(*) from marts.dim_issue as i
            left join marts.fct_issue_status_interval as s on s.issue_id = i.issue_id and s.valid_to is null
            where s.status_id is distinct from i.status_id and not i.is_deleted
            """
        ).fetchone()
    assert gaps == (0,)
    assert current == (0,)


def test_dagster_shows_the_run_with_row_counts_and_check_results(journey: Journey) -> None:
    with dagster_home.instance(journey.config.dagster_dir) as instance:
        event = instance.get_latest_materialization_event(dg.AssetKey(["marts", "dim_issue"]))
        run = instance.get_run_by_id(journey.first.outcome.run_id)
    assert run is not None
    assert run.status == dg.DagsterRunStatus.SUCCESS
    assert event is not None
    assert event.asset_materialization is not None
    counted = event.asset_materialization.metadata["dagster/row_count"].value
    assert counted == len(journey.first.issues)


def test_progress_is_told_on_the_way(journey: Journey) -> None:
    told = "\n".join(journey.first.told)
    for word in ("signed in", "issue", "rebuilding", "gate", "Forecasting", "Alerts"):
        assert word in told


def test_what_the_simulator_knows_of_the_future_is_nowhere_in_what_was_landed(journey: Journey) -> None:
    now = journey.simulator.world.now
    truths = journey.simulator.truth.values()
    hidden = {truth.finished_at for truth in truths if truth.finished_at and truth.finished_at > now}
    assert hidden
    words = [f"{instant:%Y-%m-%dT%H:%M:%S}" for instant in hidden]
    files = [*(journey.config.home / "landing").rglob("*.parquet")]
    landed = "".join(str(pd.read_parquet(path, columns=["payload"])["payload"].to_list()) for path in files)
    assert len(landed) > 100_000
    assert not [word for word in words if word in landed]


def test_the_second_run_lands_only_what_changed(later: Later) -> None:
    first, second = (next(r for r in w.line.syncs if r.type == "jira") for w in (later.first, later.second))
    assert first.is_full
    assert not second.is_full
    assert 0 < second.rows["issue"] < first.rows["issue"] / 2
    assert second.requests < first.requests


def test_a_run_is_as_of_the_virtual_clock_of_the_source(later: Later) -> None:
    days = [pd.Timestamp(week.manifest["as_of"]).tz_localize(None) for week in (later.first, later.second)]
    assert days[1] - days[0] == pd.Timedelta(days=7)
    assert days[1].date() == later.simulator.world.now.date()


def test_last_weeks_forecasts_stay_in_the_ledger(later: Later) -> None:
    rows = later.second.forecasts
    assert rows["as_of_on"].nunique() == 2
    projects = rows[rows["subject_type"] == "project"]
    assert not projects[projects["as_of_on"] == rows["as_of_on"].min()]["is_current"].any()


def test_a_week_later_the_published_warehouse_is_again_what_the_source_holds(later: Later) -> None:
    held = later.second.issues[~later.second.issues["is_deleted"]]
    assert set(held["issue_id"]) == later.second.source_ids
    assert later.second.issues["issue_id"].is_unique
