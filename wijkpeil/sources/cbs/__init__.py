"""CBS open data, and tables that others publish the same way → snapshots. Knows HTTP, not SQL."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from wijkpeil.catalog import CbsService, CbsTable
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.changes import Listing, ask_listings
from wijkpeil.sources.cbs.fetching import fetch
from wijkpeil.sources.cbs.figure_status import FigureStatus, figure_statuses
from wijkpeil.sources.cbs.services import advice_of, line_of, open_table, service_of
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.snapshots import Snapshot

__all__ = ["FigureStatus", "Listing", "ask_listings", "fetch_table", "figure_statuses"]


def fetch_table(
    table: CbsTable,
    settings: Settings,
    warehouse: Path,
    *,
    services: Sequence[CbsService] = (),
    listed: str | None = None,
    area_years: Collection[int] | None = None,
) -> tuple[Snapshot, bool]:
    """The table's newest snapshot, and whether it was fetched just now.

    The API is the one its catalog block declares. Nothing is asked when `listed`, the date of
    change in the service's own catalog, is that of the last snapshot and so is the question,
    unless all of it is due to be compared. `area_years` are the years that have an area list: in
    another division the table's figures are not taken. Raises WijkError.
    """
    service_id = service_of(table)
    line, advice = line_of(service_id, services), advice_of(service_id)
    with Downloader(settings, line, advice) as downloader:
        return fetch(
            open_table(table, settings, downloader), warehouse, listed=listed, area_years=area_years
        )
