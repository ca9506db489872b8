"""What changed, asked once per service: the dates of change of all its tables in one request."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from wijkpeil.catalog import CbsService, CbsTable
from wijkpeil.errors import WijkError
from wijkpeil.settings import Settings
from wijkpeil.sources.cbs.columns import normal
from wijkpeil.sources.cbs.pages import Rows, read_page
from wijkpeil.sources.cbs.services import advice_of, base_url_of, line_of, service_of
from wijkpeil.sources.cbs.stamps import FIELDS, stamp
from wijkpeil.sources.download import Downloader
from wijkpeil.sources.snapshots import newest

# the whole catalog of v4 is 7 MB; an answer that large ignored the filter and is no use
MAX_LISTING_BYTES = 4 * 1024 * 1024
TABLES_PER_REQUEST = 80


@dataclass(frozen=True)
class Listing:
    """The dates of change by source, and a sentence for each service that gave none."""

    modified: dict[str, str]
    problems: list[str]


def ask_listings(
    tables: Sequence[CbsTable],
    settings: Settings,
    warehouse: Path,
    services: Sequence[CbsService] = (),
) -> Listing:
    """Ask each service for the dates of those tables that were received before.

    A service whose catalog does not answer, or does not know a table, is no error: that table
    is asked itself, which costs a request and gives the same.
    """
    modified: dict[str, str] = {}
    problems: list[str] = []
    received = [table for table in tables if _is_received(table, warehouse)]
    for service_id in dict.fromkeys(service_of(table) for table in received):
        mine = [table for table in received if service_of(table) == service_id]
        try:
            dates = _dates(service_id, mine, settings, services)
        except WijkError as error:
            problems.append(f"The catalog of {service_id} told no dates of change: {error}")
            continue
        modified |= {table.id: dates[table.cbs_id] for table in mine if table.cbs_id in dates}
    return Listing(modified, problems)


@dataclass(frozen=True)
class Listed:
    """A table as its service's own catalog tells it: its id as written there, title and date of
    change."""

    cbs_id: str
    title: str
    modified: str


def list_tables(
    service_id: str,
    settings: Settings,
    services: Sequence[CbsService] = (),
    *,
    cbs_ids: Sequence[str] = (),
    words: Sequence[str] = (),
) -> list[Listed]:
    """The tables of a service with any of these ids, or with any of these words in their title;
    one request for the words, and one for every 80 ids. Raises WijkError."""
    function = "contains(Title,{})" if service_id == "v4" else "substringof({},Title)"
    asked = [function.format("'" + each.replace("'", "''") + "'") for each in words]
    parts = [" or ".join(asked)] if asked else []
    for start in range(0, len(cbs_ids), TABLES_PER_REQUEST):
        some = cbs_ids[start : start + TABLES_PER_REQUEST]
        parts.append(" or ".join(f"Identifier eq '{cbs_id}'" for cbs_id in some))
    fields = ["Title", *(FIELDS if service_id == "v4" else FIELDS[:1])]
    found = [
        Listed(normal(row["Identifier"]), normal(row.get("Title")), stamp(row))
        for filtered in parts
        for row in _rows(service_id, filtered, fields, settings, services)
    ]
    return list(dict.fromkeys(found))


def _is_received(table: CbsTable, warehouse: Path) -> bool:
    snapshot = newest(warehouse, table.id)
    return snapshot is not None and snapshot.origin.request == table.request


def _dates(
    service_id: str,
    tables: Sequence[CbsTable],
    settings: Settings,
    services: Sequence[CbsService],
) -> dict[str, str]:
    ids = sorted({table.cbs_id for table in tables})
    fields = FIELDS if service_id == "v4" else FIELDS[:1]
    dates: dict[str, str] = {}
    for start in range(0, len(ids), TABLES_PER_REQUEST):
        some = ids[start : start + TABLES_PER_REQUEST]
        filtered = " or ".join(f"Identifier eq '{cbs_id}'" for cbs_id in some)
        rows = _rows(service_id, filtered, fields, settings, services)
        dates |= {normal(row["Identifier"]): stamp(row) for row in rows if stamp(row)}
    return dates


def _rows(
    service_id: str,
    filtered: str,
    fields: Sequence[str],
    settings: Settings,
    services: Sequence[CbsService],
) -> Rows:
    is_v4 = service_id == "v4"
    base_url = base_url_of(service_id, settings)
    url = f"{base_url}/CBS/Datasets" if is_v4 else f"{base_url}/ODataCatalog/Tables"
    params = {"$select": ",".join(["Identifier", *fields]), "$filter": filtered}
    if not is_v4:
        params = {"$format": "json", **params}
    next_key = "@odata.nextLink" if is_v4 else "odata.nextLink"
    advice = advice_of(service_id, is_table=False)
    once = replace(settings, retries=min(settings.retries, 1))
    with (
        tempfile.TemporaryDirectory() as folder,
        Downloader(once, line_of(service_id, services), advice) as downloader,
    ):
        _, page = downloader.fetch(
            url,
            Path(folder) / "listing.json",
            params=params,
            parse=partial(read_page, columns=("Identifier",), next_key=next_key),
            limit=MAX_LISTING_BYTES,
        )
    return page.rows
