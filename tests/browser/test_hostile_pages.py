"""Texts from outside that try to be code or layout: pages stay whole, nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from report_site import hostile_edition

from wijkpeil.report import write_report

PAGES = (
    *("index.html", "gebieden.html", "kwaliteit.html", "programma/wolkenmeer_vooruit.html"),
    *("gemeente/GM9901.html", "gebied/WK990103.html", "indicator/low_income_share.html"),
    "en/gebied/WK990103.html",
)


@pytest.fixture(scope="module")
def site(demo_edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("hostile")
    return write_report(hostile_edition(demo_edition, warehouse)).folder


@pytest.mark.parametrize("path", PAGES)
def test_nothing_runs_and_nothing_bursts(site: Path, browser: Browser, path: str) -> None:
    page = browser.new_page(viewport={"width": 360, "height": 800})
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto((site / path).as_uri())
    page.fill("#q", "lang")
    page.wait_for_function("document.getElementById('q-count').textContent !== ''")
    assert page.evaluate("window.hacked") is None
    assert not complaints
    assert page.locator("main img, main script, .search img").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.close()
