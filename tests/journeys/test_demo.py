"""The README's first command, as a newcomer types it: twice, the second a virtual week later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("demo")]
ROOT = Path(__file__).parents[2]


Runs = tuple[Path, list[subprocess.CompletedProcess[str]], list[dict[str, str]]]


def demo(home: Path) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("SLIPSTREAM_", "JIRA_"))}
    environment = {**clean, "SLIPSTREAM_HOME": str(home), "COLUMNS": "100"}
    command = [sys.executable, "-m", "pipelines.cli", "demo"]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=400)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    home = tmp_path_factory.mktemp("home") / "slipstream"
    done, manifests = [], []
    for _ in range(2):
        done.append(demo(home))
        assert done[-1].returncode == 0, done[-1].stderr
        manifests.append(json.loads((home / "published" / "current" / "manifest.json").read_text()))
    return home, done, manifests


def test_it_ends_with_a_summary_and_where_to_look_next(runs: Runs) -> None:
    home, done, _ = runs
    for run in done:
        assert "projects" in run.stdout
        assert str(home / "published" / "index.html") in run.stdout
        assert "make dev" in run.stdout
        assert "Traceback" not in run.stderr


def test_the_second_time_is_a_week_later_and_reads_only_what_changed(runs: Runs) -> None:
    _, done, manifests = runs
    first, second = (pd.Timestamp(manifest["as_of"]) for manifest in manifests)
    assert second - first == pd.Timedelta(days=7)
    assert "rebuilding in full" in done[0].stderr
    assert "rebuilding in full" not in done[1].stderr


def test_forecasts_of_both_weeks_are_kept(runs: Runs) -> None:
    home, _, _ = runs
    said = pd.read_parquet(home / "published" / "parquet" / "reporting" / "rpt_schedule_forecast.parquet")
    active = said[(said["subject_type"] == "project") & (said["forecast_status"] == "ok")]
    assert active["as_of_on"].nunique() == 2
    assert said.groupby(["subject_type", "subject_id"])["is_current"].sum().max() == 1


def test_money_and_hours_of_the_portfolio_agree_with_each_other(runs: Runs) -> None:
    home, _, _ = runs
    agree(home / "published" / "parquet" / "marts")


def agree(marts: Path) -> None:
    cost, budget, value, hours = (
        pd.read_parquet(marts / f"fct_{name}.parquet")
        for name in ("actual_cost", "budget_line", "earned_value", "utilisation")
    )
    booked = cost.groupby("project_id")["cost_reporting_amount"].sum().astype(float)
    spent = budget.groupby("project_id")["actual_cost_reporting_amount"].sum().astype(float)
    assert (booked.reindex(spent.index).fillna(0) - spent).abs().max() < 1, "what vendors invoice in their own currency"
    known = value[value["missing"].isna()]
    assert known["project_id"].nunique() > 25
    measures = ["planned_value_amount", "earned_value_amount", "actual_cost_amount", "earned_schedule_weeks"]
    assert known[measures].notna().all(axis=None)
    assert (known["planned_value_amount"] <= known["budget_at_completion_amount"]).all()
    assert set(value["progress_unit"].dropna()) == {"story_points", "issues"}
    overloaded = hours["is_overloaded"].dropna().astype(bool).mean()
    assert 0.005 < overloaded < 0.15, "weeks in which somebody has too much to do"
