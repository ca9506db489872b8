"""A CBS table as the stand-in serves it: metadata, code lists and figures, held as values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

Row = Mapping[str, Any]
_CATALOG_ONLY = {
    "Updated",
    "SummaryAndLinks",
    "ApiUrl",
    "FeedUrl",
    "RecordCount",
    "ColumnCount",
}


@dataclass(frozen=True)
class StandInTable:
    """One table of OData v3.

    `data_properties` and `code_lists` are rows as CBS serves them; `data` is a parquet file or
    a sequence of rows keyed by the `Key` of the data properties, without `ID`. Codes are padded
    as they are given: the stand-in pads nothing.

    OData v4 is made from the same rows. A topic or a group has the identifier in its
    `MeasureCode`, else one made from its `ID`; v3 never shows that key. `cell_attributes` gives
    cells another ValueAttribute than None: each is the columns of Observations that choose the
    cells (codes trimmed), and the attribute. `v4_code_width` pads the codes of v4, which has them
    trimmed; `v4_texts` is False where v4 has no topics of text. `signs` gives empty cells of
    the untyped set another sign than a dot: each is the codes that choose the rows (trimmed), the
    first that fits decides, and the sign.
    """

    cbs_id: str
    table_infos: Row
    data_properties: Sequence[Row]
    code_lists: Mapping[str, Sequence[Row]]
    data: Path | Sequence[Row]
    category_groups: Sequence[Row] = field(default=())
    cell_attributes: Sequence[tuple[Mapping[str, str], str]] = field(default=())
    v4_code_width: int = 0
    v4_texts: bool = True
    signs: Sequence[tuple[Mapping[str, str], str]] = field(default=())

    @classmethod
    def from_parquet(cls, folder: Path) -> StandInTable:
        """The table in `folder`: TypedDataSet, DataProperties and a code list per dimension as
        parquet, and TableInfos.json. Missing files are named by the error of the reader."""
        infos = json.loads((folder / "TableInfos.json").read_text(encoding="utf-8"))
        properties = [
            {("odata.type" if key == "odata_type" else key): value for key, value in row.items()}
            for row in parquet_rows(folder / "DataProperties.parquet")
        ]
        return cls(
            cbs_id=infos["Identifier"],
            table_infos=infos,
            data_properties=properties,
            code_lists={
                key: parquet_rows(folder / f"{key}.parquet") for key in dimension_keys(properties)
            },
            data=folder / "TypedDataSet.parquet",
        )

    @property
    def served_table_infos(self) -> dict[str, Any]:
        """The row of the TableInfos set: the catalog record without the catalog's own fields."""
        return {key: value for key, value in self.table_infos.items() if key not in _CATALOG_ONLY}

    def renamed(self, old_title: str, new_title: str) -> StandInTable:
        """The same table with every topic titled `old_title` (outer blanks aside) renamed."""
        titles = [str(row["Title"]).strip() for row in self.data_properties]
        if old_title.strip() not in titles:
            raise ValueError(f"Table {self.cbs_id} has no topic titled '{old_title}'.")
        return replace(
            self,
            data_properties=[
                {**row, "Title": new_title} if title == old_title.strip() else row
                for row, title in zip(self.data_properties, titles, strict=True)
            ],
        )

    def touched(self, modified: str) -> StandInTable:
        """The same table with `modified` (such as 2026-05-01T02:00:00) as CBS's Modified."""
        stamps = {"Updated": modified, "Modified": modified}
        return replace(self, table_infos={**self.table_infos, **stamps})


def dimension_keys(data_properties: Sequence[Row]) -> list[str]:
    """The keys of the dimensions, in the order of the table."""
    kinds = {"Dimension", "GeoDimension", "GeoDetail", "TimeDimension"}
    return [str(row["Key"]) for row in data_properties if row["Type"] in kinds]


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    """The rows of a parquet file, in its order."""
    with duckdb.connect() as connection:
        result = connection.execute("select * from read_parquet(?)", [str(path)])
        names = [column[0] for column in result.description]
        return [dict(zip(names, values, strict=True)) for values in result.fetchall()]
