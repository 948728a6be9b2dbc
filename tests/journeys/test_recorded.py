"""Real data through the whole line: 32,677 issues of 29 open-source projects and 33 real payloads, over HTTP."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
import yaml

from connectors.sandbox.server import SandboxOptions, running
from pipelines import settings
from pipelines.assembly import LINE_JOB
from pipelines.line import Line
from pipelines.run import run_job
from tests.fixtures.sandbox import shared
from tests.fixtures.warehouse import parsed_target

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]
PAST = date(2015, 6, 30)


@dataclass
class Recorded:
    source: list[dict[str, str]]
    tables: dict[str, pd.DataFrame]
    past: dict[str, pd.DataFrame]

    @property
    def projects(self) -> dict[str, date]:
        """The 29 projects and the last day known of each."""
        return {row["Project"]: date.fromisoformat(row["Known_Until"]) for row in self.source}


TABLES = (
    "marts/dim_issue",
    "marts/fct_completeness",
    "marts/fct_issue_field_history",
    "reporting/rpt_schedule_forecast",
)


def _read(published: Path) -> dict[str, pd.DataFrame]:
    return {name.split("/")[1]: pd.read_parquet(published / "parquet" / f"{name}.parquet") for name in TABLES}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Recorded]:
    data = shared("data")
    home = tmp_path_factory.mktemp("home")
    parsed_target(request.config, home)
    (home / "sources").mkdir()
    with running(SandboxOptions(recorded=data)) as jira:
        site = {"type": "jira", "site": "real", "url": jira.url, "email": jira.email, "api_token": jira.token}
        (home / "sources" / "real.yaml").write_text(yaml.safe_dump(site))
        config = settings.load({"SLIPSTREAM_HOME": str(home)})
        outcome = run_job(LINE_JOB, Line.of(config))
        assert outcome.ok, outcome.errors
        tables = _read(config.published_dir)
        outcome = run_job(LINE_JOB, Line.of(config, as_of=datetime(PAST.year, PAST.month, PAST.day, 23, tzinfo=UTC)))
        assert outcome.ok, outcome.errors
        past = _read(config.published_dir)
    with gzip.open(data / "jira_issues" / "issues.csv.gz", "rt", encoding="utf-8") as file:
        yield Recorded(list(csv.DictReader(file)), tables, past)


def test_every_real_issue_is_in_the_warehouse_counted_by_project(recorded: Recorded) -> None:
    issues = recorded.tables["dim_issue"]
    held = Counter(issues[issues["project_key"].isin(list(recorded.projects))]["project_key"])
    there = Counter(row["Project"] for row in recorded.source)
    assert sum(there.values()) == 32_677
    assert {key: held[key] for key in there if held[key] < there[key]} == {}
    assert set(issues["issue_key"]) >= {row["Issue_Key"] for row in recorded.source}
    assert len(issues) == 32_677 + 33


def test_the_certificates_say_so_too(recorded: Recorded) -> None:
    proofs = recorded.tables["fct_completeness"]
    issues = proofs[(proofs["stream"] == "issue") & proofs["is_current"]]
    assert set(issues["completeness_status"]) == {"complete"}
    assert issues["held_count"].sum() == issues["source_count"].sum() == 32_710


def test_each_of_the_29_projects_has_a_forecast_as_of_its_own_last_known_day(recorded: Recorded) -> None:
    rows = recorded.tables["rpt_schedule_forecast"]
    current = rows[(rows["subject_type"] == "project") & rows["is_current"]].set_index("project_key")
    assert len(recorded.projects) == 29
    for key, known_until in recorded.projects.items():
        assert pd.Timestamp(current.loc[key, "as_of_on"]).date() == known_until, key


def test_what_is_open_and_done_agrees_with_the_source(recorded: Recorded) -> None:
    issues = recorded.tables["dim_issue"].set_index("issue_key")
    resolved = {row["Issue_Key"] for row in recorded.source if row["Resolution_Date"]}
    mine = issues.loc[[row["Issue_Key"] for row in recorded.source]]
    assert set(mine[mine["resolved_at"].notna()].index) == resolved


def test_reconstructed_transitions_are_marked_and_the_real_ones_are_not(recorded: Recorded) -> None:
    history = recorded.tables["fct_issue_field_history"]
    real = set(recorded.tables["dim_issue"].query("project_key in ['EE', 'K5']")["issue_id"])
    changes = history[~history["is_initial"]]
    assert changes[~changes["issue_id"].isin(real)].query("field_id == 'status'")["is_reconstructed"].all()
    assert not changes[changes["issue_id"].isin(real)]["is_reconstructed"].any()


def test_as_of_a_past_day_nothing_later_is_seen(recorded: Recorded) -> None:
    issues = recorded.past["dim_issue"]
    end = pd.Timestamp(PAST) + pd.Timedelta(days=1)
    expected = sum(row["Creation_Date"][:10] <= str(PAST) for row in recorded.source)
    assert abs(len(issues) - expected) <= 5  # those of the last hour
    assert issues["created_at"].max() < end
    assert issues["done_at"].max() < end
    rows = recorded.past["rpt_schedule_forecast"]
    assert (pd.to_datetime(rows[rows["is_current"]]["as_of_on"]) <= pd.Timestamp(PAST)).all()
