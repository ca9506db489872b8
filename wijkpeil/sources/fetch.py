"""One source of the catalog, of whatever kind, brought up to date."""

from __future__ import annotations

from wijkpeil.catalog import AddressFile, Boundaries, Catalog, CbsTable, Extract
from wijkpeil.settings import Settings
from wijkpeil.sources.addresses import fetch_addresses
from wijkpeil.sources.boundaries import fetch_boundaries
from wijkpeil.sources.cbs import fetch_table
from wijkpeil.sources.cbs.services import base_url_of, service_of
from wijkpeil.sources.extracts import fetch_extract
from wijkpeil.sources.snapshots import Snapshot


def fetch(
    source_id: str, catalog: Catalog, settings: Settings, *, listed: str | None = None
) -> tuple[Snapshot, bool]:
    """The newest snapshot of the source, and whether it is new.

    `listed` is the date of change in the service's own catalog, where that is known. Raises
    SourceUnavailable when another run may have more luck: a line was tried as often as WIJK_RETRIES
    says, and a table that was not whole was begun three times. WijkError otherwise.
    """
    source, warehouse = catalog.source(source_id), settings.warehouse
    if isinstance(source, CbsTable):
        return fetch_table(
            source,
            settings,
            warehouse,
            services=catalog.services,
            listed=listed,
            area_years=catalog.listed_years,
        )
    if isinstance(source, AddressFile):
        return fetch_addresses(source, settings, catalog.folder, warehouse)
    if isinstance(source, Boundaries):
        return fetch_boundaries(source, settings, catalog.folder, warehouse)
    return fetch_extract(source, settings, catalog.folder, warehouse)


def address_of(
    source: CbsTable | Extract | AddressFile | Boundaries, settings: Settings
) -> str | None:
    """An address on the host that serves the source; None where it lies on this machine."""
    if isinstance(source, CbsTable):
        return base_url_of(service_of(source), settings)
    return source.location if source.is_remote else None
