"""Travelling back: on every past day the macros find what the sources had on record, and what had reached us."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pipelines.resources.dbt import PROJECT_DIR, Dbt
from pipelines.resources.warehouse import Warehouse
from pipelines.settings import Settings
from pipelines.stages.publish import publish
from tests.fixtures.jira_flow import meaning
from tests.fixtures.jira_history import LittleIssue, dimensions
from tests.fixtures.landing import Record, SmallLanding
from tests.fixtures.warehouse import DATABASE, parsed_target

pytestmark = pytest.mark.slow
START = datetime(2026, 1, 5)  # noqa: DTZ001 (warehouse times are UTC without zone)
MODELS = (
    "+fct_issue_absence", "+dim_issue", "+fct_register_version", "+fct_schedule_forecast", "+fct_baseline",
    "+fct_budget_line", "path:seeds",
)  # fmt: skip
FIRST, MOVED = date(2026, 6, 1), date(2026, 9, 1)
SOONER, LATER, LATEST = date(2026, 7, 1), date(2026, 8, 1), date(2026, 8, 8)

# What is true at the end of each of six days, by hand from the events in `landing`: (by the record, by what we knew).
ISSUE = [("To Do", "To Do"), ("In Progress", "In Progress"), ("Done", "In Progress"), ("Closed", "In Progress"),
         ("Closed", "Closed"), ("Closed", "Closed")]  # fmt: skip
IS_THERE = [(1, 1), (1, 1), (0, 1), (0, 0), (1, 1), (1, 1)]
MAPPING = [(None, None), ("to_do", "to_do"), ("done", "to_do"), ("done", "done"), ("done", "done"), (None, None)]
BASELINE = [(None, None), (FIRST, None), (FIRST, None), (FIRST, FIRST), (MOVED, FIRST), (MOVED, MOVED)]
BUDGET = [(100, 100), (100, 100), (120, 100), (120, 100), (120, 120), (120, 120)]
FORECAST = [(None, None), (SOONER, SOONER), (LATER, SOONER), (LATER, LATER), (LATER, LATER), (LATEST, LATEST)]


def at(day: int, hour: int) -> datetime:
    return START + timedelta(days=day, hours=hour)


def row(stream: str, key: str, saved: datetime, **payload: Any) -> Record:
    return Record(stream, key, {"project_key": "APP", "project_site": "acme", **payload}, saved)


def landing(folder: Path) -> SmallLanding:
    """Six days with a sync each evening at eight, of which some miss what the source has had since the morning."""
    found = SmallLanding(folder / "landing", folder / DATABASE)
    late, lost = LittleIssue(1, at(0, 9)), LittleIssue(2, at(0, 9))
    found.sync("acme", at(0, 20), *dimensions(), late.record(), lost.record())
    late.move(at(1, 10), 1001, "2")
    found.sync("acme", at(1, 20), late.record())
    late.move(at(2, 10), 1002, "3")
    late.move(at(3, 10), 1003, "4")  # the search index shows neither before day 4
    found.sync("acme", at(3, 20), Record("issue", "2", {}, at(2, 12), deleted=True))
    found.sync("acme", at(4, 20), late.record(), lost.record())

    doing = meaning("in progress", "to_do")
    done = Record(doing.stream, doing.key, {**doing.payload, "status_category": "done"}, at(2, 9))
    gone = Record(doing.stream, doing.key, {}, deleted=True)
    approved = {"version": 1, "approved_on": "2026-01-06"}
    money = {"category": "work", "period_on": "2026-01-01", "currency_code": "EUR"}
    first_word = Record(doing.stream, doing.key, doing.payload, at(1, 18))
    budgets = [
        row("budget_line", "APP/1", at(day, 8), planned_amount=planned, **money)
        for day, planned in ((0, 100), (2, 120))
    ]
    baselines = [
        row("baseline", "APP/1", at(day, 10), finish_on=str(end), **approved) for day, end in ((3, FIRST), (4, MOVED))
    ]
    for day, records in {
        0: [budgets[0]], 1: [first_word], 3: [done, baselines[0]], 4: [budgets[1]], 5: [gone, baselines[1]],
    }.items():  # fmt: skip
        found.sync("pmo", at(day, 20), *records, source_type="registers")

    said = {"subject_type": "project", "subject_id": "acme:10", "project_id": "acme:10", "model_id": "m", "seed": 1}
    for said_on, as_of_on, finish in ((1, 1, SOONER), (3, 2, LATER), (5, 5, LATEST)):
        told = {"as_of_on": at(as_of_on, 0).date(), "finish_on_p50": finish, "known_from": at(said_on, 21)}
        found.say("schedule_forecast", {**said, **told, "inputs_hash": str(said_on), "forecast_status": "ok"})
    return found


def build(database: Path, target: Path, as_of: datetime) -> None:
    Dbt(PROJECT_DIR, target, database).build(
        MODELS, {"as_of": f"{as_of:%Y-%m-%d %H:%M:%S}"}, full_refresh=True, run_tests=False
    ).raise_if_failed()


@pytest.fixture(scope="module")
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parsed_target(request.config, tmp_path_factory.mktemp("travel"))


@pytest.fixture(scope="module")
def present(target: Path) -> Path:
    """The warehouse as it stands after the sixth day."""
    found = landing(target.parent)
    build(found.database, target, at(6, 0))
    return found.database


Seen = Callable[[str], Any]


def on_day(database: Path, day: int, clock: str) -> Seen:
    """Answers a query over `…_as_of()` for the end of a day by a clock: one value, or None where there is no row."""
    moment = at(day, 24) - timedelta(seconds=1)

    def ask(query: str) -> Any:
        asked = query.replace("_as_of()", f"_as_{clock}(timestamp '{moment}')")
        with duckdb.connect(str(database), read_only=True) as db:
            rows = db.execute(asked).fetchall()
        assert len(rows) < 2
        return rows[0][0] if rows else None

    return ask


QUESTIONS = {
    "select status from marts.issue_as_of() where issue_id = 'acme:1'": ISSUE,
    "select count(*) from marts.issue_field_as_of() where issue_id = 'acme:2' and field_id = 'summary'": IS_THERE,
    "select status_category from marts.status_mapping_as_of()": MAPPING,
    "select finish_on from marts.baseline_as_of()": BASELINE,
    "select planned_amount::int from marts.budget_line_as_of()": BUDGET,
    "select finish_on_p50 from marts.schedule_forecast_as_of()": FORECAST,
}


@pytest.mark.parametrize("query", QUESTIONS)
def test_every_past_day_is_found_as_it_was_recorded_and_as_we_knew_it(query: str, present: Path) -> None:
    found = [(on_day(present, day, "recorded")(query), on_day(present, day, "known")(query)) for day in range(6)]
    assert found == QUESTIONS[query]


def test_a_release_travels_back_as_the_warehouse_does(present: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, sources_dir=tmp_path)
    publish(settings, as_of=at(6, 0).replace(tzinfo=UTC), warehouse=Warehouse(present))
    released = settings.published_dir / "portfolio.duckdb"
    for query, story in QUESTIONS.items():
        assert (on_day(released, 2, "recorded")(query), on_day(released, 2, "known")(query)) == story[2], query


def test_the_queries_of_the_guide_run(present: Path) -> None:
    guide = (Path(__file__).parents[2] / "docs" / "model.md").read_text(encoding="utf-8")
    (block,) = (found for found in re.findall(r"```sql\n(.*?)```", guide, re.DOTALL) if "_as_known(" in found)
    with duckdb.connect(str(present), read_only=True) as db:
        versions = [db.execute(asked).fetchall() for asked in block.split(";")[:-1]][-1]
    assert [(row[1], row[0]) for row in versions] == [(1, "pmo:APP/1"), (2, "pmo:APP/1")]


def test_a_build_as_of_a_past_day_reads_by_the_clock_of_the_record(target: Path, present: Path, tmp_path: Path) -> None:
    """On day 2 the record is ahead of us in everything: a build as of then, made later, shows the record.

    Not of issue 2, which is back since: such a build does not know that it was gone, only the macros do.
    """
    found = landing(tmp_path)
    build(found.database, target, at(2, 23))
    with duckdb.connect(str(found.database), read_only=True) as db:
        told = db.execute(
            "select (select status from marts.dim_issue where native_id = '1'), "
            "(select status_category from staging.stg_registers__status_mapping), "
            "(select baseline_finish_on from marts.fct_baseline where is_current), "
            "(select planned_cost_amount::int from marts.fct_budget_line)"
        ).fetchone()
    assert told == tuple(story[2][0] for story in (ISSUE, MAPPING, BASELINE, BUDGET))
