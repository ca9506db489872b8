"""The charts of the demo as a browser draws them: on a phone and a desk, by mouse, tap and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chart_reading import CLASHES_IN_PAGE
from playwright.sync_api import Browser, Locator, Page

from wijkpeil.alerts.edition import read_followed
from wijkpeil.alerts.letters.pictures import WIDTH, picture_of
from wijkpeil.charts.drawing import draw
from wijkpeil.charts.svg import as_file

AREA = "gebied/WK990104.html"
# what an area has room for on a phone of 390 px, and a mail besides its margins
PHONE, MAIL_ON_PHONE = 390, 342


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": PHONE, "height": 844}, has_touch=True)
    yield context.new_page()
    context.close()


def opened(page: Page, path: Path) -> None:
    """Go there, and open every line of the page."""
    page.goto(path.as_uri())
    page.locator("details").evaluate_all("all => all.forEach(each => { each.open = true; })")


@pytest.mark.parametrize("width", [PHONE, 1280])
def test_on_no_page_a_text_of_a_chart_lies_on_another_or_is_cut(
    site: Path, page: Page, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    drawn = 0
    for path in sorted(site.rglob("*.html")):
        if "<svg class=" not in path.read_text("utf-8"):
            continue
        opened(page, path)
        for selector in ("svg.chart", "svg.trend"):
            charts = page.locator(selector)
            drawn += charts.count()
            found = charts.evaluate_all(f"charts => charts.flatMap({CLASHES_IN_PAGE})")
            assert not found, f"{path} at {width}: {found[:5]}"
    assert drawn > 900


def test_letters_are_12_pixels_on_a_phone(site: Path, page: Page) -> None:
    opened(page, site / AREA)
    sizes = page.locator("svg.chart:visible").evaluate_all(
        "charts => charts.map(c => 12 * c.getBoundingClientRect().width "
        "/ c.viewBox.baseVal.width * parseFloat(getComputedStyle(c.querySelector('text')).fontSize)"
        " / 12)"
    )
    assert len(sizes) > 10 and min(sizes) >= 12


@pytest.mark.parametrize("width", [MAIL_ON_PHONE, WIDTH])
def test_in_the_picture_of_a_mail_neither(demo_edition: Path, page: Page, width: int) -> None:
    told = read_followed(demo_edition)
    signals = {each.key.indicator_id: each for each in told.signals if each.is_alert}
    assert len(signals) > 6
    page.set_viewport_size({"width": width + 20, "height": 844})
    for signal in signals.values():
        shown = as_file(draw(picture_of(demo_edition.parent, signal, 2025, "nl")), "")
        page.set_content(
            f"<!DOCTYPE html><style>svg {{ width: {width}px; height: auto }}</style>{shown}"
        )
        assert not page.locator("svg").evaluate(CLASHES_IN_PAGE), signal.key


def first_chart(page: Page) -> tuple[Locator, Locator]:
    """The box of the first chart, and what it tells."""
    box = page.locator(".chart-box:visible").first
    return box, box.locator(".chart-told")


def test_the_keyboard_reads_the_figures_year_by_year(site: Path, page: Page) -> None:
    opened(page, site / AREA)
    box, told = first_chart(page)
    assert told.inner_text() == ""
    page.keyboard.press("Tab")
    for _ in range(200):
        if box.evaluate("box => box === document.activeElement"):
            break
        page.keyboard.press("Tab")
    assert told.inner_text().startswith("2025: Molenveld ")
    page.keyboard.press("ArrowLeft")
    assert told.inner_text().startswith("2024: Molenveld ")
    page.keyboard.press("Home")
    assert told.inner_text().startswith("2014: Molenveld ")
    assert "Nederland" in told.inner_text() and box.locator(".pointed").count() == 1
    page.keyboard.press("Escape")
    assert told.inner_text() == "" and box.locator(".pointed").count() == 0


def test_a_tap_and_a_mouse_read_the_year_that_they_are_at(site: Path, page: Page) -> None:
    opened(page, site / AREA)
    box, told = first_chart(page)
    box.scroll_into_view_if_needed()
    chart = box.locator("svg")
    chart.tap(position={"x": 45, "y": 80})
    assert told.inner_text().startswith("2014: Molenveld ")
    chart.hover(position={"x": 225, "y": 80})
    assert told.inner_text().startswith("2025: Molenveld ")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE
    page.mouse.move(5, 5)
    assert told.inner_text() == ""


def test_the_end_of_a_small_line_has_the_colour_of_the_class(site: Path, page: Page) -> None:
    page.goto((site / "gebied/WK990103.html").as_uri())
    rows = page.locator(".factsheet tbody tr")
    pairs = rows.evaluate_all(
        "rows => rows.filter(row => row.querySelector('.spark')).map(row => ["
        "getComputedStyle(row.querySelector('.spark circle')).fill,"
        "getComputedStyle(row.querySelector('.mark')).backgroundColor])"
    )
    assert len(pairs) > 8 and all(fill == ground for fill, ground in pairs)
    assert len({fill for fill, _ in pairs}) > 1
