"""What the page says, read from its HTML: the fast half of the page tests."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from pipelines.dashboard.render import TABLES, render
from tests.fixtures.yaml_files import parse_yaml, read_yaml

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def page(portfolio: Tables, manifest: dict[str, str]) -> str:
    return render(portfolio, manifest)


def test_headline_counts_the_projects_that_are_likely_late(page: str, portfolio: Tables) -> None:
    chance = portfolio["rpt_portfolio_health"]["probability_late"]
    late, judged = int((chance >= 0.5).sum()), int(chance.notna().sum())
    assert f"{late} of the {judged} open projects that can be judged are likely to finish late." in page


def test_headline_names_the_largest_slip_with_its_dates(page: str, portfolio: Tables) -> None:
    health = portfolio["rpt_portfolio_health"]
    worst = health.sort_values(["slip_days_p50", "project_key"]).dropna(subset=["slip_days_p50"]).iloc[-1]
    assert f"The largest expected slip is {worst.slip_days_p50:.0f} days: {worst.project_name}" in page


def test_texts_from_the_sources_cannot_become_markup(page: str) -> None:
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Sons" in page


def test_programme_names_in_the_drawn_chart_are_escaped(portfolio: Tables, manifest: dict[str, str]) -> None:
    health = portfolio["rpt_portfolio_health"].assign(programme_name="<img src=x onerror=alert(1)>")
    assert "<img" not in render({"rpt_portfolio_health": health}, manifest)


def test_page_asks_for_nothing_from_outside(page: str) -> None:
    addresses = set(re.findall(r"""(?:src|href|url\()\s*=?\s*["']?((?:https?:)?//[^"')\s]+)""", page))
    assert addresses == set()
    assert "default-src 'none'" in page


def test_page_of_forty_projects_is_light(page: str) -> None:
    assert len(page.encode()) < 2_000_000


def test_same_tables_give_the_same_page(page: str, portfolio: Tables, manifest: dict[str, str]) -> None:
    assert render(portfolio, manifest) == page


def test_across_projects_says_what_the_tables_say_now_of_what_matters(page: str) -> None:
    section = re.search(r'<section id="across".*?</section>', page, re.DOTALL)
    assert section is not None
    said = section[0]
    assert "Three promises of nine are likely to hold." in said
    assert '<a href="#project-demo-10000">P00-7</a> waits for P01-3, 12.5 days on average.' in said
    assert said.index("Best of all.") < said.index("Second best.")
    assert said.index("Due in two days.") < said.index("Due in nine days.")
    assert said.index("Thirty days earlier.") < said.index("Eight days later.")
    assert "Costs too much." in said
    for left_out in (
        "As once said.",
        "nobody much",
        "Of no help.",
        "what was planned",
        "Late already.",
        "Hardly moved.",
        "Said first.",
    ):
        assert left_out not in said


def test_a_portfolio_not_simulated_yet_says_so(portfolio: Tables, manifest: dict[str, str]) -> None:
    page = render({"rpt_portfolio_health": portfolio["rpt_portfolio_health"]}, manifest)
    assert "The portfolio as a whole has not been simulated yet." in page


def test_every_project_has_a_row_and_a_card(page: str, portfolio: Tables) -> None:
    size = len(portfolio["rpt_portfolio_health"])
    assert page.count('<article class="card"') == size
    assert page.count("<tr data-programme=") == size


def test_only_projects_with_a_forecast_have_a_fan(page: str, portfolio: Tables) -> None:
    assert page.count('<svg class="fan"') == int((portfolio["rpt_portfolio_health"]["forecast_status"] == "ok").sum())


def test_cards_name_the_epics_that_finish_last_by_the_current_forecast(page: str) -> None:
    assert page.count("Part 1 <small>P00-1</small>") == 1
    assert "Part 6" not in page  # four are enough
    assert "as once forecast" not in page


def test_a_forecast_without_a_target_date_is_no_verdict(portfolio: Tables, manifest: dict[str, str]) -> None:
    health = portfolio["rpt_portfolio_health"].assign(predicted_rag="unknown")
    page = render({"rpt_portfolio_health": health}, manifest)
    assert page.count('<span class="rag">No verdict</span>') == 2 * int(
        (health["forecast_status"] != "nothing_open").sum()
    )


@pytest.mark.parametrize(
    "words",
    [
        "Not enough history yet",
        "No end in sight",
        "Nothing left open",
        "95% or more",
        "Not trusted",
        "Forecast disagrees",
    ],
)
def test_what_is_not_a_plain_date_is_said_in_words(page: str, words: str) -> None:
    assert words in page


def test_no_probability_is_printed_as_certainty(page: str) -> None:
    shown = [int(share) for share in re.findall(r'<dd(?: class="late")?>(\d+)%</dd>', page)]
    assert shown
    assert all(5 < share < 95 for share in shown)


def test_findings_stand_by_gravity_with_remedy_and_keys(page: str) -> None:
    assert page.index("Active project has sponsor") < page.index("Status updated within 14 days")
    assert "Set the sponsor in the project register." in page
    assert "demo:10002 and 2 more" in page


def test_a_project_whose_data_ends_earlier_says_so(page: str, portfolio: Tables, manifest: dict[str, str]) -> None:
    health = portfolio["rpt_portfolio_health"].assign(effective_on=pd.Timestamp("2019-03-01"))
    assert "data to 1 Mar 2019" in render({"rpt_portfolio_health": health}, manifest)
    assert not re.search(r"data to \d", page, re.IGNORECASE)


def test_release_and_day_are_shown(page: str, manifest: dict[str, str]) -> None:
    assert manifest["id"] in page
    assert "20 Nov 2026" in page


def test_tables_may_be_named_with_their_schema(portfolio: Tables, manifest: dict[str, str], page: str) -> None:
    assert render({f"reporting.{name}": frame for name, frame in portfolio.items()}, manifest) == page


def test_an_empty_warehouse_gives_a_page_that_says_so(portfolio: Tables, manifest: dict[str, str]) -> None:
    page = render({name: frame.iloc[:0] for name, frame in portfolio.items()}, manifest)
    assert "No projects have been synced yet." in page
    assert "Every governance rule is met." in page


def test_missing_tables_leave_their_sections_empty(manifest: dict[str, str]) -> None:
    assert "No project has been synced yet." in render({}, manifest)


def test_projects_without_any_target_date_are_not_called_late(portfolio: Tables, manifest: dict[str, str]) -> None:
    health = portfolio["rpt_portfolio_health"].assign(
        baseline_on=None, promised_on=None, slip_days_p50=None, probability_late=None
    )
    page = render(portfolio | {"rpt_portfolio_health": health}, manifest)
    assert "none has a date to hold it to" in page
    assert 'data-late="1"' not in page


def test_the_page_needs_no_column_that_the_warehouse_does_not_promise(portfolio: Tables) -> None:
    models = Path(__file__).parents[2] / "dbt_project" / "models"
    for name, frame in portfolio.items():
        contract = read_yaml(next(models.rglob(f"{name}.yml")))["models"][0]
        assert set(frame.columns) <= {column["name"] for column in contract["columns"]}, name


def test_the_page_is_an_exposure_of_every_table_it_reads() -> None:
    exposures = next((Path(__file__).parents[2] / "dbt_project").rglob("exposures.yml")).read_text(encoding="utf-8")
    page = next(item for item in parse_yaml(exposures)["exposures"] if item["name"] == "dashboard")
    assert {f"ref('{name}')" for name in TABLES} == set(page["depends_on"])
