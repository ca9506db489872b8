"""A table of OData v4 as the stand-in serves it, by itself or made from the v3 table."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from wijkpeil.demo.cbs.table import Row, StandInTable, dimension_keys, parquet_rows

_LICENCE = "https://creativecommons.org/licenses/by/4.0/"


@dataclass(frozen=True)
class StandInV4Table:
    """One table that is on OData v4 only; its metadata is served exactly as given.

    `code_lists` and `dimension_groups` go by dimension. `observations` is a parquet file or rows
    with Measure, Value, one code per dimension and, where they differ from the usual,
    ValueAttribute and StringValue. Where it is None the figures are invented: as many as
    `ObservationCount` says, the same every time.
    """

    cbs_id: str
    properties: Row
    dimensions: Sequence[Row]
    measure_codes: Sequence[Row]
    code_lists: Mapping[str, Sequence[Row]]
    measure_groups: Sequence[Row] = field(default=())
    dimension_groups: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    observations: Path | Sequence[Row] | None = None

    @classmethod
    def from_metadata(
        cls, folder: Path, *, observations: Path | Sequence[Row] | None = None
    ) -> StandInV4Table:
        """The table whose metadata is in `folder`: Properties.json, and Dimensions, MeasureCodes,
        MeasureGroups and the code lists as parquet. Missing files are named by the reader."""
        properties = json.loads((folder / "Properties.json").read_text(encoding="utf-8"))
        properties.pop("@odata.context", None)
        dimensions = parquet_rows(folder / "Dimensions.parquet")
        names = [str(row["Identifier"]) for row in dimensions]
        optional = {
            path.stem: parquet_rows(path)
            for path in folder.glob("*Groups.parquet")
            if path.stem == "MeasureGroups" or path.stem.removesuffix("Groups") in names
        }
        return cls(
            cbs_id=properties["Identifier"],
            properties=properties,
            dimensions=dimensions,
            measure_codes=parquet_rows(folder / "MeasureCodes.parquet"),
            code_lists={name: parquet_rows(folder / f"{name}Codes.parquet") for name in names},
            measure_groups=optional.pop("MeasureGroups", []),
            dimension_groups={key.removesuffix("Groups"): rows for key, rows in optional.items()},
            observations=observations,
        )

    @property
    def dimension_names(self) -> list[str]:
        """The columns of Observations that hold a code."""
        return [str(row["Identifier"]) for row in self.dimensions]

    def touched(self, modified: str) -> StandInV4Table:
        """The same table with `modified` as CBS's Modified."""
        stamp = zoned(modified)
        stamps = {"Modified": stamp, "ObservationsModified": stamp}
        return replace(self, properties={**self.properties, **stamps})


def as_v4(table: StandInTable) -> StandInV4Table:
    """The v4 metadata of a v3 table; its observations are made from the v3 figures."""
    topics = topic_rows(table)
    keys = dimension_keys(table.data_properties)
    kinds = {str(row["Key"]): row for row in table.data_properties}
    return StandInV4Table(
        cbs_id=table.cbs_id,
        properties=_properties(table),
        dimensions=[
            {
                "Identifier": key,
                "Title": kinds[key]["Title"],
                "Description": kinds[key].get("Description") or "",
                "Kind": kinds[key]["Type"],
                "MapYear": kinds[key].get("MapYear"),
                "ReleasePolicy": None,
                "ContainsCodes": True,
                "ContainsGroups": False,
            }
            for key in keys
        ],
        measure_codes=[
            {
                "Identifier": measure_code(row),
                "Index": row["ID"],
                "Title": row["Title"],
                "Description": row.get("Description") or "",
                "MeasureGroupId": _group_of(table, row),
                "DataType": row.get("Datatype"),
                "Unit": row.get("Unit"),
                "Format": None,
                "Decimals": row.get("Decimals"),
                "PresentationType": row.get("PresentationType"),
            }
            for row in topics
        ],
        measure_groups=[
            {
                "Id": measure_code(row),
                "Index": row["ID"],
                "Title": row["Title"],
                "Description": row.get("Description") or "",
                "ParentId": _group_of(table, row),
            }
            for row in table.data_properties
            if row["Type"] == "TopicGroup"
        ],
        code_lists={
            key: [
                _code(row, number, kinds[key]["Type"], table.v4_code_width)
                for number, row in enumerate(table.code_lists[key], start=1)
            ]
            for key in keys
        },
    )


def topic_rows(table: StandInTable) -> list[Row]:
    """The topics that v4 has as measures."""
    return [
        row
        for row in table.data_properties
        if row["Type"] == "Topic" and (table.v4_texts or row.get("Datatype") != "String")
    ]


def measure_code(row: Row) -> str:
    """The v4 identifier of a topic or a group."""
    return str(row.get("MeasureCode") or f"M{row['ID']:06d}")


def zoned(modified: str) -> str:
    """A moment as v4 writes it: with a time and a zone."""
    moment = modified if "T" in modified else f"{modified}T00:00:00"
    return moment if re.search(r"(Z|[+-]\d\d:\d\d)$", moment) else f"{moment}+01:00"


def _properties(table: StandInTable) -> dict[str, Any]:
    infos = table.table_infos
    modified = zoned(str(infos["Modified"]))
    return {
        "Identifier": table.cbs_id,
        "Title": infos.get("Title", ""),
        "Description": infos.get("ShortDescription") or infos.get("Description") or "",
        "Language": infos.get("Language", "nl"),
        "Authority": infos.get("Source"),
        "Modified": modified,
        "TemporalCoverage": infos.get("Period"),
        "Catalog": infos.get("Catalog", "CBS"),
        "Publisher": infos.get("Source"),
        "ContactPoint": None,
        "Version": re.sub(r"\D", "", modified[:16]),
        "VersionNotes": infos.get("ExplanatoryText"),
        "VersionReason": infos.get("ReasonDelivery"),
        "Frequency": infos.get("Frequency"),
        "Status": infos.get("OutputStatus", "Regulier"),
        "ObservationsModified": zoned(str(infos.get("ObservationsModified") or modified)),
        "DatasetType": "Numeric",
        "License": _LICENCE,
        "Source": infos.get("Source"),
        "Summary": infos.get("Summary"),
        "LongDescription": infos.get("Description") or "",
    }


def _group_of(table: StandInTable, row: Row) -> str | None:
    for parent in table.data_properties:
        if parent["Type"] == "TopicGroup" and parent["ID"] == row.get("ParentID"):
            return measure_code(parent)
    return None


def _code(row: Row, index: int, kind: str, width: int) -> dict[str, Any]:
    code = str(row["Key"]).strip()
    found = {
        "Identifier": code.ljust(width),
        "Index": index,
        "Title": row.get("Title", ""),
        "Description": row.get("Description") or "",
        "DimensionGroupId": row.get("CategoryGroupID"),
    }
    if kind == "TimeDimension":
        found["Status"] = row.get("Status", "Definitief")
    if kind.startswith("Geo"):
        found["DimensionGroupId"] = code[:2] if code[:2] in ("NL", "GM") else f"GM{code[2:6]}"
        found["DetailRegionCode"] = None if code.startswith("NL") else code
    return found
