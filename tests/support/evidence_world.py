"""All tables that public evidence tells of, as they are served together; values, never changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from evidence_country import Country
from evidence_metadata import Shape, shapes
from evidence_tables import stand_in

from wijkpeil.demo import StandInTable

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What a variant did: to which table, to which column and indicator if to one, what was there
    before and what is there now."""

    kind: str
    cbs_id: str
    key: str = ""
    indicator: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class World:
    """Tables by id as CBS serves them, and what was changed of what the evidence says."""

    shapes: Mapping[str, Shape]
    tables: Mapping[str, StandInTable]
    changes: tuple[Change, ...] = field(default=())

    def replaced(self, table: StandInTable, *changes: Change) -> World:
        """The same world with this table in place of the one with its id."""
        tables = {**self.tables, table.cbs_id: table}
        return replace(self, tables=tables, changes=(*self.changes, *changes))

    def without(self, cbs_id: str, *changes: Change) -> World:
        """The same world without a table."""
        kept = {each: table for each, table in self.tables.items() if each != cbs_id}
        return replace(self, tables=kept, changes=(*self.changes, *changes))

    def dated(self, modified: str) -> World:
        """The same world in which the changed tables that are there were changed on that day."""
        changed = {change.cbs_id for change in self.changes}
        tables = {
            cbs_id: table.touched(modified) if cbs_id in changed else table
            for cbs_id, table in self.tables.items()
        }
        return replace(self, tables=tables)

    def service(self, cbs_id: str) -> str:
        """v3 or third_party."""
        return self.shapes[cbs_id].service if cbs_id in self.shapes else "v3"

    def family(self, cbs_id: str) -> list[str]:
        """The tables of one kind with a year each, this one too, by year."""
        kind = self.shapes[cbs_id].family
        found = [each for each, shape in self.shapes.items() if shape.family == kind]
        return sorted(found, key=lambda each: self.shapes[each].years)

    def areas_of(self, year: int) -> Collection[str]:
        """The codes that Kerncijfers lists in that year."""
        (cbs_id,) = [
            each
            for each, shape in self.shapes.items()
            if shape.family == "kwb" and shape.years == (year,)
        ]
        shape = self.shapes[cbs_id]
        return {str(row["Key"]).strip() for row in self.tables[cbs_id].code_lists[shape.dimension]}

    def topics(self, cbs_id: str) -> Iterator[Row]:
        """The columns of a table as it is served."""
        rows = self.tables[cbs_id].data_properties
        return (row for row in rows if row["Type"] == "Topic")


@cache
def evidence_world(seed: int = 1) -> World:
    """The world as the evidence has it; figures of a country of that seed."""
    country = Country(seed)
    found = shapes()
    return World(found, {cbs_id: stand_in(shape, country) for cbs_id, shape in found.items()})
