"""One source of every shape: a table of one year and of several on each API, of a third party with
categories, and an extract. Fetched and built without Prefect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from wijkpeil.catalog import CbsTable, Extract, load_catalog
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.edition.build import SQL, build, find_inputs
from wijkpeil.edition.models import make_macros
from wijkpeil.edition.revisions import load_revisions
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.extracts import fetch_extract
from wijkpeil.sources.snapshots import all_snapshots, read_snapshot

AREAS = {
    "NL00": "Nederland",
    "GM9901": "Testdam",
    **{f"WK9901{n:02d}": f"Wijk {n}" for n in range(6)},
}
YEARS = (2022, 2023, 2024, 2025)
# shape → its table; an extract has none
TABLES = {
    "v3_year": "90001TST",
    "v3_periods": "90002TST",
    "v4_year": "90003TST",
    "v4_periods": "90004TST",
    "third_party": "90005TST",
}
SHAPES = (*TABLES, "extract")
_BLOCK = """
[[table]]
id = "{shape}"
title_nl = "Proef"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
cbs_id = "{cbs_id}"
api = "{api}"
publisher = "{publisher}"
area_dimension = "WijkenEnBuurten"
area_levels = ["land", "gemeente", "wijk"]
{time}
"""
_MEASURE = """
[[table.measure]]
indicator = "{indicator}"
title = "{title}"
unit = "aantal"
"""
_EXTRACT = """
[[extract]]
id = "extract"
title_nl = "Proef"
licence = "CC0 1.0"
attribution = "Verzonnen voor de tests"
synthetic = true
publisher = "Testdam"
location = "extract.csv"
delimiter = ";"
decimal = ","
thousands = "."
missing = ["", "x"]
area_column = "Gebied"
year_column = "Jaar"
geography_year = 2025
ignored_areas = ["overig"]
ignored_columns = ["*"]

[[extract.measure]]
indicator = "extract_figure"
column = "Aantal"

[[extract.measure]]
indicator = "extract_late"
column = "Later"
"""
_INDICATOR = """
[[indicator]]
id = "{id}"
name_nl = "{id}"
definition_nl = "Verzonnen."
theme = "liveability"
unit = "aantal"
decimals = 0
direction = "none"
range = [0.0, 1e7]
aggregation = "sum"
"""
Values = Mapping[tuple[str, int], float | None]


@dataclass(frozen=True)
class Source:
    """What one source publishes. `values` replaces figures by area and year; `late` is whether
    its second column is filled; `first_key` numbers its columns, as CBS does."""

    shape: str
    values: Values = field(default_factory=dict)
    late: bool = False
    is_provisional: bool = False
    years: Sequence[int] = YEARS
    first_key: int = 1
    title: str = "Aantal"

    @property
    def has_periods(self) -> bool:
        return not self.shape.endswith("_year")

    def rows(self) -> Iterator[tuple[str, int, float | None, float | None]]:
        """Area, year, and the figures of both columns."""
        for code in AREAS:
            for year in self.years if self.has_periods else (2025,):
                usual = 1000.0 + year - 2022 + 10 * int(code[4:] or 0)
                figure = self.values.get((code, year), usual)
                yield code, year, figure, 7.0 if self.late else None

    def table(self, modified: str) -> StandInTable:
        """The table as CBS serves it."""
        cbs_id = TABLES[self.shape]
        others = ["Soort"] if self.shape == "third_party" else []
        dimensions = ["WijkenEnBuurten", *(["Perioden"] if self.has_periods else []), *others]
        kinds = {"WijkenEnBuurten": "GeoDetail", "Perioden": "TimeDimension", "Soort": "Dimension"}
        figure, late = f"Aantal_{self.first_key}", f"Later_{self.first_key + 1}"
        flag = "Indelingswijziging_9"
        topics = [(figure, self.title, 0), (late, "Later", 0), (flag, "Indelingswijziging", None)]
        state = "Voorlopig" if self.is_provisional else "Definitief"
        return StandInTable(
            cbs_id=cbs_id,
            table_infos={
                "ID": 0,
                "Identifier": cbs_id,
                "Title": "Proef",
                "ShortTitle": "Proef",
                "Summary": "Verzonnen",
                "Modified": modified,
                "Updated": modified,
                "Language": "nl",
                "Catalog": "CBS",
                "Period": "",
            },
            data_properties=[
                *(
                    {"ID": n, "ParentID": None, "Type": kinds[key], "Key": key, "Title": key}
                    for n, key in enumerate(dimensions)
                ),
                *(
                    {
                        "ID": 10 + n,
                        "ParentID": None,
                        "Type": "Topic",
                        "Key": key,
                        "Title": title,
                        "Unit": "aantal" if digits is not None else "code",
                        "Datatype": "String" if digits is None else "Double",
                        "Decimals": digits or 0,
                    }
                    for n, (key, title, digits) in enumerate(topics)
                ),
            ],
            code_lists={
                "WijkenEnBuurten": [
                    {"Key": code.ljust(10), "Title": name} for code, name in AREAS.items()
                ],
                "Perioden": [
                    {
                        "Key": f"{year}JJ00",
                        "Title": str(year),
                        "Status": state if year == 2025 else "Definitief",
                    }
                    for year in self.years
                ],
                "Soort": [{"Key": "T001  ", "Title": "Totaal"}, {"Key": "A02", "Title": "Deel"}],
            },
            data=[
                {
                    "WijkenEnBuurten": code.ljust(10),
                    **({"Perioden": f"{year}JJ00"} if self.has_periods else {}),
                    **({"Soort": kind} if others else {}),
                    figure: value if kind != "A02" else -1.0,
                    late: later,
                    flag: "1",
                }
                for code, year, value, later in self.rows()
                for kind in (["T001  ", "A02"] if others else [""])
            ],
        )

    def csv(self) -> str:
        """The extract, as a municipality writes it."""
        lines = ["Gebied;Jaar;Aantal;Later;Opmerking"]
        for code, year, value, late in self.rows():
            texts = [
                "x" if figure is None else f"{figure:,.2f}".replace(",", "_").replace(".", ",")
                for figure in (value, late)
            ]
            lines.append(f"{code};{year};{';'.join(texts).replace('_', '.')};")
        return "\n".join([*lines, "overig;2024;1;1;"])


@dataclass
class ShapedWorld:
    """The sources of every shape, and what was received and built of them."""

    folder: Path
    cbs: StandInCbs
    settings: Settings
    published: int = 0

    @property
    def catalog(self) -> Path:
        return self.folder / "catalog"

    def publish(self, source: Source) -> None:
        """Publish one source, anew or for the first time."""
        self.published += 1
        if source.shape == "extract":
            (self.catalog / "extract.csv").write_text(source.csv(), encoding="utf-8")
        else:
            hour, minute = divmod(self.published, 60)
            self.cbs.replace(source.table(f"2026-05-01T{hour:02d}:{minute:02d}:00"))

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a catalog file."""
        path = self.catalog / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    def fetch(self, *shapes: str) -> None:
        """Fetch the sources of these shapes, or all."""
        catalog = load_catalog(self.catalog)
        for shape in shapes or SHAPES:
            source = catalog.source(shape)
            if isinstance(source, CbsTable):
                fetch_table(
                    source, self.settings, self.settings.warehouse, services=catalog.services
                )
            else:
                assert isinstance(source, Extract)
                fetch_extract(source, self.settings, self.catalog, self.settings.warehouse)

    def build(self) -> Path:
        """Build what was fetched."""
        catalog = load_catalog(self.catalog)
        return build(
            catalog, self.settings.warehouse, find_inputs(catalog, self.settings.warehouse)
        )

    def revised(self, shape: str) -> list[tuple[Any, ...]]:
        """What is known to be revised of a source: indicator, area, year, how, old and new."""
        catalog, warehouse = load_catalog(self.catalog), self.settings.warehouse
        received = {
            source.id: [read_snapshot(folder) for folder in all_snapshots(warehouse, source.id)]
            for source in catalog.figure_sources
        }
        with duckdb.connect() as connection:
            connection.execute("create schema meta")
            make_macros(connection, SQL)
            load_revisions(connection, catalog, received, warehouse)
            return connection.execute(
                "select indicator_id, area_code, year, revision, old_value, new_value "
                "from meta.revision where source_id = ? order by all",
                [shape],
            ).fetchall()


@contextmanager
def shaped_world(folder: Path) -> Iterator[ShapedWorld]:
    """The world in `folder`; nothing is published yet but the catalog."""
    catalog = folder / "catalog"
    catalog.mkdir(parents=True)
    tables = "".join(map(_block, TABLES))
    patience = "".join(
        f'\n[[service]]\nid = "{service}"\ninterval_s = 0.0\n'
        for service in ("v3", "v4", "third_party")
    )
    indicators = [f"{shape}_{kind}" for shape in SHAPES for kind in ("figure", "late")]
    for name, text in {
        "cbs.toml": patience + tables,
        "extracts.toml": _EXTRACT,
        "indicators.toml": "".join(_INDICATOR.format(id=id_) for id_ in indicators),
        "programmes.toml": "",
        "areas.toml": '[[restating]]\ninhabitants = "v3_year_figure"\n',
    }.items():
        (catalog / name).write_text(text, encoding="utf-8")
    first = [Source(shape).table("2026-05-01T00:00:00") for shape in TABLES]
    with StandInCbs(first) as cbs, pytest.MonkeyPatch.context() as patch:
        for name, text in {
            "WIJK_CATALOG": str(catalog),
            "WIJK_WAREHOUSE": str(folder / "warehouse"),
            "WIJK_CBS_V3_URL": cbs.url,
            "WIJK_CBS_THIRD_PARTY_URL": cbs.url,
            "WIJK_CBS_V4_URL": cbs.v4_url,
            "WIJK_RETRIES": "0",
        }.items():
            patch.setenv(name, text)
        yield ShapedWorld(folder, cbs, Settings.from_environment())


def _block(shape: str) -> str:
    time = "year = 2025"
    if Source(shape).has_periods:
        time = 'period_dimension = "Perioden"\nyears = [2022, 2026]\ngeography_year = 2025'
    if shape == "third_party":
        time += '\nwhere = { Soort = "T001" }'
    if shape == "v3_year":
        time += '\narea_change = "Indelingswijziging"'
    return _BLOCK.format(
        shape=shape,
        cbs_id=TABLES[shape],
        api="v4" if shape.startswith("v4") else "v3",
        publisher="third_party" if shape == "third_party" else "cbs",
        time=time,
    ) + "".join(
        _MEASURE.format(indicator=f"{shape}_{kind}", title=title)
        for kind, title in (("figure", "Aantal"), ("late", "Later"))
    )
