"""A table of CBS made of columns and cells, and what the build makes of such tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

from wijkpeil.catalog import CbsService, CbsTable, load_catalog
from wijkpeil.demo import StandInCbs, StandInTable
from wijkpeil.edition.build import build, find_inputs
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs import fetch_table

ROOT = Path(__file__).parents[2]
_AT_ONCE = [CbsService(id=name, interval_s=0.0) for name in ("v3", "third_party")]
# the name of a cell's row: the area, then a code of each other dimension
Place = tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A topic with its cells by place; where there is none the cell is null."""

    title: str
    unit: str
    cells: Mapping[Place, Any]
    is_text: bool = False
    group: str | None = None


@dataclass(frozen=True)
class Sheet:
    """A table: areas with their names, other dimensions with code and label, columns."""

    cbs_id: str
    title: str
    areas: Mapping[str, str]
    columns: Sequence[Column]
    area_dimension: str = "WijkenEnBuurten"
    others: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    width: int = 10

    def served(self) -> StandInTable:
        """The table as CBS serves it, codes padded."""
        groups = list(dict.fromkeys(c.group for c in self.columns if c.group))
        dimensions = [self.area_dimension, *self.others]
        properties: list[dict[str, Any]] = [
            {"ID": number, "ParentID": None, "Type": kind, "Key": name, "Title": name}
            for number, name in enumerate(dimensions)
            for kind in ["GeoDetail" if number == 0 else "Dimension"]
        ]
        first = len(properties)
        properties += [
            {"ID": first + n, "ParentID": None, "Type": "TopicGroup", "Key": "", "Title": name}
            for n, name in enumerate(groups)
        ]
        keys = [f"Kolom_{number}" for number, _ in enumerate(self.columns, start=1)]
        for number, (key, column) in enumerate(zip(keys, self.columns, strict=True)):
            properties.append(
                {
                    "ID": first + len(groups) + number,
                    "ParentID": first + groups.index(column.group) if column.group else None,
                    "Type": "Topic",
                    "Key": key,
                    "Title": column.title,
                    "Unit": column.unit,
                    "Datatype": "String" if column.is_text else "Double",
                    "Decimals": 1,
                }
            )
        for number, row in enumerate(properties):
            row |= {"Position": number, "odata.type": f"Cbs.OData.{row['Type']}"}
        lists = {
            self.area_dimension: {code.ljust(self.width): name for code, name in self.areas.items()}
        } | {name: dict(codes) for name, codes in self.others.items()}
        rows = [
            dict(zip(dimensions, place, strict=True))
            | {
                key: column.cells.get(tuple(code.strip() for code in place))
                for key, column in zip(keys, self.columns, strict=True)
            }
            for place in product(*lists.values())
        ]
        infos = {"Identifier": self.cbs_id, "Title": self.title, "Modified": "2026-01-15T02:00:00"}
        return StandInTable(
            cbs_id=self.cbs_id,
            table_infos={"ID": 0, "Description": "", **infos},
            data_properties=properties,
            code_lists={
                name: [
                    {"Key": key, "Title": title, "Status": "Definitief"}
                    for key, title in codes.items()
                ]
                for name, codes in lists.items()
            },
            data=rows,
        )


def shipped(table_id: str, *, only: Iterable[str] | None = None, **changes: Any) -> CbsTable:
    """A table of the shipped catalog, with these measures only, and changed keys."""
    (table,) = [each for each in load_catalog(ROOT / "catalog").tables if each.id == table_id]
    block = table.model_dump(exclude_unset=True)
    if only is not None:
        wanted = set(only)
        block["measure"] = [each for each in block["measure"] if each["indicator"] in wanted]
        assert {each["indicator"] for each in block["measure"]} == wanted
    return CbsTable.model_validate({**block, **changes})


def build_of(tables: Sequence[CbsTable], pages: Iterable[StandInTable], warehouse: Path) -> Path:
    """The file that is built of these tables alone, with the shipped indicators."""
    catalog = load_catalog(ROOT / "catalog").model_copy(
        update={
            "tables": tuple(tables),
            "extracts": (),
            "address_files": (),
            "boundaries": (),
            "programmes": (),
            "members": (),
            "steps": (),
        }
    )
    with StandInCbs(list(pages)) as cbs:
        settings = Settings(cbs_v3_url=cbs.url, cbs_third_party_url=cbs.url)
        for table in tables:
            fetch_table(table, settings, warehouse, services=_AT_ONCE)
    return build(catalog, warehouse, find_inputs(catalog, warehouse))
