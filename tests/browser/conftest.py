"""The report of the demo, and a real browser to open it with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from wijkpeil.report import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
# a browser that looks for updates would be refused by a closed network, many times a minute
WORDS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--disable-quic", "--no-first-run"),
]


@pytest.fixture(scope="session")
def site(demo_edition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demo's report."""
    warehouse = tmp_path_factory.mktemp("site")
    os.link(demo_edition, warehouse / "wijken.duckdb")
    (warehouse / "snapshots").symlink_to(demo_edition.parent / "snapshots")
    return write_report(warehouse).folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium from the system; without one these tests say that they did not run.

    No longer than a module: while it is open an event loop runs, which Prefect takes for its own.
    """
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine; install it to try the pages in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=WORDS)
        yield browser
        browser.close()
