"""Incremental equals rebuilt: any order of syncs leaves the tables that one full build from landing gives."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.resources.dbt import PROJECT_DIR, Dbt
from tests.fixtures.jira_flow import address, meaning, member, person, team
from tests.fixtures.jira_history import LittleIssue, dimensions, link, project, restless, status
from tests.fixtures.landing import Record, SmallLanding
from tests.fixtures.warehouse import DATABASE, parsed_target

START = datetime(2026, 1, 5)  # noqa: DTZ001 (warehouse times are UTC without zone)
INCREMENTAL = {
    "+dim_issue": (
        "intermediate.int_delivery__issue_change",
        "marts.fct_issue_field_history",
        "marts.fct_issue_status_interval",
        "marts.dim_issue",
    ),
    "bridge_issue_ancestor": ("marts.bridge_issue_ancestor",),
}
ALL = INCREMENTAL | {
    "+fct_dependency": ("marts.fct_dependency",),
    "+fct_project_snapshot": ("marts.fct_project_snapshot",),
    "+fct_issue_field_value": ("marts.fct_issue_field_value",),
    "+int_delivery__issue_comment": ("intermediate.int_delivery__issue_content",),
}
FLOW = {
    "+fct_sprint_commitment": ("intermediate.int_delivery__issue_membership", "marts.fct_sprint_commitment"),
    "+fct_flow_metric": ("intermediate.int_delivery__issue_flow", "marts.fct_flow_metric"),
    "+fct_cumulative_flow": (
        "intermediate.int_delivery__flow_step",
        "intermediate.int_resource__team_holder",
        "marts.fct_cumulative_flow",
    ),
    "+fct_worklog": ("marts.fct_worklog",),
    "+fct_release": ("marts.fct_release",),
}
MEANINGS = {  # what the register says of statuses, by the day of the sync: said, said anew, and taken back
    1: [meaning("in progress", "done"), meaning("1", "in_progress", valid_from="2026-01-06", project="APP")],
    2: [meaning("in progress", "to_do"), meaning("Done", "in_progress", kind="Epic")],
    3: [replace(meaning("in progress", "to_do"), deleted=True, payload={})],
}
TEAMS = {  # and of teams: who is in which, who leaves it, and whom the register names anew
    1: [team("A", "Ants"), person("ann"), address("ann"), member("ann", "A", "2026-01-01")],
    2: [team("B", "Bees"), member("ann", "A", "2026-01-01", "2026-01-06"), member("ann", "B", "2026-01-07")],
    3: [person("bob"), address("bob"), member("bob", "A", "2026-01-05"), team("A", "Wasps")],
}
Chain = Mapping[str, tuple[str, ...]]


def chain_tables(chain: Chain) -> list[str]:
    return [table for tables in chain.values() for table in tables]


def content(database: Path, chain: Chain) -> dict[str, list[tuple[object, ...]]]:
    """All rows of the compared tables but for lineage columns, in a fixed order."""
    with duckdb.connect(str(database), read_only=True) as db:
        found = {}
        for table in chain_tables(chain):
            columns = [row[0] for row in db.execute(f"describe {table}").fetchall() if not row[0].startswith("_")]
            found[table] = db.execute(f"select {', '.join(columns)} from {table} order by all").fetchall()  # noqa: S608
        return found


def build(database: Path, as_of: datetime, chain: Chain, *, full_refresh: bool, target: Path) -> None:
    dbt = Dbt(PROJECT_DIR, target, database)
    select = (*chain, "path:seeds") if full_refresh else tuple(chain)
    exclude = () if full_refresh else ("path:seeds",)
    result = dbt.build(
        select, {"as_of": f"{as_of:%Y-%m-%d %H:%M:%S}"}, full_refresh=full_refresh, exclude=exclude, run_tests=False
    )
    result.raise_if_failed()


def scrambled(batches: list[list[Record]], draw: random.Random) -> list[tuple[datetime, list[Record]]]:
    """The same records, some late and some twice; dimensions keep their day, as snapshots are never old."""
    syncs: list[list[Record]] = [list(batch) for batch in batches]
    for day, batch in enumerate(batches):
        for record in batch:
            if record.stream == "issue" and not record.deleted and draw.random() < 0.4:
                later = draw.randrange(day, len(syncs))
                syncs[later].append(record)
                if draw.random() < 0.5:
                    syncs[day].remove(record)
    return [(START + timedelta(days=day, hours=20), batch) for day, batch in enumerate(syncs)]


def said_of(day: int) -> list[Record]:
    return [*MEANINGS.get(day, []), *TEAMS.get(day, [])]


def equal_after(seed: int, folder: Path, target: Path, days: int, chain: Chain) -> None:
    draw = random.Random(seed)
    syncs = scrambled(restless(seed, START, days=days, issues=8 * days), draw)
    first, *rest = syncs
    draw.shuffle(rest)
    as_of = START
    stepwise = SmallLanding(folder / "a" / "landing", folder / "a" / DATABASE)
    for number, (known_at, records) in enumerate([first, *rest]):
        stepwise.sync("acme", known_at, *records)
        if told := said_of((known_at - START).days):
            stepwise.sync("pmo", known_at, *told, source_type="registers")
        if number in (0, len(rest)) or draw.random() < 0.8:  # sometimes two syncs a build
            # `as_of` cuts through the middle of a day's changes: what is known of later waits for a later build
            as_of = START + timedelta(days=number - 1, hours=12, minutes=4)
            if number == len(rest):
                as_of += timedelta(days=draw.choice([0, 2]))
            build(stepwise.database, as_of, chain, full_refresh=number == 0, target=target)
    rebuilt = SmallLanding(folder / "b" / "landing", folder / "b" / DATABASE)
    for known_at, records in syncs:
        rebuilt.sync("acme", known_at, *records)
        if told := said_of((known_at - START).days):
            rebuilt.sync("pmo", known_at, *told, source_type="registers")
    build(rebuilt.database, as_of, chain, full_refresh=True, target=target)
    ours, theirs = content(stepwise.database, chain), content(rebuilt.database, chain)
    for table in chain_tables(chain):
        assert ours[table], table
        assert ours[table] == theirs[table], table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.mark.slow
def test_what_a_sync_changes_reaches_issues_that_it_did_not_bring(folder: Path, request: pytest.FixtureRequest) -> None:
    """Relatives, statuses, projects and `as_of` move; each time the tables equal those rebuilt."""
    target = parsed_target(request.config, folder)
    ours = SmallLanding(folder / "a" / "landing", folder / "a" / DATABASE)
    morning, evening = START + timedelta(hours=9), START + timedelta(hours=20)
    epic, blocker, waiting, closed, child, later = (LittleIssue(n, morning, level=int(n == 1)) for n in range(1, 7))
    link(blocker, waiting, 900)
    closed.move(morning + timedelta(hours=1), 1001, "4")
    child.change(morning + timedelta(hours=2), 1002, ("parent", None, ("1", "APP-1"), {"id": "1", "key": "APP-1"}))
    later.move(evening - timedelta(hours=1), 1003, "2")
    first = [*dimensions(), *(issue.record() for issue in (epic, blocker, waiting, closed, child, later))]
    ours.sync("acme", evening, *first)
    build(ours.database, evening - timedelta(hours=2), INCREMENTAL, full_refresh=True, target=target)
    shown = "status_category, is_leaf, is_blocked, epic_id"
    assert issues(ours.database, shown) == {
        "1": ("to_do", False, False, None),
        "2": ("to_do", True, False, None),
        "3": ("to_do", True, True, None),
        "4": ("done", True, False, None),
        "5": ("to_do", True, False, "acme:1"),
        "6": ("to_do", True, False, None),
    }

    next_day = evening + timedelta(days=1)
    early = blocker.record()
    blocker.move(next_day - timedelta(hours=5), 1004, "3")
    epic.fields["issuetype"] = {"id": "0", "name": "Story", "subtask": False, "hierarchyLevel": 0}
    epic.updated = next_day - timedelta(hours=4)
    grandchild = LittleIssue(7, next_day - timedelta(hours=3), level=-1, fields={"parent": {"id": "3", "key": "APP-3"}})
    second = [blocker.record(), epic.record(), grandchild.record(), status("4", "Closed", "indeterminate")]
    ours.sync("acme", next_day, *second)
    build(ours.database, next_day, INCREMENTAL, full_refresh=False, target=target)
    assert issues(ours.database, shown) == {
        "1": ("to_do", False, False, None),
        "2": ("done", True, False, None),
        "3": ("to_do", False, False, None),
        "4": ("in_progress", True, False, None),
        "5": ("to_do", True, False, None),
        "6": ("in_progress", True, False, None),
        "7": ("to_do", True, False, None),
    }

    last_day = next_day + timedelta(days=1)
    third = [early, project("NEW"), Record("issue", "5", {}, last_day - timedelta(hours=1), deleted=True)]
    ours.sync("acme", last_day, *third)
    build(ours.database, last_day, INCREMENTAL, full_refresh=False, target=target)
    assert set(issues(ours.database, "project_key").values()) == {("NEW",)}
    assert issues(ours.database, "is_deleted, is_leaf")["5"] == (True, True)
    assert issues(ours.database, "is_leaf")["1"] == (True,), "its only child is gone"
    assert issues(ours.database, "status_category")["2"] == ("done",), "an old version that comes late changes nothing"

    rebuilt = SmallLanding(folder / "b" / "landing", folder / "b" / DATABASE)
    for known_at, records in ((evening, first), (next_day, second), (last_day, third)):
        rebuilt.sync("acme", known_at, *records)
    build(rebuilt.database, last_day, INCREMENTAL, full_refresh=True, target=target)
    theirs = content(rebuilt.database, INCREMENTAL)
    for table, rows in content(ours.database, INCREMENTAL).items():
        assert rows == theirs[table], table


def issues(database: Path, columns: str) -> dict[str, tuple[object, ...]]:
    with duckdb.connect(str(database), read_only=True) as db:
        rows = db.execute(f"select native_id, {columns} from marts.dim_issue").fetchall()  # noqa: S608
    return {row[0]: row[1:] for row in rows}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*range(4), *(pytest.param(n, marks=pytest.mark.nightly) for n in range(4, 12))])
def test_any_shuffled_landing_builds_the_same_tables(seed: int, folder: Path, request: pytest.FixtureRequest) -> None:
    equal_after(seed, folder, parsed_target(request.config, folder), days=4, chain=ALL)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.nightly)])
def test_any_shuffled_landing_gives_the_same_flow_and_sprints(
    seed: int, folder: Path, request: pytest.FixtureRequest
) -> None:
    equal_after(seed, folder, parsed_target(request.config, folder), days=4, chain=FLOW)
    with duckdb.connect(str(folder / "a" / DATABASE), read_only=True) as db:
        held = db.execute("select distinct team_id from marts.fct_cumulative_flow order by all").fetchall()
    assert held == [("none",), ("pmo:A",), ("pmo:B",)]


@pytest.mark.slow
def test_an_edited_mapping_rebuilds_what_hangs_on_it_and_nothing_else(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    target = parsed_target(request.config, folder)
    ours, rebuilt = (SmallLanding(folder / n / "landing", folder / n / DATABASE) for n in ("a", "b"))
    morning, evening = START + timedelta(hours=9), START + timedelta(hours=20)
    passing, waiting = LittleIssue(1, morning), LittleIssue(2, morning)
    passing.move(morning + timedelta(hours=1), 1001, "2")
    chain = {"+int_delivery__flow_step": ("marts.fct_issue_status_interval", "marts.dim_issue")}
    steps: list[tuple[str, tuple[Record, ...], str]] = [
        ("jira", (*dimensions(), passing.record(), waiting.record()), "in_progress"),
        ("registers", (meaning("in progress", "done"),), "done"),
        ("registers", (meaning("in progress", "to_do"), meaning("2", "done", project="OPS")), "to_do"),
        ("registers", (meaning("2", "done", project="APP", kind="story"),), "done"),
        ("registers", (meaning("2", "to_do", project="APP", kind="story", valid_from="2026-01-06"),), "done"),
        ("registers", (replace(meaning("2", "", project="APP", kind="story"), payload={}, deleted=True),), "to_do"),
    ]
    for number, (kind, records, category) in enumerate(steps):
        known_at = evening + timedelta(hours=number)
        for landing in (ours, rebuilt):
            landing.sync("acme" if kind == "jira" else "pmo", known_at, *records, source_type=kind)
        build(ours.database, known_at, chain, full_refresh=number == 0, target=target)
        shown = issues(ours.database, "status_category, _commit_seq")
        assert (shown["1"][0], shown["2"][0]) == (category, "to_do"), number
        assert shown["1"][1] == number + 1, "the issue that passed the status is built anew"
        assert shown["2"][1] == 1, "the other one is left as it was"
    build(rebuilt.database, known_at, chain, full_refresh=True, target=target)
    assert content(ours.database, chain) == content(rebuilt.database, chain)
