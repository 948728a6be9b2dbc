"""The page as a person sees it: opened from a file in headless Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

from pipelines.dashboard.render import render

pytestmark = pytest.mark.pages

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1360,1000",
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        pytest.skip("needs chromium and chromedriver (make pages installs them)")
    options = Options()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('chromium')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=Service(driver))
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def address(
    portfolio: dict[str, pd.DataFrame], manifest: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    place: Path = tmp_path_factory.mktemp("page") / "index.html"
    place.write_text(render(portfolio, manifest), encoding="utf-8")
    return place.as_uri()


@pytest.fixture
def page(browser: webdriver.Chrome, address: str) -> webdriver.Chrome:
    browser.get("about:blank")
    browser.get(address)
    return browser


def texts(page: webdriver.Chrome, selector: str) -> list[str]:
    return [element.text for element in page.find_elements("css selector", selector) if element.is_displayed()]


def test_headline_and_figures_are_visible(page: webdriver.Chrome) -> None:
    assert "likely to finish late" in texts(page, "h2")[0]
    assert texts(page, ".figures dd")[0] == "40"


def test_every_project_has_a_visible_row(page: webdriver.Chrome) -> None:
    assert len(texts(page, "table.health tbody tr")) == 40


def test_charts_and_open_fans_have_a_size(page: webdriver.Chrome) -> None:
    drawings = page.find_elements("css selector", ".panel > svg, details[open] svg.fan")
    assert len(drawings) > 3
    assert all(min(drawing.size.values()) > 40 for drawing in drawings)


def test_a_fan_stays_within_its_frame(page: webdriver.Chrome) -> None:
    beyond = page.execute_script(
        "return Array.from(document.querySelectorAll('details[open] svg.fan path')).map(p => p.getBBox())"
        ".filter(b => b.x < -1 || b.y < -1 || b.x + b.width > 341 || b.y + b.height > 119).length"
    )
    assert beyond == 0


def test_a_click_on_a_heading_sorts_and_a_second_reverses(page: webdriver.Chrome) -> None:
    def slips() -> list[float]:
        shown = page.execute_script(
            "return Array.from(document.querySelectorAll('table.health tbody tr'), row => row.cells[7].dataset.v)"
        )
        return [float(value) for value in shown if value]

    heading = page.find_element("xpath", "//th[.//button[text()='Slip']]")
    button = heading.find_element("css selector", "button")
    button.click()
    assert slips() == sorted(slips())
    assert heading.get_attribute("aria-sort") == "ascending"
    button.click()
    assert slips() == sorted(slips(), reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"


def test_filters_narrow_the_table_and_say_so(page: webdriver.Chrome) -> None:
    page.find_element("id", "search").send_keys("owner 12")
    assert len(texts(page, "table.health tbody tr")) == 1
    assert texts(page, "#shown") == ["1 of 40 projects"]


def test_a_project_in_the_table_leads_to_its_forecast(page: webdriver.Chrome) -> None:
    last = page.find_elements("css selector", "details.programme")[-1]
    card = last.find_element("css selector", "article.card")
    assert not card.is_displayed()
    link = page.find_element("css selector", f"table.health a[href='#{card.get_attribute('id')}']")
    page.execute_script("arguments[0].click()", link)
    assert WebDriverWait(page, 5).until(lambda _: card.is_displayed())


def test_a_rule_opens_to_the_failing_records(page: webdriver.Chrome) -> None:
    page.find_element("css selector", "details.rule > summary").click()
    assert any("demo:10002" in row for row in texts(page, "details.rule tbody tr"))


def test_hostile_names_are_text(page: webdriver.Chrome) -> None:
    assert any("<script>alert('x')</script> & Sons" in row for row in texts(page, "table.health tbody tr"))


@pytest.mark.parametrize("width", [390, 800, 1360])
def test_the_page_never_scrolls_sideways(page: webdriver.Chrome, width: int) -> None:
    page.set_window_size(1360, 1000)
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert page.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_no_console_message_and_no_outside_request(page: webdriver.Chrome) -> None:
    assert [entry for entry in page.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")] == []
    asked = [line["message"] for line in page.get_log("performance") if "requestWillBeSent" in line["message"]]
    assert asked
    assert not any('"url":"http' in message for message in asked)
