"""Three editions of the small world in a row, each through the real fetch, build and mail.

2024 is quiet. In 2025 three wijken stand still. In 2026 CBS revises one of these away, and in
another the grade for safety rises at last.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from small_world import SmallWorld, small_world, survey_csv, vacancy_table, wijk_code

from wijkpeil.alerts import QueueReport, load_recipients, preview, queue_alerts
from wijkpeil.alerts.ledger import AlertKey, Ledger
from wijkpeil.alerts.letters.pictures import Draw, drawing_from
from wijkpeil.catalog import CbsTable, Extract, load_catalog
from wijkpeil.edition.build import SUITES, build, find_inputs
from wijkpeil.edition.checks import run_checks
from wijkpeil.edition.publish import publish
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.extracts import fetch_extract

_PROGRAMME = """
[[programme]]
id = "vooruit"
name_nl = "Testdam Vooruit (fictief)"
areas = [{areas}]
recipients = ["manager@voorbeeld.example", "wethouder@voorbeeld.example"]
contact = "programma@voorbeeld.example"
"""


@dataclass
class GoldenWorld:
    """The small world, which publishes year after year."""

    world: SmallWorld
    settings: Settings
    years: range = range(2015, 2025)
    modified: int = 0
    published: list[str] = field(default_factory=list)

    def publish(
        self,
        last: int,
        *,
        vacant: set[int],
        unsafe: set[int],
        grades: Mapping[tuple[int, int], float] | None = None,
    ) -> QueueReport:
        """Publish the figures up to that year and queue what there is to tell."""
        years = range(2015, last + 1)
        self.world.edit("cbs.toml", f"years = [{self._first}, {self._last}]", self._years(years))
        self.years = years
        self.modified += 1
        table = vacancy_table(vacant, {}, years=years)
        self.world.cbs.replace(table.touched(f"2026-05-01T00:00:{self.modified:02d}"))
        self.world.survey.write_bytes(survey_csv(unsafe, years=years, grades=grades))
        catalog = load_catalog(self.settings.catalog)
        warehouse = self.settings.warehouse
        for source in catalog.sources:
            if isinstance(source, CbsTable):
                fetch_table(source, self.settings, warehouse, services=catalog.services)
            elif isinstance(source, Extract):
                fetch_extract(source, self.settings, catalog.folder, warehouse)
        candidate = build(catalog, warehouse, find_inputs(catalog, warehouse))
        checked = run_checks(candidate, self._suites)
        assert checked.is_publishable, checked.sentence()
        self.published.append(publish(warehouse).edition_id)
        recipients = load_recipients(self.settings, catalog)
        draw = drawing_from(warehouse)
        preview(self.settings, self.world.published, recipients, self.folder, draw=draw)
        return self.queue(draw)

    def queue(self, draw: Draw | None = None) -> QueueReport:
        """Queue what there is to tell of the published edition."""
        recipients = load_recipients(self.settings, load_catalog(self.settings.catalog))
        return queue_alerts(self.settings, self.world.published, recipients, draw=draw)

    @property
    def folder(self) -> Path:
        """Where the mail of the newest edition lies as a preview."""
        return self.world.folder / f"preview-{self.years[-1]}"

    @property
    def open_alerts(self) -> set[AlertKey]:
        """What was told and is not over."""
        return {*Ledger(self.settings.warehouse).last_told()}

    def shown(self, path: Path) -> str:
        """A file of a preview without what differs by run: the edition, the day, the pictures."""
        text = path.read_text(encoding="utf-8").replace(self.published[-1], "EDITIE")
        text = re.sub(r"Editie van [^,]+,", "Editie van DATUM,", text)
        if path.suffix == ".txt":
            # where a line ends depends on the day
            text = re.sub(r"Editie van DATUM,.*?rapport\.", _on_one_line, text, flags=re.DOTALL)
        return re.sub(r'src="data:image/png;base64,[^"]+"', 'src="data:image/png"', text)

    @property
    def _suites(self) -> Path:
        """One suite, since all of them take most of the time and have tests of their own."""
        folder = self.world.folder / "suites"
        folder.mkdir(exist_ok=True)
        shutil.copy(SUITES / "marts.stagnation.json", folder)
        return folder

    @property
    def _first(self) -> int:
        return self.years[0] if self.modified else 2016

    @property
    def _last(self) -> int:
        return self.years[-1] if self.modified else 2025

    @staticmethod
    def _years(years: range) -> str:
        return f"years = [{years[0]}, {years[-1]}]"


def _on_one_line(found: re.Match[str]) -> str:
    return re.sub(r"[ \n]+", " ", found[0])


@contextmanager
def golden_world(folder: Path) -> Iterator[GoldenWorld]:
    """The world before its first edition."""
    with small_world(folder) as world:
        areas = ", ".join(f'"{wijk_code(number)}"' for number in range(6))
        text = _PROGRAMME.format(areas=areas)
        (folder / "catalog" / "programmes.toml").write_text(text, encoding="utf-8")
        yield GoldenWorld(world, Settings.from_environment(world.environment))
