"""Snapshots of a survey and of a yearly CBS table, made without a fetch, for the sieve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from wijkpeil.catalog import Catalog, CbsTable, Extract, Indicator
from wijkpeil.catalog.areas import Restating
from wijkpeil.catalog.blocks import ExtractMeasure, MeaningfulChange
from wijkpeil.catalog.cbs_blocks import CbsMeasure
from wijkpeil.sources.snapshots import ORIGIN, Origin, ReceivedFile, Snapshot, sha256_of
from wijkpeil.sources.snapshots import read_snapshot as read

Cells = Mapping[tuple[str, int], Sequence[float | str | None]]
CODES = [f"WK99{gemeente:02d}{wijk:02d}" for gemeente in (1, 2) for wijk in range(1, 21)]
_SHARED: dict[str, Any] = {"licence": "CC0", "attribution": "Verzonnen", "title_nl": "Proef"}


def indicator(name: str, *, per_year: float | None = 0.3, **changes: Any) -> Indicator:
    """A share of which less is better, or with `per_year=None` a count."""
    change = per_year and MeaningfulChange(
        per_year=per_year, owner="tests", decided_on=date(2026, 1, 15), reason="Voor de tests."
    )
    usual: dict[str, Any] = {
        "theme": "safety",
        "unit": "%" if change else "aantal",
        "decimals": 1 if change else 0,
        "direction": "lower_is_better" if change else "none",
        "range": [0.0, 100.0] if change else [0.0, 1e7],
        "aggregation": "weighted_mean" if change else "sum",
        "denominator": "people" if change else None,
        "meaningful_change": change or None,
    }
    return Indicator(id=name, name_nl=name, definition_nl="Verzonnen.", **{**usual, **changes})


INDICATORS = (indicator("unsafe"), indicator("nuisance"), indicator("people", per_year=None))


@dataclass
class Shelf:
    """A warehouse to put snapshots in, an hour apart."""

    warehouse: Path
    catalog: Catalog
    moment: datetime = datetime(2026, 5, 1, tzinfo=UTC)

    @property
    def survey(self) -> Extract:
        """The survey: areas, years, and a column for each indicator but the people."""
        return self.catalog.extracts[0]

    @property
    def table(self) -> CbsTable:
        """A yearly table of 2025 with the people of each area and its change flag."""
        return self.catalog.tables[0]

    def put_survey(self, cells: Cells, **origin: Any) -> Snapshot:
        """A snapshot of the survey: by area and year its figures of unsafe and nuisance."""
        lines = ["area;year;unsafe;nuisance"]
        for (area, year), values in cells.items():
            lines.append(";".join([area, str(year), *map(_text, values)]))
        return self.put_file("".join(f"{line}\n" for line in lines), len(cells), **origin)

    def put_file(self, text: str, rows: int, **origin: Any) -> Snapshot:
        """A snapshot of the survey with this text."""
        layout = {"file": "extract.csv"}
        files = {"extract.csv": text.encode()}
        return self._put(self.survey, files, rows, {"layout": layout, **origin})

    def put_table(self, people: Mapping[str, float | None], flag: str = "1") -> Snapshot:
        """A snapshot of the yearly table: the people of each area."""
        rows = [
            {"WijkenEnBuurten": code, "Flag_1": flag, "Inwoners_2": count}
            for code, count in people.items()
        ]
        codes = [{"Key": code, "Title": code} for code in people]
        measure = {
            "indicator": "people", "column_key": "Inwoners_2", "category_key": "",
            "low_category_key": None, "high_category_key": None,
        }  # fmt: skip
        layout = {
            "area_column": "WijkenEnBuurten", "period_column": None, "category_columns": [],
            "value_columns": ["Inwoners_2"], "change_column": "Flag_1", "measures": [measure],
            "periods": [],
        }  # fmt: skip
        files = {
            "data-0001.json": json.dumps({"value": rows}).encode(),
            "codes-WijkenEnBuurten-0001.json": json.dumps({"value": codes}).encode(),
        }
        return self._put(self.table, files, len(rows), {"layout": layout})

    def _put(
        self,
        source: CbsTable | Extract,
        files: Mapping[str, bytes],
        rows: int,
        origin: dict[str, Any],
    ) -> Snapshot:
        self.moment += timedelta(hours=1)
        stamp = self.moment.isoformat()
        folder = self.warehouse / "snapshots" / source.id / f"{self.moment:%Y%m%dT%H%M%S%fZ}"
        folder.mkdir(parents=True)
        received = []
        for name, content in files.items():
            (folder / name).write_bytes(content)
            sha256, size = sha256_of(folder / name), len(content)
            received.append(ReceivedFile(name, "", "", 200, {}, sha256, size, rows, stamp))
        told = {
            "source_id": source.id, "kind": source.kind, "title": source.title_nl,
            "licence": source.licence, "attribution": source.attribution, "retrieved_at": stamp,
            "modified": None, "rows": rows, "request": source.request, "files": received,
        }  # fmt: skip
        record = vars(Origin(**{**told, **origin}))
        record["files"] = [vars(file) for file in received]
        (folder / ORIGIN).write_text(json.dumps(record), encoding="utf-8")
        return read(folder)


def shelf(folder: Path, **survey: Any) -> Shelf:
    """An empty warehouse, with a survey and a yearly table in the catalog."""
    measures = [ExtractMeasure(indicator=name, column=name) for name in ("unsafe", "nuisance")]
    extract = Extract(
        **_SHARED, id="survey", publisher="Testdam", location="survey.csv", delimiter=";",
        area_column="area", year_column="year", missing=["", "x"], measure=measures, **survey,
    )  # fmt: skip
    table = CbsTable(
        **_SHARED, id="kwb_2025", cbs_id="90025TST", api="v3", area_dimension="WijkenEnBuurten",
        year=2025, area_levels=["wijk"], area_change="Indelingswijziging",
        measure=[CbsMeasure(indicator="people", title="Inwoners", unit="aantal")],
    )  # fmt: skip
    catalog = Catalog(
        folder=folder, services=(), tables=(table,), extracts=(extract,), indicators=INDICATORS,
        programmes=(), restating=Restating(), groups=(), address_files=(), boundaries=(),
        members=(), steps=(), herindelingen=(), fingerprint="proef",
    )  # fmt: skip
    return Shelf(folder / "warehouse", catalog)


def usual_cells(years: Sequence[int] = range(2019, 2026)) -> dict[tuple[str, int], list[Any]]:
    """Figures as surveys have them: each area has its level, falls slowly, and scatters a bit."""
    return {
        (area, year): [
            round(12 + 0.7 * n - 0.2 * (year - 2019) + ((n * 7 + year * 13) % 9 - 4) * 0.1, 1),
            round(30 - 0.5 * n - 0.1 * (year - 2019) + ((n * 5 + year * 11) % 9 - 4) * 0.2, 1),
        ]
        for n, area in enumerate(CODES)
        for year in years
    }


def _text(value: float | str | None) -> str:
    return "" if value is None else str(value)
