"""The second key to the identity of a column: the measure code that v4 has of the same table.

The number of a column in v3 (`DataProperties.ID`) is that of its measure in v4 (`Index`). Where
the title and the unit are the same too, the code says what the column is, whatever it is called
later: a renamed column keeps its code, and a title that is given to another figure does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from wijkpeil.catalog import CbsTable
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.columns import Topic
from wijkpeil.sources.cbs.odata_v4 import OdataV4
from wijkpeil.sources.cbs.services import base_url_of
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.snapshots import Received


def read_measures(
    table: CbsTable, settings: Settings, downloader: Downloader, folder: Path
) -> list[Topic]:
    """The measures that v4 has of the table; raises WijkError where it has no such table."""
    service = OdataV4(table, base_url_of("v4", settings), downloader)
    return service.measures(Received(folder))


def codes_of_columns(columns: Sequence[Topic], measures: Sequence[Topic]) -> dict[str, str]:
    """The measure code of each v3 column that v4 confirms by its number, title and unit: code by
    column key. What differs in any of them has none."""
    by_index = {measure.index: measure for measure in measures if measure.index is not None}
    found = {}
    for column in columns:
        measure = by_index.get(column.index) if column.index is not None else None
        if measure is not None and _named(measure) == _named(column):
            found[column.key] = measure.key
    return found


def _named(topic: Topic) -> tuple[str, str]:
    return topic.title.casefold(), topic.unit.casefold()
