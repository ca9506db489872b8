"""Every kind of page in a real browser: on a phone, a laptop and a desk, printed, by keyboard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

PAGES = {
    "start": "index.html",
    "gemeenten": "gebieden.html",
    "programme": "programma/wolkenmeer_vooruit.html",
    "programme of parts": "programma/aan_het_water.html",
    "gemeente": "gemeente/GM9901.html",
    "wijk of a programme": "gebied/WK990103.html",
    "wijk of none": "gebied/WK990110.html",
    "tiny wijk": "gebied/WK990115.html",
    "area of parts": "gebied/aan_het_water--kop_van_de_haven.html",
    "indicator": "indicator/low_income_share.html",
    "method": "methode.html",
    "quality": "kwaliteit.html",
}
ENGLISH = {f"{name}, in English": f"en/{path}" for name, path in PAGES.items()}
WIDTHS = (360, 768, 1440)


class Watched:
    """A page that remembers what it complained of and asked for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))

    def open(self, path: Path) -> Page:
        self.page.goto(path.as_uri())
        return self.page


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    yield Watched(context.new_page())
    context.close()


def serious(page: Page) -> list[tuple[str, str, str | None]]:
    """What a person who needs it accessible would stumble over."""
    return [
        (each["id"], each["nodes"][0]["html"], each["nodes"][0].get("failureSummary"))
        for each in Axe().run(page, options={"preload": False}).response["violations"]
        if each["impact"] in ("serious", "critical", "moderate")
    ]


@pytest.mark.parametrize("name", [*PAGES, *ENGLISH])
def test_a_page_is_quiet_accessible_and_fits(site: Path, watched: Watched, name: str) -> None:
    path = {**PAGES, **ENGLISH}[name]
    page = watched.open(site / path)
    # both languages have one layout
    for width in WIDTHS if name in PAGES else WIDTHS[:1]:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (
            f"{path} is wider than a screen of {width}"
        )
        assert not serious(page), f"{path} at {width}: {serious(page)}"
    assert not watched.complaints
    assert all(url.startswith("file:") for url in watched.requests)
    assert page.locator("h1").count() == 1
    assert "ynthetic" in page.inner_text(".banner") or "ynthetisch" in page.inner_text(".banner")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_in_the_dark(site: Path, watched: Watched, name: str) -> None:
    watched.page.emulate_media(color_scheme="dark")
    page = watched.open(site / PAGES[name])
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(20, 24, 29)"
    )
    assert not serious(page)


@pytest.mark.parametrize("name", [*PAGES, *ENGLISH])
def test_on_a_phone_the_page_begins_at_once(site: Path, watched: Watched, name: str) -> None:
    page = watched.open(site / {**PAGES, **ENGLISH}[name])
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.querySelector('header').offsetHeight") <= 120


@pytest.mark.parametrize("name", ["wijk of a programme", "wijk of none", "tiny wijk"])
def test_an_area_is_four_screens_of_a_phone_before_its_lines_are_opened(
    site: Path, watched: Watched, name: str
) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 844})
    page = watched.open(site / PAGES[name])
    assert page.evaluate("document.documentElement.scrollHeight") <= 4 * 844
    # on paper what explains it is there
    assert not page.locator("ul.sources").first.is_visible()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("ul.sources").first.is_visible() and page.locator("ul.legend").is_visible()


def test_a_link_to_a_line_opens_it(site: Path, watched: Watched) -> None:
    page = watched.open(site / PAGES["wijk of a programme"])
    line = page.locator("article#low_income_share details").first
    assert not line.evaluate("each => each.open")
    page.click("table.factsheet a[href='#low_income_share']")
    assert line.evaluate("each => each.open") and line.locator("svg.chart").first.is_visible()
    page.goto((site / PAGES["wijk of a programme"]).as_uri() + "#vacancy_share")
    page.reload()
    assert page.locator("article#vacancy_share svg.chart").first.is_visible()


def test_a_table_sorts_by_a_click_numbers_by_size_and_gaps_last(
    site: Path, watched: Watched
) -> None:
    page = watched.open(site / PAGES["indicator"])
    table = page.locator("table.sortable")
    heading = table.locator("thead th", has_text="Cijfer")
    heading.locator("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    column = heading.evaluate("heading => heading.cellIndex")
    cells = table.locator(f"tbody tr > :nth-child({column + 1})")
    told = cells.all_inner_texts()
    figures = [float(each.rstrip("%").replace(",", ".")) for each in told if each != "–"]
    assert figures == sorted(figures) and len({*figures}) > 10
    assert told[len(figures) :] == ["–"] * (len(told) - len(figures)) != []
    heading.locator("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    told = cells.all_inner_texts()
    assert told[0] == f"{max(figures):.1f}%".replace(".", ",") and told[-1] == "–"
    areas = table.locator("thead th", has_text="Gebied").locator("button")
    areas.click()
    assert heading.get_attribute("aria-sort") is None
    names = table.locator("tbody th").all_inner_texts()
    assert names == sorted(names, key=str.casefold)
    assert not serious(page)


def test_a_forwarded_link_says_what_the_page_says(site: Path, watched: Watched) -> None:
    page = watched.open(site / PAGES["wijk of a programme"])
    about = page.locator("meta[name=description]").get_attribute("content")
    assert about == page.locator("meta[property='og:description']").get_attribute("content")
    assert about and about.startswith("Wijk 03 Poëtenbuurt")
    title = page.locator("meta[property='og:title']").get_attribute("content")
    assert title == "Wijk 03 Poëtenbuurt"
    icon = page.locator("link[rel=icon]").get_attribute("href")
    assert icon and (site / "gebied" / icon).resolve().is_file()


def test_a_programme_begins_with_its_worst_area_and_a_cell_leads_to_its_line(
    site: Path, watched: Watched
) -> None:
    page = watched.open(site / PAGES["programme"])
    rows = page.locator("table.heat tbody tr")
    alerts = [int(row.locator("td").first.inner_text().split("/")[0]) for row in rows.all()]
    assert alerts == sorted(alerts, reverse=True) and alerts[0] > alerts[-1]
    cell = rows.first.locator("td.cell a").first
    cell.click()
    assert page.url.partition("#")[2] in {
        each.get_attribute("id") for each in page.locator("article.detail").all()
    }


def test_a_programme_tells_what_goes_well(site: Path, watched: Watched) -> None:
    page = watched.open(site / PAGES["programme"])
    good = page.locator("section[aria-labelledby=good]")
    assert "Spoorzone" in good.inner_text() and "Molenveld" not in good.inner_text()


def test_the_factsheet_of_a_wijk_is_one_sheet_of_paper(site: Path, watched: Watched) -> None:
    page = watched.open(site / PAGES["wijk of a programme"])
    page.emulate_media(media="print")
    sheets = re.findall(rb"/Type\s*/Page[^s]", page.pdf(format="A4", prefer_css_page_size=True))
    assert len(sheets) == 1
    # a sheet of A4 without its margins is 186 mm wide
    page.set_viewport_size({"width": 703, "height": 1000})
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert page.locator(".factsheet tbody tr").count() == 13
    assert not page.locator("section.screen").is_visible()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_without_what_only_a_screen_can_use(
    site: Path, watched: Watched, name: str
) -> None:
    page = watched.open(site / PAGES[name])
    page.emulate_media(media="print")
    assert not page.locator("header nav").is_visible()
    assert not page.locator(".search").is_visible()
    assert page.locator("h1").is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert not watched.complaints


def test_the_search_finds_a_wijk_without_a_server(site: Path, watched: Watched) -> None:
    page = watched.open(site / PAGES["method"])
    page.fill("#q", "POETEN")
    page.wait_for_selector("#q-found a")
    assert page.inner_text("#q-found a").startswith("Wijk 03 Poëtenbuurt")
    assert page.inner_text("#q-count") == "1 gevonden."
    page.press("#q", "Enter")
    page.wait_for_url("**/gebied/WK990103.html")
    page.go_back()
    page.fill("#q", "bestaat niet")
    page.wait_for_function("document.getElementById('q-count').textContent !== ''")
    assert page.inner_text("#q-count") == "Niets gevonden."
    assert all(url.startswith("file:") for url in watched.requests)
    assert not watched.complaints


def test_the_search_in_english_leads_to_english_pages(site: Path, watched: Watched) -> None:
    page = watched.open(site / ENGLISH["start, in English"])
    page.fill("#q", "molenveld")
    page.wait_for_selector("#q-found a")
    page.press("#q", "Enter")
    page.wait_for_url("**/en/gebied/WK990104.html")


def test_a_keyboard_reaches_all(site: Path, watched: Watched) -> None:
    page = watched.open(site / PAGES["wijk of a programme"])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached = set()
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.tagName + document.activeElement.className")
        )
    # links, wide tables that scroll, and the figures that open
    assert {"A", "DIVscroll", "SUMMARY"} <= reached


def test_the_switch_leads_to_the_same_page_in_the_other_language(
    site: Path, watched: Watched
) -> None:
    page = watched.open(site / PAGES["gemeente"])
    page.click("a[hreflang=en]")
    page.wait_for_url("**/en/gemeente/GM9901.html")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click("a[hreflang=nl]")
    page.wait_for_url("**/report/gemeente/GM9901.html")
    assert page.evaluate("document.documentElement.lang") == "nl"


def test_without_scripts_all_is_there_but_the_search(site: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / PAGES["start"]).as_uri())
    assert not page.locator(".search").is_visible()
    page.click("text=Gemeenten")
    page.click("text=Wolkenmeer")
    page.click(".tiles a >> nth=2")
    assert "Poëtenbuurt" in page.inner_text("h1")
    context.close()
