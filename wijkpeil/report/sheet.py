"""The sheet of an area: its page of the report on one A4, printed to a PDF by a browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from wijkpeil.errors import WijkError
from wijkpeil.report.paths import path_of
from wijkpeil.report.site import report_path
from wijkpeil.words import Language

# any of these prints a page without showing it
_BROWSERS = (
    *("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    *("microsoft-edge", "msedge"),
)
_PATIENCE_S = 120


def print_sheet(warehouse: Path, area_code: str, target: Path, language: Language = "nl") -> Path:
    """The PDF at `target`, of the page of that area in the newest report.

    Raises WijkError where there is no such page, no browser, or the browser does not print.
    """
    page = report_path(warehouse) / path_of("area", area_code, language)
    if not page.is_file():
        raise WijkError(f"{page} is not there; make the report with 'wijkpeil report'.")
    browser = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise WijkError(
            "No browser on this machine prints the sheet (chromium, google-chrome or "
            f"microsoft-edge); install one, or open {page} in yours and print it: it is one A4."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        # here, so that a sheet that lies there already is not taken for the new one
        printed = Path(folder, "sheet.pdf")
        command = [
            *(browser, "--headless", "--disable-gpu", "--no-first-run", "--no-pdf-header-footer"),
            f"--user-data-dir={folder}",
            f"--print-to-pdf={printed}",
            # its own sandbox refuses root, as in a container
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
            page.resolve().as_uri(),
        ]
        try:
            ran = subprocess.run(  # noqa: S603  # a browser on a page of ours
                command, capture_output=True, text=True, timeout=_PATIENCE_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise WijkError(
                f"{browser} did not print {page} ({error}); print it by hand."
            ) from error
        if ran.returncode != 0 or not printed.is_file():
            said = (ran.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise WijkError(f"{browser} did not print {page} ({said}); print it by hand.")
        shutil.move(printed, target)
    return target
