"""What was served, held against what a published warehouse says, cell by cell.

Which column is which indicator is read from the evidence, never from the catalog; the catalog only
says which indicators of a table are taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import duckdb
from evidence_metadata import Shape
from evidence_tables import QUARTERS
from evidence_world import World

from wijkpeil.catalog import Catalog, CbsTable

_LEVELS = {"NL": "land", "GM": "gemeente", "WK": "wijk", "BU": "buurt"}
_ADULTS = {"Leeftijd": "20300", "Marges": "MW00000"}
# the year's figure is that of the last day of December
_NEWEST_QUARTER = [*QUARTERS][-1]


class Cell(NamedTuple):
    """Where a figure belongs."""

    indicator: str
    area: str
    year: int


@dataclass
class Comparison:
    """How many cells with a figure were served and are there alike, and which are not: served and
    not there, there and not served, or another figure."""

    alike: int = 0
    lacking: list[tuple[str, Cell, float]] = field(default_factory=list)
    strange: list[tuple[str, Cell, float]] = field(default_factory=list)
    other: list[tuple[str, Cell, float, float]] = field(default_factory=list)


def compare(edition: Path, world: World, catalog: Catalog) -> Comparison:
    """All cells of the tables that are served, at the areas and measures the catalog takes."""
    found = Comparison()
    with duckdb.connect(edition, read_only=True) as connection:
        for table in catalog.tables:
            if table.cbs_id not in world.tables:
                continue
            wanted = dict(served(table, world))
            rows = connection.execute(
                "select indicator_id, area_code, year, value_as_published from core.observation "
                "where source_id = ? and value_as_published is not null and indicator_id not in "
                "(select indicator_id from catalog.rate)",
                [table.id],
            ).fetchall()
            there = {Cell(*row[:3]): row[3] for row in rows}
            for cell, value in wanted.items():
                if cell not in there:
                    found.lacking.append((table.id, cell, value))
                elif abs(there[cell] - value) > 1e-9:
                    found.other.append((table.id, cell, value, there[cell]))
                else:
                    found.alike += 1
            strange = there.keys() - wanted.keys()
            found.strange += [(table.id, cell, there[cell]) for cell in strange]
    return found


def served(table: CbsTable, world: World) -> Iterator[tuple[Cell, float]]:
    """The figures of a table that the catalog takes, by the columns that the evidence names."""
    shape = world.shapes[table.cbs_id]
    taken = {measure.indicator for measure in table.present_measures}
    served_keys = {str(row["Key"]) for row in world.topics(table.cbs_id)}
    columns = {
        column.means: column.key
        for column in shape.columns
        if column.means in taken and column.key in served_keys
    }
    levels = set(table.area_levels)
    offences = {m.where["SoortMisdrijf"]: m.indicator for m in table.measure if m.where}
    for row in world.tables[table.cbs_id].data:
        assert not isinstance(row, str)
        code = str(row[shape.dimension]).strip()
        year = _year(shape, row.get("Perioden"))
        is_of_all = all(str(row[name]).strip() == c for name, c in _ADULTS.items() if name in row)
        if _LEVELS.get(code[:2]) not in levels or year is None or not is_of_all:
            continue
        if code[:2] == "NL":
            if code != _land(shape):
                continue
            code = "NL00"
        offence = str(row.get("SoortMisdrijf", "")).strip()
        names = {offences[offence]: "GeregistreerdeMisdrijven_1"} if offence in offences else {}
        for name, key in (names or columns).items():
            if row[key] is not None and (names or not offence):
                yield Cell(name, code, year), float(row[key])


def _year(shape: Shape, period: object) -> int | None:
    if period is None:
        return shape.years[0]
    text = str(period)
    is_wanted = text[4:] == (_NEWEST_QUARTER if shape.periods == "quarters" else shape.periods)
    return int(text[:4]) if is_wanted else None


def _land(shape: Shape) -> str:
    """The code that is the Netherlands: where there are three, that without those abroad."""
    return "NL01" if "NL01" in shape.land else "NL00"
