"""The maps of the report in a real browser: seen, clicked, and passed by with the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


def test_a_wijk_on_the_map_leads_to_its_page(site: Path, page: Page) -> None:
    page.goto((site / "gemeente" / "GM9901.html").as_uri())
    stalled = page.locator("svg.map a", has=page.locator("path.s-4"))
    assert stalled.count() == 3
    assert stalled.first.get_attribute("tabindex") == "-1"
    stalled.first.click()
    assert page.locator("h1").inner_text() == "Wijk 02 Havenkwartier (Wolkenmeer)"


def test_a_wijk_inside_another_is_reached_through_the_hole(site: Path, page: Page) -> None:
    page.goto((site / "gemeente" / "GM9901.html").as_uri())
    page.locator('svg.map a[href$="WK990115.html"] path').click()
    assert page.locator("h1").inner_text() == "Wijk 15 Parklaan (Wolkenmeer)"


def test_a_gemeente_on_the_map_leads_to_its_page(site: Path, page: Page) -> None:
    page.goto((site / "en" / "index.html").as_uri())
    assert page.locator("svg.map a").count() == 3
    label = page.locator("svg.map").get_attribute("aria-label")
    assert label
    assert label.startswith("Map: in 3 of 3 municipalities")
    page.locator('svg.map a[href$="GM9902.html"] path').click()
    assert page.locator("h1").inner_text() == "Progress in Lindervoorde"


def test_the_keyboard_goes_from_the_text_to_the_tiles(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.locator("table a").last.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className").startswith("tile")
