"""A mail of the demo as a phone shows it: how much of it there is, and what is in sight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from wijkpeil.alerts import Audience, Recipients, preview
from wijkpeil.settings import Settings

_PHONE = {"width": 390, "height": 844}
_PROGRAMMES = ("samen_aan_zet", "wolkenmeer_vooruit", "aan_het_water")


@pytest.fixture(scope="module")
def mails(demo_edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first mail of each programme of the demo."""
    folder = tmp_path_factory.mktemp("mails")
    settings = Settings(warehouse=folder / "warehouse", report_url="https://wijk.voorbeeld.example")
    audiences = tuple(Audience(name, None, "nl", "all", ("a@b.example",)) for name in _PROGRAMMES)
    preview(settings, demo_edition, Recipients(audiences), folder)
    return folder


@pytest.fixture(params=_PROGRAMMES)
def mail(request: pytest.FixtureRequest, mails: Path, browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport=_PHONE)  # type: ignore[arg-type]  # a plain dict will do
    page.goto(f"file://{mails / request.param}.html")
    yield page
    page.close()


def test_all_that_matters_is_on_two_screens_of_a_phone(mail: Page) -> None:
    button = mail.locator(".button").bounding_box()
    assert button is not None and button["y"] + button["height"] <= 2 * _PHONE["height"]
    assert mail.evaluate("document.documentElement.scrollWidth") <= _PHONE["width"]
    assert mail.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
    assert mail.locator("img").count() == 1
