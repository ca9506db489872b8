"""A first day with the shipped catalog on the CBS of the evidence: the doctor, then a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
from evidence_cbs import EvidenceCbs, evidence_cbs, quick_catalog
from evidence_world import World

from wijkpeil.alerts import first_edition
from wijkpeil.catalog import EDITION, Catalog, load_catalog
from wijkpeil.doctor import Diagnosis, examine
from wijkpeil.edition.folder import published_path
from wijkpeil.edition.quarantine import release
from wijkpeil.runs import Outcome, PlainRunner, run_refresh
from wijkpeil.runs.steps import make_report
from wijkpeil.settings import Settings


class WithoutReport(PlainRunner):
    """Runs every step but the site, which is the same whatever was received."""

    def call(self, step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call it, unless it makes the site."""
        return None if step is make_report else step(*args, **kwargs)


@dataclass
class Office:
    """A user's folder with the shipped catalog, beside the CBS of the evidence."""

    cbs: EvidenceCbs
    folder: Path

    @property
    def catalog(self) -> Catalog:
        """The shipped catalog."""
        return load_catalog(self.folder / "catalog")

    @property
    def edition(self) -> Path:
        """The published warehouse."""
        return published_path(self.folder / "warehouse")

    def examine(self) -> Diagnosis:
        """What the doctor finds."""
        return examine(Settings.from_environment(), self.catalog)

    def refresh(self) -> Outcome:
        """A whole run, but for the site."""
        return run_refresh(WithoutReport())

    def say_yes(self) -> Outcome:
        """Let the first edition be mailed; the run that does it, which fetches nothing."""
        warehouse = self.folder / "warehouse"
        waiting = first_edition(warehouse)
        assert waiting is not None
        release([waiting], warehouse, EDITION, snapshot_id=None, by="tests", reason="looked at it")
        return run_refresh(WithoutReport(), offline=True)

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the published warehouse answers."""
        with duckdb.connect(self.edition, read_only=True) as connection:
            return connection.execute(sql, list(values)).fetchall()

    def statuses(self, source_id: str, indicator: str | None = None) -> Counter[str]:
        """How many figures of a source's years, or of one indicator in them, have each status."""
        (table,) = [table for table in self.catalog.tables if table.id == source_id]
        wanted = [indicator] if indicator else [m.indicator for m in table.present_measures]
        years = [table.year] if table.year is not None else [*table.wanted_years]
        rows = self.ask(
            "select status, count(*) from core.observation where list_contains(?, indicator_id) "
            "and list_contains(?, year) and area_code not like '%/%' group by all",
            wanted,
            years,
        )
        return Counter(dict(rows))

    def source_of(self, cbs_id: str) -> str | None:
        """The catalog's name of a table, if it takes it."""
        found = [table.id for table in self.catalog.tables if table.cbs_id == cbs_id]
        return found[0] if found else None


@contextmanager
def office(folder: Path, world: World) -> Iterator[Office]:
    """An empty office; the environment leads to its CBS and nowhere else."""
    with evidence_cbs(world) as cbs, pytest.MonkeyPatch.context() as patch:
        catalog = folder / "catalog"
        if not catalog.exists():
            quick_catalog(catalog)
        patch.setenv("WIJK_CATALOG", str(catalog))
        patch.setenv("WIJK_WAREHOUSE", str(folder / "warehouse"))
        for name, text in cbs.environment.items():
            patch.setenv(name, text)
        yield Office(cbs, folder)


def told(outcome: Outcome, warehouse: Path) -> str:
    """All that a run says: its lines, why it failed, and the file that it names for the rest."""
    texts = [*outcome.sentences, outcome.problem or ""]
    runs = warehouse / "runs"
    texts += [path.read_text(encoding="utf-8") for path in sorted(runs.glob("*.errors.txt"))]
    return "\n".join(texts)
