"""The site of an edition: where readers find it, and whether it is that of the edition they have.

`warehouse/report` leads to the newest of the sites in `warehouse/reports/`. What makes pages is
loaded where there are pages to make.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import duckdb

from wijkpeil.backtest.kept import kept_test
from wijkpeil.edition.folder import published_path, reading
from wijkpeil.edition.memory import bound, spill
from wijkpeil.errors import WijkError, nearest
from wijkpeil.report.integrity import load_checks
from wijkpeil.report.paths import path_of
from wijkpeil.report.state import generator_of, state_of
from wijkpeil.words import LANGUAGES


@dataclass(frozen=True)
class Report:
    """What was made: where it is, how many pages there are, and how many were rendered anew."""

    folder: Path
    pages: int
    rendered: int

    @property
    def sentence(self) -> str:
        """All of it in one line."""
        if not self.rendered:
            return f"Report {self.folder}: nothing changed, {self.pages} pages stand."
        return f"Report {self.folder}: {self.pages} pages, {self.rendered} made anew."


def report_path(warehouse: Path) -> Path:
    """Where readers find the newest site."""
    return warehouse / "report"


def page_path(warehouse: Path, programme: str | None = None) -> Path:
    """The first page, or that of a programme; raises WijkError naming the nearest programmes."""
    folder = report_path(warehouse)
    if programme is None:
        return folder / path_of("start", "start", LANGUAGES[0])
    page = folder / path_of("programme", programme, LANGUAGES[0])
    if not page.is_file():
        known = [
            key.partition(":")[2]
            for key in state_of(folder).get("pages", {})
            if key.startswith("programme:")
        ]
        raise WijkError(
            f"No programme '{programme}' in the report; nearest: {nearest(programme, known)}."
        )
    return page


def write_report(
    warehouse: Path, *, keep: int = 3, base_url: str | None = None, workers: int | None = None
) -> Report:
    """Bring the site up to the published edition; `base_url` is where a feed's links lead.

    Raises WijkError when there is no edition, or the disk refuses. What readers see is the old
    site until the new one is whole.
    """
    generator = generator_of(base_url)
    with reading(published_path(warehouse)) as connection:
        memory = bound(connection)
        spill(connection, warehouse / "build" / "report-spill")
        found = connection.execute("select edition_id from meta.edition").fetchone()
        if not found:
            raise WijkError(
                f"{published_path(warehouse)} names no edition; publish it anew with "
                "'wijkpeil refresh'."
            )
        old = load_checks(connection, warehouse)
        name = f"{found[0]}-{generator[:8]}"
        if old:
            # a page says so, until they are looked at again
            name += f"-{hashlib.sha256(' '.join(old).encode()).hexdigest()[:8]}"
        if test := kept_test(warehouse):
            # so does the page on the method, until the rule is tested again
            name += f"-{hashlib.sha256(json.dumps(test).encode()).hexdigest()[:8]}"
        target, shown = warehouse / "reports" / name, report_path(warehouse)
        before = state_of(shown)
        if before.get("name") == name:
            return Report(shown, len(before["pages"]) * len(LANGUAGES), 0)
        # here, since a run that finds nothing new has no page to make
        from wijkpeil.report.build import build_site

        try:
            pages, rendered = build_site(
                connection, warehouse, target, shown, generator, base_url, keep, workers
            )
        except duckdb.OutOfMemoryException as error:
            raise WijkError(
                f"The report needs more than {memory} of memory, or than this machine has "
                "left; run 'wijkpeil report' when it is less busy. The old report stands."
            ) from error
        except (OSError, duckdb.OperationalError) as error:
            reason = str(error).splitlines()[0]
            raise WijkError(
                f"The report cannot be written in {target.parent} ({reason}); make room or mend "
                "the disk, then run 'wijkpeil report'. The old report stands."
            ) from error
        return Report(shown, pages, rendered)
