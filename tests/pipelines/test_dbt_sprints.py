"""A sprint worked by hand, from landed changelogs to the report: while it runs, when it is over, and as it was."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from pipelines.resources.dbt import PROJECT_DIR, Dbt
from tests.fixtures.jira_flow import put_in, sprint
from tests.fixtures.jira_history import POINTS, LittleIssue, dimensions
from tests.fixtures.landing import SmallLanding
from tests.fixtures.warehouse import DATABASE, parsed_target

CREATED = datetime(2026, 1, 4, 9)  # noqa: DTZ001 (warehouse times are UTC without zone)
BEGINS = CREATED + timedelta(days=1)
ENDS = BEGINS + timedelta(days=4)


def told(database: Path) -> dict[str, tuple[object, ...]]:
    query = (
        "select split_part(issue_id, ':', 2), is_committed, outcome, is_carried_over, is_provisional, "
        "start_story_points::int, end_story_points::int from marts.fct_sprint_commitment where sprint_id = 'acme:1'"
    )
    with duckdb.connect(str(database), read_only=True) as db:
        return {row[0]: row[1:] for row in db.execute(query).fetchall()}


@pytest.mark.slow
def test_a_sprint_is_told_as_its_report_would_tell_it(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    landing = SmallLanding(tmp_path / "landing", tmp_path / DATABASE)
    dbt = Dbt(PROJECT_DIR, parsed_target(request.config, tmp_path), landing.database)
    done, added, removed, before, reopened, gone = issues = [LittleIssue(n, CREATED) for n in range(1, 7)]

    def build(as_of: datetime, *, full_refresh: bool = False) -> dict[str, tuple[object, ...]]:
        select = ("+fct_sprint_commitment", *(("path:seeds",) if full_refresh else ()))
        dbt.build(select, {"as_of": str(as_of)}, full_refresh=full_refresh, run_tests=False).raise_if_failed()
        return told(landing.database)

    for issue in (done, removed, before, reopened, gone):
        put_in(issue, CREATED + timedelta(hours=1), 1000 + issue.number, 1)
    done.change(CREATED + timedelta(hours=2), 1010, (POINTS, None, (None, "3"), 3.0))
    before.move(CREATED + timedelta(hours=2), 1011, "3")
    put_in(gone, BEGINS - timedelta(hours=1), 1012)
    put_in(added, BEGINS + timedelta(hours=1), 1013, 1)
    put_in(removed, BEGINS + timedelta(hours=2), 1014, 2)
    reopened.move(BEGINS + timedelta(hours=3), 1015, "3")
    midway = BEGINS + timedelta(days=1)
    runs = [sprint(1, "active", BEGINS), sprint(2, "future")]
    landing.sync("acme", midway, *dimensions(), *runs, *(issue.record() for issue in issues))
    assert build(midway, full_refresh=True) == {
        "1": (True, "not_completed", False, True, 3, 3),
        "2": (False, "not_completed", False, True, None, None),
        "3": (True, "removed", False, True, None, None),
        "4": (True, "completed_elsewhere", False, True, None, None),
        "5": (True, "completed", False, True, None, None),
    }

    done.change(midway + timedelta(hours=1), 1016, (POINTS, (None, "3"), (None, "5"), 5.0))
    done.move(midway + timedelta(hours=2), 1017, "3")
    reopened.move(midway + timedelta(hours=3), 1018, "2")
    for number, issue in enumerate((added, reopened)):
        put_in(issue, ENDS, 1020 + number, 1, 2)
    reopened.move(ENDS + timedelta(hours=1), 1022, "3")
    later = ENDS + timedelta(days=1)
    over = [sprint(1, "closed", BEGINS, ENDS), sprint(2, "active", ENDS)]
    landing.sync("acme", later, *over, *(issue.record() for issue in (done, added, reopened)))
    report = {
        "1": (True, "completed", False, False, 3, 5),
        "2": (False, "not_completed", True, False, None, None),
        "3": (True, "removed", False, False, None, None),
        "4": (True, "completed_elsewhere", False, False, None, None),
        "5": (True, "not_completed", True, False, None, None),
    }
    assert build(later) == report

    landing.sync("acme", later + timedelta(hours=1), sprint(1, "active", BEGINS))
    reopening = build(later + timedelta(hours=1))
    assert reopening["5"] == (True, "completed", False, True, None, None), "reopened, it runs on with what is done now"
    assert {number: row[0] for number, row in reopening.items()} == {number: row[0] for number, row in report.items()}
