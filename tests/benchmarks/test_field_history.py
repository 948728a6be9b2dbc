"""The daily field history that is restated for the benchmark gives the days it should, and disagreement is counted."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks import bi_queries, field_history_daily
from pipelines.dashboard.render import TABLES

AS_OF = "2026-01-08"
ROWS = """
CREATE TABLE field_history (issue_id TEXT, field_id TEXT, updated_at TIMESTAMP, field_value TEXT);
CREATE TABLE multiselect_history AS FROM field_history;
CREATE TABLE issue (issue_id TEXT, created_at TIMESTAMP, resolved_at TIMESTAMP);
INSERT INTO issue VALUES ('1', '2026-01-05 09:00', NULL), ('2', '2025-11-01 09:00', '2025-11-03 09:00');
INSERT INTO field_history VALUES
  ('1', 'status', '2026-01-05 09:00', 'to do'), ('1', 'status', '2026-01-06 09:00', 'doing'),
  ('1', 'status', '2026-01-06 17:00', 'done'), ('1', 'assignee', '2026-01-06 12:00', 'ann'),
  ('1', 'assignee', '2026-01-08 08:00', NULL), ('2', 'status', '2025-11-01 09:00', 'to do'),
  ('2', 'status', '2025-11-03 09:00', 'done');
INSERT INTO multiselect_history VALUES
  ('1', 'sprint', '2026-01-07 09:00', 'b'), ('1', 'sprint', '2026-01-07 09:00', 'a');
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "scratch.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute(ROWS)
    for way in field_history_daily.WAYS:
        field_history_daily.plainly(path, way, AS_OF)
    return path


def test_each_day_holds_the_last_value_of_it_until_a_month_after_the_last_change(scratch: Path) -> None:
    with duckdb.connect(str(scratch)) as db:
        days = db.execute(
            "SELECT day(date_day), status, assignee, length(sprint) FROM daily_issue_field_history "
            "WHERE issue_id = '1' ORDER BY 1"
        ).fetchall()
        done = db.execute(
            "SELECT min(date_day)::text, max(date_day)::text FROM daily_issue_field_history WHERE issue_id = '2'"
        ).fetchone()
    assert days == [(5, "to do", None, None), (6, "done", "ann", None), (7, "done", "ann", 4), (8, "done", None, 4)]
    assert done == ("2025-11-01", "2025-12-03")


def test_intervals_agree_on_every_day_and_a_day_that_differs_is_counted(scratch: Path) -> None:
    found = field_history_daily.agree(scratch, "field_interval", AS_OF)
    assert found == {"issue_days": 4 + 33, "values_compared": 4 * 37, "differing": 0}
    with duckdb.connect(str(scratch)) as db:
        db.execute("UPDATE field_interval SET field_value = 'bob' WHERE field_value = 'ann'")
    assert field_history_daily.agree(scratch, "field_interval", AS_OF)["differing"] == 2


def test_every_question_can_be_read_and_the_pages_tables_are_asked_for() -> None:
    examples, questions = bi_queries.catalogue()
    for sql in [*examples.values(), *(q.sql for q in questions), *(q.raw for q in questions if q.raw)]:
        assert len(duckdb.extract_statements(sql)) == 1
        assert "{" not in sql
    with duckdb.connect() as db:
        db.execute("CREATE SCHEMA reporting")
        for name in TABLES:
            db.execute(f"CREATE TABLE reporting.{name} (a INT)")
        assert [question.name for question in bi_queries.page_tables(db)] == [
            f"page: reporting.{name}" for name in TABLES
        ]
