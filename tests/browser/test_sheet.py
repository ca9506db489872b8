"""The sheet of an area: one A4 with its worst lines, printed by a browser of this machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from wijkpeil.errors import WijkError
from wijkpeil.report.sheet import print_sheet

# the first has signals on all it is judged on, beside the second others began alike and improved,
# the last is no area of a programme
_AREAS = ("WK990104", "WK990302", "WK990102", "WK990201")


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize("area", _AREAS)
def test_the_sheet_of_an_area_is_one_a4(site: Path, tmp_path: Path, area: str) -> None:
    made = print_sheet(site.parent, area, tmp_path / "blad" / f"{area}.pdf")
    content = made.read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page[^s]", content)) == 1


def test_a_sheet_that_lies_there_is_not_taken_for_the_new_one(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = tmp_path / "bin" / "chromium"
    silent.parent.mkdir()
    silent.write_text("#!/bin/sh\nexit 0\n")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", str(silent.parent))
    target = tmp_path / "blad.pdf"
    target.write_bytes(b"%PDF of last year")
    with pytest.raises(WijkError, match=r"did not print .*it said nothing"):
        print_sheet(site.parent, "WK990104", target)
    assert target.read_bytes() == b"%PDF of last year"


def test_the_sheet_has_the_three_worst_lines_and_what_it_does_not_say(
    site: Path, browser: Browser
) -> None:
    page = browser.new_page()
    page.goto(f"file://{site / 'gebied' / 'WK990104.html'}")
    assert not page.locator(".onpaper svg").first.is_visible()
    assert page.locator("button.print").is_visible()
    page.emulate_media(media="print")
    assert page.locator(".onpaper svg").count() == 3
    assert all(each.is_visible() for each in page.locator(".onpaper svg").all())
    assert "niet waardoor" in page.inner_text("p.onpaper")
    assert not page.locator("button.print").is_visible()
    page.close()


def test_the_sheet_names_an_area_that_began_alike_and_improved(
    site: Path, browser: Browser
) -> None:
    page = browser.new_page()
    page.emulate_media(media="print")
    page.goto(f"file://{site / 'gebied' / 'WK990302.html'}")
    captions = page.locator("div.onpaper figcaption").all_inner_texts()
    assert captions
    for each in captions:
        assert each.endswith("vergelijkbaar op deze indicator.") and " begon in 20" in each
    page.close()


def test_without_a_browser_the_page_to_print_is_named(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WijkError, match=r"No browser .* open .*WK990104\.html .*one A4"):
        print_sheet(site.parent, "WK990104", tmp_path / "x.pdf")
    with pytest.raises(WijkError, match=r"WK000000\.html is not there"):
        print_sheet(site.parent, "WK000000", tmp_path / "x.pdf")
