"""CBS open data, and tables that others publish the same way → snapshots. Knows HTTP, not SQL."""

from __future__ import annotations

from pathlib import Path

from flows.catalog import CbsTable
from flows.cbs import odata_v3
from flows.download import Downloader
from flows.settings import Settings
from flows.snapshots import Snapshot

_CLIENTS = {"v3": odata_v3.fetch_table}


def fetch_table(table: CbsTable, settings: Settings, warehouse: Path) -> tuple[Snapshot, bool]:
    """The table's newest snapshot, and whether it was fetched just now.

    The API is the one its catalog block declares. Nothing but metadata is asked when CBS's
    date of change and the question are those of the last snapshot. Raises WijkError.
    """
    base_url = settings.base_url(api=table.api, publisher=table.publisher)
    with Downloader(settings) as downloader:
        return _CLIENTS[table.api](table, base_url, downloader, warehouse)
