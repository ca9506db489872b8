"""CBS OData v4: what is where, and how a question is put to Observations.

A row is one figure; an empty cell has no row, which the build fills in with its status.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from wijkpeil.catalog import CbsTable
from wijkpeil.errors import SourceUnavailable, WijkError
from wijkpeil.sources.cbs.columns import Topic, is_figure, is_same_id, normal, parents
from wijkpeil.sources.cbs.pages import Place, Rows, read_document
from wijkpeil.sources.cbs.query import About, Metadata, Question, any_of, map_years
from wijkpeil.sources.cbs.stamps import stamp
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.snapshots import Received

_TEXTS = ("Title", "Summary", "Description", "LongDescription")


class OdataV4:
    """One table of the v4 service."""

    def __init__(self, table: CbsTable, base_url: str, downloader: Downloader) -> None:
        self.table = table
        self.where = f"CBS {table.cbs_id} (cbs.toml, {table.id})"
        self.place = Place(
            root=f"{base_url}/CBS/{table.cbs_id}",
            where=self.where,
            next_key="@odata.nextLink",
            options={},
            downloader=downloader,
        )
        self.entity = "Observations"

    def about(self, receiving: Received, stem: str) -> About:
        """CBS's dates of change of the table and its observations, and its texts."""
        url = f"{self.place.root}/Properties"
        document = self.place.receive(
            receiving, f"{stem}-00001.json", url, {}, read_document, lambda _: 1
        )
        if not is_same_id(document.get("Identifier"), self.table.cbs_id):
            raise WijkError(
                f"{self.where}: Properties describes another table than {self.table.cbs_id}; "
                "check the table id in the catalog."
            )
        return About(stamp(document), {name: normal(document.get(name)) for name in _TEXTS})

    def metadata(self, receiving: Received) -> Metadata:
        """Measures, their groups where the table has any, and code lists."""
        measures = self._measures(receiving)
        groups = {row.get("Id"): row for row in self._groups(receiving)}
        dimensions = self.place.rows(receiving, "Dimensions", "dimensions", "Identifier")
        names = [str(row["Identifier"]) for row in dimensions]
        codes = {
            name: self.place.rows(receiving, f"{name}Codes", f"codes-{name}", "Identifier")
            for name in names
        }
        return Metadata(
            columns=[_topic(row, groups) for row in measures],
            codes={name: [str(row["Identifier"]) for row in rows] for name, rows in codes.items()},
            map_years=map_years(dimensions, "Identifier"),
        )

    def measures(self, receiving: Received) -> list[Topic]:
        """Its measures, without their groups."""
        return [_topic(row, {}) for row in self._measures(receiving)]

    def _measures(self, receiving: Received) -> Rows:
        return self.place.rows(receiving, "MeasureCodes", "measure_codes", "Identifier")

    def _groups(self, receiving: Received) -> Rows:
        """Many tables have no groups, and answer 404."""
        try:
            return self.place.rows(receiving, "MeasureGroups", "measure_groups", "Id")
        except SourceUnavailable:
            raise
        except WijkError:
            return []

    def columns(self, question: Question) -> tuple[str, ...]:
        """The fields of a row."""
        return ("Measure", *question.dimensions, "ValueAttribute", "Value", "StringValue")

    def options(self, question: Question, category: tuple[str, ...]) -> dict[str, str]:
        """The options that ask for one combination of categories."""
        parts = [any_of("Measure", question.columns), question.filter(category)]
        return {"$filter": " and ".join(filter(None, parts))}

    def identity(self, question: Question) -> tuple[str, ...]:
        """The fields that no two rows share."""
        return ("Measure", *question.dimensions)

    def filled(self, _question: Question, rows: Rows) -> Counter[str]:
        """In how many of these rows each measure holds a figure."""
        return Counter(
            str(row["Measure"])
            for row in rows
            if row["Value"] is not None or is_figure(row["StringValue"])
        )


def _topic(row: dict[str, Any], groups: dict[Any, dict[str, Any]]) -> Topic:
    return Topic(
        key=str(row["Identifier"]),
        title=normal(row.get("Title")),
        unit=normal(row.get("Unit")),
        parents=parents(row.get("MeasureGroupId"), groups, parent_key="ParentId"),
        index=row["Index"] if isinstance(row.get("Index"), int) else None,
    )
