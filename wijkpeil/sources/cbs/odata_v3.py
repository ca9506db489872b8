"""CBS OData v3: what is where, and how a question is put to the Feed.

Only dimensions are filtered on (CBS ignores a filter on a topic), with keys exactly as wide
as the code list has them (a wrong width answers 200 with nothing). Numbers come from the typed
set; the untyped one keeps the symbol of a missing figure.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from wijkpeil.catalog import CbsTable
from wijkpeil.errors import WijkError
from wijkpeil.sources.cbs.columns import Topic, is_figure, is_same_id, normal, parents
from wijkpeil.sources.cbs.pages import Place, Rows
from wijkpeil.sources.cbs.query import About, Metadata, Question, map_years
from wijkpeil.sources.cbs.stamps import stamp
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.snapshots import Received

# KWB calls its region dimension GeoDetail
_DIMENSIONS = {"Dimension", "GeoDimension", "GeoDetail", "TimeDimension"}
_TEXTS = (
    *("Title", "ShortTitle", "Summary", "ShortDescription", "Description", "ExplanatoryText"),
)


class OdataV3:
    """One table on the Feed."""

    def __init__(self, table: CbsTable, base_url: str, downloader: Downloader) -> None:
        self.table = table
        self.where = f"CBS {table.cbs_id} (cbs.toml, {table.id})"
        self.place = Place(
            root=f"{base_url}/ODataFeed/odata/{table.cbs_id}",
            where=self.where,
            next_key="odata.nextLink",
            options={"$format": "json"},
            downloader=downloader,
        )
        self.entity = "TypedDataSet" if table.values == "typed" else "UntypedDataSet"

    def about(self, receiving: Received, stem: str) -> About:
        """CBS's date of change of the table, as it writes it, and its texts."""
        rows = self.place.rows(receiving, "TableInfos", stem, "Identifier")
        if len(rows) != 1 or not is_same_id(rows[0]["Identifier"], self.table.cbs_id):
            raise WijkError(
                f"{self.where}: TableInfos describes another table than {self.table.cbs_id}; "
                "check the table id in the catalog."
            )
        return About(stamp(rows[0]), {name: normal(rows[0].get(name)) for name in _TEXTS})

    def described(self, receiving: Received) -> Metadata:
        """Columns and dimensions, without the codes of these."""
        properties = self.place.rows(receiving, "DataProperties", "data_properties", "Key")
        by_id = {row.get("ID"): row for row in properties}
        return Metadata(
            columns=[
                Topic(
                    key=str(row["Key"]),
                    title=normal(row.get("Title")),
                    unit=normal(row.get("Unit")),
                    parents=parents(row.get("ParentID"), by_id, parent_key="ParentID"),
                    index=row["ID"] if isinstance(row.get("ID"), int) else None,
                )
                for row in properties
                if row.get("Type") == "Topic"
            ],
            codes={str(row["Key"]): () for row in properties if row.get("Type") in _DIMENSIONS},
            map_years=map_years(properties, "Key"),
        )

    def codes(self, receiving: Received, dimension: str) -> list[str]:
        """The codes of one dimension, as wide as they stand there."""
        rows = self.place.rows(receiving, dimension, f"codes-{dimension}", "Key")
        return [str(row["Key"]) for row in rows]

    def metadata(self, receiving: Received) -> Metadata:
        """Columns and code lists."""
        described = self.described(receiving)
        codes = {name: self.codes(receiving, name) for name in described.codes}
        return replace(described, codes=codes)

    def columns(self, question: Question) -> tuple[str, ...]:
        """The fields of a row: dimensions, then figures."""
        return (*question.dimensions, *question.columns)

    def options(self, question: Question, category: tuple[str, ...]) -> dict[str, str]:
        """The options that ask for one combination of categories."""
        options = {"$select": ",".join(self.columns(question))}
        filtered = question.filter(category)
        return {**options, "$filter": filtered} if filtered else options

    def identity(self, question: Question) -> tuple[str, ...]:
        """The fields that no two rows share."""
        return question.dimensions

    def filled(self, question: Question, rows: Rows) -> Counter[str]:
        """In how many of these rows each column holds a figure."""
        return Counter({key: sum(is_figure(row[key]) for row in rows) for key in question.columns})
