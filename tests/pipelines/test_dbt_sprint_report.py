"""The warehouse's sprints against Jira's own Sprint Report, restated: awkward cases worked by hand, and random ones."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.resources.dbt import PROJECT_DIR, Dbt
from tests.fixtures.jira_flow import SPRINT, put_in, sprint
from tests.fixtures.jira_history import POINTS, LittleIssue, dimensions
from tests.fixtures.landing import Record, SmallLanding
from tests.fixtures.sprint_report import LISTS, Report, sprint_report
from tests.fixtures.warehouse import DATABASE, parsed_target

CREATED = datetime(2026, 1, 4, 9)  # noqa: DTZ001 (warehouse times are UTC without zone)
BEGINS = CREATED + timedelta(days=1)
ENDS = BEGINS + timedelta(days=4)
LATER = ENDS + timedelta(days=1)
BEFORE, DURING = CREATED + timedelta(hours=1), BEGINS + timedelta(hours=1)
DELETED, SUBTASK = 12, 13
BY_HAND: Report = {
    # 1 (3 points, 5 in the end), 2 (added with 2), 11 (1), 15 (created in the sprint with 1)
    "completedIssues": [1, 2, 11, 15],
    "completedIssuesInitialEstimateSum": 7,
    "completedIssuesEstimateSum": 9,
    # 3 (5), 4 (done and reopened, 1), 8 (put back, 2), 10 (3), 16 (came without an estimate, 4 in the end)
    "issuesNotCompletedInCurrentSprint": [3, 4, 8, 10, 16],
    "issuesNotCompletedInCurrentSprintInitialEstimateSum": 11,
    "issuesNotCompletedInCurrentSprintEstimateSum": 15,
    # 6 (added and removed, 2), 7 (8; estimated anew once it was out), 9 (moved to the next sprint, 5)
    "puntedIssues": [6, 7, 9],
    "puntedIssuesInitialEstimateSum": 15,
    "puntedIssuesEstimateSum": 15,
    # 5 (done before the start, 8), 14 (done while it was out, 1)
    "issuesCompletedInAnotherSprint": [5, 14],
    "issuesCompletedInAnotherSprintInitialEstimateSum": 9,
    "issuesCompletedInAnotherSprintEstimateSum": 9,
    "issueKeysAddedDuringSprint": [2, 6, 15, 16],
}


class Awkward:
    """Issues whose histories are written step by step, each step a minute after the last."""

    def __init__(self) -> None:
        self.issues: list[LittleIssue] = []
        self.history = 1000

    def issue(self, number: int, points: float | None = None, created: datetime = CREATED, **more: int) -> LittleIssue:
        fields = {} if points is None else {POINTS: points}
        self.issues.append(LittleIssue(number, created, fields=fields, **more))
        return self.issues[-1]

    def at(self, moment: datetime, issue: LittleIssue, *steps: tuple[str, object]) -> None:
        for minute, (kind, value) in enumerate(steps):
            self.history += 1
            when = moment + timedelta(minutes=minute)
            if kind == "sprints":
                put_in(issue, when, self.history, *value)  # type: ignore[misc]
            elif kind == "status":
                issue.move(when, self.history, str(value))
            else:
                held = issue.fields.get(POINTS)
                told = (None, f"{value:g}")
                issue.change(when, self.history, (POINTS, held and (None, f"{held:g}"), told, value))


def by_hand() -> list[LittleIssue]:
    write = Awkward()
    points = {1: 3, 3: 5, 4: 1, 5: 8, 7: 8, 8: 2, 9: 5, 10: 3, 11: 1, 12: 13, 14: 1, 2: 2, 6: 2}
    made = {number: write.issue(number, float(points[number])) for number in points}
    made[SUBTASK] = write.issue(SUBTASK, 21.0, level=-1)
    made[16] = write.issue(16)
    into, out, done, started = ("sprints", (1,)), ("sprints", ()), ("status", "3"), ("status", "2")
    for number in (1, 3, 4, 5, 7, 8, 9, 10, 11, DELETED, SUBTASK, 14):
        write.at(BEFORE, made[number], into)
    write.at(BEFORE + timedelta(hours=1), made[5], done)
    write.at(DURING, made[1], ("points", 5.0), done)
    write.at(DURING, made[2], into, done)
    write.at(DURING, made[4], done, started)
    write.at(DURING, made[6], into, out)
    write.at(DURING, made[7], out, ("points", 13.0))
    write.at(DURING, made[8], out, into)
    write.at(DURING, made[9], ("sprints", (2,)))
    write.at(DURING, made[11], done)
    write.at(DURING, made[DELETED], out)
    write.at(DURING, made[SUBTASK], done)
    write.at(DURING, made[14], out, done, into)
    write.at(DURING, made[16], into, ("points", 4.0))
    within = write.issue(15, 1.0, DURING)
    within.fields[SPRINT] = [{"id": 1, "name": "Sprint 1"}]
    write.at(DURING + timedelta(hours=1), within, done)
    write.at(ENDS + timedelta(hours=1), made[11], started)  # reopened after the end
    write.at(ENDS + timedelta(hours=1), made[10], ("sprints", (1, 2)), ("points", 20.0))  # as Jira carries it over
    return write.issues


def at_random(seed: int) -> list[LittleIssue]:
    draw, write = random.Random(seed), Awkward()
    for number in range(100, 400):
        made = write.issue(number, draw.choice((None, 1.0, 3.0)), BEFORE + timedelta(minutes=draw.randrange(3000)))
        hours = sorted(draw.sample(range(2, 130), draw.randrange(9)))
        for hour in hours:
            kind = draw.choice(("sprints", "sprints", "status", "points"))
            value = {
                "sprints": draw.choice(((1,), (1,), (1, 2), (2,), ())),
                "status": draw.choice("1233"),
                "points": float(draw.randint(1, 8)),
            }[kind]
            write.at(made.created + timedelta(hours=hour, minutes=7), made, (kind, value))
    return write.issues


def told(database: Path, numbers: range) -> Report:
    """The warehouse's rows of sprint 1 in the shape of the report; of deleted issues Jira's report does not speak."""
    lists = dict(zip(("completed", "not_completed", "removed", "completed_elsewhere"), LISTS, strict=True))
    query = (
        "select outcome, list(native_id::int order by native_id::int), "
        "coalesce(sum(start_story_points), 0)::double, coalesce(sum(end_story_points), 0)::double, "
        "list(native_id::int) filter (is_added) from marts.fct_sprint_commitment join marts.dim_issue using (issue_id) "
        "where sprint_id = 'acme:1' and not is_deleted and native_id::int between ? and ? group by outcome"
    )
    with duckdb.connect(str(database), read_only=True) as db:
        rows = db.execute(query, [numbers.start, numbers.stop]).fetchall()
    report: Report = {name: [] for name in LISTS}
    report |= {f"{name}{kind}EstimateSum": 0 for name in LISTS for kind in ("", "Initial")}
    for outcome, keys, at_start, at_end, _ in rows:
        name = lists[outcome]
        report |= {name: keys, f"{name}InitialEstimateSum": at_start, f"{name}EstimateSum": at_end}
    report["issueKeysAddedDuringSprint"] = sorted(number for row in rows for number in row[4] or [])
    return report


@pytest.mark.slow
def test_sprints_are_what_jiras_sprint_report_shows(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    hand, drawn = by_hand(), at_random(7)
    landing = SmallLanding(tmp_path / "landing", tmp_path / DATABASE)
    sprints = [sprint(1, "closed", BEGINS, ENDS), sprint(2, "active", BEGINS)]
    gone = Record("issue", str(DELETED), {}, LATER - timedelta(hours=1), deleted=True)
    records = [issue.record() for issue in (*hand, *drawn)]
    landing.sync("acme", LATER, *dimensions(), *sprints, *records)
    landing.sync("acme", LATER + timedelta(minutes=1), gone)
    dbt = Dbt(PROJECT_DIR, parsed_target(request.config, tmp_path), landing.database)
    as_of = {"as_of": str(LATER + timedelta(days=9))}
    dbt.build(("+fct_sprint_commitment", "path:seeds"), as_of, full_refresh=True, run_tests=False).raise_if_failed()

    living = [issue for issue in hand if issue.number != DELETED]
    assert sprint_report(living, 1, BEGINS, ENDS) == BY_HAND
    assert told(landing.database, range(1, 99)) == BY_HAND
    expected = sprint_report(drawn, 1, BEGINS, ENDS)
    assert all(len(expected[name]) > 9 for name in LISTS), "the random ones are of every kind"
    assert told(landing.database, range(100, 999)) == expected
    with duckdb.connect(str(landing.database), read_only=True) as db:
        outcome = "select outcome from marts.fct_sprint_commitment where issue_id = 'acme:12'"
        assert db.execute(outcome).fetchall() == [("removed",)], "what was deleted is kept as removed"
