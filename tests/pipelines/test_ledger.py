"""Ledger: append-only, idempotent by entry, strict about its declared structures."""

from __future__ import annotations

import errno
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

from models.registry import FORECASTERS
from pipelines.resources import ledger as ledger_module
from pipelines.resources.ledger import Ledger, LedgerError, descriptions, structures

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "ledger")


def read(ledger: Ledger, table: str) -> list[dict[str, Any]]:
    found = duckdb.sql(f"FROM read_parquet('{ledger.pattern(table)}', union_by_name = true)")
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def test_every_table_is_declared_with_types_and_meanings() -> None:
    tables = structures()
    forecasts = {*(model.ledger_table for model in FORECASTERS), "forecast_score"}
    assert set(tables) == {"completeness", "expectation_result", "alert", "rule"} | forecasts
    for table, columns in tables.items():
        assert all(descriptions()[table][name] for name in ("", *columns))
        ledger_module._schema(table)


def test_rows_are_kept_with_exact_types(ledger: Ledger) -> None:
    rows = [{"completeness_id": "a", "held_count": 3, "lag_seconds": 1.5, "recorded_at": NOON}, {"site_id": "x"}]
    assert ledger.append("completeness", rows, "e1")
    first, second = read(ledger, "completeness")
    assert (first["held_count"], str(first["lag_seconds"])) == (3, "1.500")
    assert first["recorded_at"] == NOON.replace(tzinfo=None)
    assert (second["site_id"], second["completeness_id"]) == ("x", None)


def test_a_pandas_frame_is_taken_with_its_gaps(ledger: Ledger) -> None:
    frame = pd.DataFrame(
        {
            "subject_id": ["a", None],
            "as_of_on": [date(2026, 1, 1), None],
            "finish_on_p50": pd.to_datetime(["2026-02-03", None]),
            "open_count": [4.0, float("nan")],
            "probability_late": [0.25, float("nan")],
            "known_from": pd.to_datetime(["2026-01-01T10:00:00.123456789+02:00"] * 2),
        }
    )
    assert ledger.append("schedule_forecast", frame, "run-1")
    first, second = read(ledger, "schedule_forecast")
    assert (first["finish_on_p50"], first["open_count"]) == (date(2026, 2, 3), 4)
    assert first["known_from"].isoformat() == "2026-01-01T08:00:00.123456"
    assert [second[name] for name in ("subject_id", "as_of_on", "open_count", "probability_late")] == [None] * 4


def test_an_entry_is_written_once(ledger: Ledger) -> None:
    assert ledger.append("alert", [{"alert_id": "a"}], "e1")
    assert not ledger.append("alert", [{"alert_id": "changed"}], "e1")
    assert [row["alert_id"] for row in read(ledger, "alert")] == ["a"]
    assert [Path(path).name for path in ledger.files("alert")] == ["e1.parquet"]


def test_an_empty_table_can_be_read(ledger: Ledger) -> None:
    assert read(ledger, "alert") == []
    assert ledger.files("alert") == []
    assert ledger.append("alert", [], "nothing")
    assert read(ledger, "alert") == []


def test_old_entries_are_read_when_a_table_has_gained_a_column(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.append("alert", [{"alert_id": "old"}], "e1")
    ledger.pattern("alert")
    wider = structures() | {"alert": structures()["alert"] | {"weight": "DECIMAL(9,4)"}}
    monkeypatch.setattr(ledger_module, "structures", lambda: wider)
    ledger.append("alert", [{"alert_id": "new", "weight": 1.5}], "e2")
    assert {row["alert_id"]: row["weight"] and str(row["weight"]) for row in read(ledger, "alert")} == {
        "old": None,
        "new": "1.5000",
    }


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"source_count": "3"}, "completeness.source_count takes BIGINT"),
        ({"source_count": 1.5}, "completeness.source_count takes BIGINT"),
        ({"source_count": True}, "completeness.source_count takes BIGINT"),
        ({"detail": 3}, "completeness.detail takes VARCHAR"),
        ({"recorded_at": "2026-01-01"}, "completeness.recorded_at takes TIMESTAMP"),
        ({"lag_seconds": 1e30}, "completeness.lag_seconds takes DECIMAL"),
        ({"nonsense": 1}, "no column nonsense"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(ledger: Ledger, row: dict[str, Any], words: str) -> None:
    with pytest.raises(LedgerError) as caught:
        ledger.append("completeness", [row], "e1")
    assert words in str(caught.value)
    assert ledger.files("completeness") == []


@pytest.mark.parametrize(("table", "entry"), [("unknown", "e1"), ("alert", "../e1"), ("alert", "")])
def test_unknown_tables_and_ids_that_are_no_names_are_refused(ledger: Ledger, table: str, entry: str) -> None:
    with pytest.raises(LedgerError):
        ledger.append(table, [], entry)


def test_a_full_disk_writes_nothing_and_says_so(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pipelines.resources.landing_store.os.fsync", refuse)
    with pytest.raises(LedgerError, match="disk is full"):
        ledger.append("alert", [{"alert_id": "a"}], "e1")
    assert ledger.files("alert") == []
    assert [p for p in Path(ledger.root).rglob("*") if p.is_file()] == []
