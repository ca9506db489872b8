"""A table on the API that its catalog block declares."""

from __future__ import annotations

from wijkpeil.catalog import CbsTable
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.odata_v3 import OdataV3
from wijkpeil.sources.cbs.odata_v4 import OdataV4
from wijkpeil.sources.cbs.services import base_url_of, service_of
from wijkpeil.sources.download import Downloader

_APIS: dict[str, type[OdataV3] | type[OdataV4]] = {"v3": OdataV3, "v4": OdataV4}


def open_table(table: CbsTable, settings: Settings, downloader: Downloader) -> OdataV3 | OdataV4:
    """The table, ready to be asked; asks nothing yet."""
    return _APIS[table.api](table, base_url_of(service_of(table), settings), downloader)
